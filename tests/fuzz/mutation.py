"""Inputs near to real ones: JSON trees and texts with a few things changed, chosen by Hypothesis so that it can shrink them."""

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Json = Any

_ODD_TEXTS = (
    "", " ", "\x00", "\u202e", "😀", "ß", "a" * 300, "../../etc/passwd", "{{ 7*7 }}", "<script>", "=cmd|' /C calc'!A0",
    "default", "kube-system", "*", "0.0.0.0/0", "::/0", "10.0.0.0/33", "1.2.3", "http", "-1", "65536", "true", "null",
    "all()", "has(a) &&", "!", "~", "&a *a", "<<", "2026-02-30", "1e400", "0x10", "NaN", "k8s:app", "any:", "reserved:host",
    ": 2026-02-30\n", ": !!int x\n", ": !!timestamp x\n", ": !!bool x\n", ": !!float ''\n", "[" * 3000, ": 0b_\n",
)  # fmt: skip
ODD: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.sampled_from((0, 1, -1, 80, 65535, 65536, 2**31, 2**63, 10**400)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(_ODD_TEXTS),
    st.text(max_size=20),
    st.just([]),
    st.just({}),
    st.just([[]]),
    st.just([None]),
    st.just({"": None}),
)


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[Json], *, most: int = 4) -> Json:
    """One of the seeds, with up to `most` places replaced, removed, doubled or swapped with a part of another seed."""
    value = copy.deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, most))):
        places = list(_places(value))
        if not places:
            return copy.deepcopy(draw(ODD))
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(("replace", "remove", "double", "graft", "rename"))):
            case "replace":
                holder[key] = copy.deepcopy(draw(ODD))  # a constant of the strategy would be changed in place
            case "remove":
                del holder[key]
            case "double" if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case "rename" if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = holder.pop(key)
            case _:
                holder[key] = _grafted(draw, seeds)
    return value


def _grafted(draw: st.DrawFn, seeds: Sequence[Json]) -> Json:
    places = list(_places(draw(st.sampled_from(seeds))))
    if not places:
        return copy.deepcopy(draw(ODD))
    holder, key = draw(st.sampled_from(places))
    return copy.deepcopy(holder[key])


def _places(value: Json) -> Any:
    """Every place of a tree, as (container, key)."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield value, key
        yield from _places(child)


@st.composite
def scrambled(draw: st.DrawFn, seeds: Sequence[str], *, most: int = 6) -> str:
    """A text with a few pieces cut out, doubled, or replaced by odd ones."""
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, most))):
        first = draw(st.integers(0, len(text)))
        last = draw(st.integers(first, min(len(text), first + 40)))
        piece = draw(
            st.one_of(st.sampled_from(_ODD_TEXTS), st.just(text[first:last] * 2), st.text(max_size=5))
        )
        text = text[:first] + piece + text[last:]
    return text
