"""Tables of what is in scope: workloads by place, and namespaces by the scope rules that placed them."""

from collections import Counter
from typing import Final

from app.model.control import ControlState
from app.model.reachability import Workload
from app.render.content import Column, Mark, Row, Stack, Table, capped
from app.render.dossier import Dossier
from app.render.places import place_word, place_words
from app.render.wording import count, number

_MOST_NAMESPACES: Final = 60
"""Rows of two pages; a cluster with more namespaces groups them."""

_Placed = tuple[int, str, str, str]
"""Order of the place, namespace, place and rules."""
_Rules = tuple[int, str, str]
"""The same without the namespace."""


def placement_table(dossier: Dossier) -> Table:
    """One row per place that a workload is in."""
    groups: dict[str, list[Workload]] = {}
    for item in dossier.report.judgement.reachability.workloads:
        groups.setdefault(place_word(dossier.placements[item.id], dossier.boundary), []).append(item)
    order = [word for word in place_words(dossier.boundary) if word in groups]
    return Table(
        caption="Workloads by place",
        columns=(
            Column("Place"),
            Column("Namespaces", 16, "number"),
            Column("Workloads", 16, "number"),
            Column("Pods", 16, "number"),
        ),
        rows=tuple(_place_row(word, groups[word]) for word in order),
        empty="No workload was read.",
    )


def _place_row(word: str, items: list[Workload]) -> Row:
    cell = Mark.of(ControlState.INSUFFICIENT, "Unknown: counts as in scope") if word == "Unknown" else word
    namespaces = len({item.namespace for item in items})
    return Row((cell, number(namespaces), number(len(items)), number(sum(item.pods for item in items))))


def namespaces_table(dossier: Dossier) -> Table:
    """One row per namespace and place; a namespace with several places has several rows."""
    found: Counter[_Placed] = Counter()
    words = place_words(dossier.boundary)
    for item in dossier.report.judgement.reachability.workloads:
        placement = dossier.placements[item.id]
        word = place_word(placement, dossier.boundary)
        found[words.index(word), item.namespace, word, ", ".join(placement.rules)] += 1
    rows = sorted(found.items())
    if len(rows) > _MOST_NAMESPACES:
        return _grouped(rows, dossier.definition.rows)
    shown = rows[: dossier.definition.rows]
    return Table(
        caption="Namespaces and the scope rules that placed them",
        columns=(
            Column("Namespace", 32, "code"),
            Column("Place"),
            Column("Scope rules", 28, "code"),
            Column("Workloads", 14, "number"),
        ),
        rows=tuple(
            Row((name, word, rules or "none", number(size))) for (_, name, word, rules), size in shown
        ),
        note=capped(len(shown), len(rows), "rows", "scope.yaml"),
        empty="No workload was read.",
    )


def _grouped(rows: list[tuple[_Placed, int]], most: int) -> Table:
    """Of many namespaces, those with the same places and rules share their rows, and are named in the first of them."""
    sizes: dict[str, dict[_Rules, int]] = {}
    for (at, name, word, rules), size in rows:
        sizes.setdefault(name, {})[at, word, rules] = size
    alike: dict[tuple[_Rules, ...], list[str]] = {}
    for name, found in sizes.items():
        alike.setdefault(tuple(found), []).append(name)
    grouped = [
        Row(
            (
                _named(names, most, again=index > 0),
                word,
                rules or "none",
                number(sum(sizes[name][at, word, rules] for name in names)),
            )
        )
        for kinds, names in sorted(alike.items())
        for index, (at, word, rules) in enumerate(kinds)
    ]
    shown = grouped[:most]
    return Table(
        caption="Namespaces by place and by the scope rules that placed them",
        columns=(
            Column("Namespaces", 0, "code"),
            Column("Place", 18),
            Column("Scope rules", 18, "code"),
            Column("Workloads", 12, "number"),
        ),
        rows=tuple(shown),
        note=capped(len(shown), len(grouped), "rows", "scope.yaml"),
    )


def _named(names: list[str], most: int, *, again: bool) -> Stack:
    if len(names) == 1:
        return Stack((names[0],))
    if again:
        return Stack((f"the same {count(len(names), 'namespace')}",))
    left = len(names) - most
    more = (f"and {number(left)} more",) if left > 0 else ()
    return Stack((f"{count(len(names), 'namespace')}: {', '.join(names[:most])}",), more)
