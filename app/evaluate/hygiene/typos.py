"""Labels that a selector names and nothing has, near labels that something has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from app.model.inventory import Inventory, Labels
from app.model.peers import ends, leaves
from app.model.policy import (
    Direction,
    Facet,
    LabelSelector,
    Operator,
    PodPeer,
    Policy,
    Requirement,
    Selector,
    requirements,
)

_FARTHEST = 2
_LETTERS_FOR_ONE = 3  # letters that a word must have for one of them to be called a slip
_WHOLE_WORDS = (Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST)
_ANYWHERE = None

Values = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Slip:
    """One label: where it is written, what stands there, and the nearest that something has."""

    path: str
    written: str
    near: str
    whose: str


@dataclass
class Labelled:
    """Labels that pods and namespaces have, by key; those of pods also by namespace."""

    pods: dict[str | None, dict[str, frozenset[str]]]
    namespaces: dict[str, frozenset[str]]
    known: dict[tuple[object, ...], str] = field(default_factory=dict)

    @classmethod
    def of(cls, inventory: Inventory) -> "Labelled":
        """Collect them."""
        homes: dict[str | None, list[Labels]] = {_ANYWHERE: []}
        for pod in inventory.pods:
            if not pod.host_network:
                homes.setdefault(pod.namespace, []).append(pod.labels)
                homes[_ANYWHERE].append(pod.labels)
        spaces = [item.labels for item in inventory.namespaces]
        return cls({home: _values(found) for home, found in homes.items()}, _values(spaces))

    def slips(self, policy: Policy) -> Iterator[Slip]:
        """Every label of a policy that looks mistyped; each once for each place."""
        yield from self._in(_subject_path(policy), policy.subject.selector, policy.subject.namespace)
        for rule in chain(*(policy.rules(way) for way in Direction)):
            for leaf in leaves(ends(rule)):
                if isinstance(leaf, PodPeer):
                    spaces = leaf.namespace_selector
                    home = policy.namespace if spaces is None else _ANYWHERE
                    yield from self._in(rule.path, leaf.pod_selector, home)
                    yield from self._about_namespaces(rule.path, spaces)
                elif not hasattr(leaf, "ranges"):
                    yield from self._in(rule.path, leaf.selector, leaf.namespace)

    def _in(self, path: str, selector: Selector, home: str | None) -> Iterator[Slip]:
        for item in requirements(selector):
            if item.facet is Facet.POD:
                yield from self._of(path, item, self.pods.get(home, {}), home, "pod")
            elif item.facet is Facet.NAMESPACE:
                yield from self._of(path, item, self.namespaces, None, "namespace")

    def _about_namespaces(self, path: str, selector: LabelSelector | None) -> Iterator[Slip]:
        for item in selector.requirements if selector else ():
            yield from self._of(path, item, self.namespaces, None, "namespace")

    def _of(self, path: str, item: Requirement, held: Values, home: str | None, whose: str) -> Iterator[Slip]:
        if item.operator not in _WHOLE_WORDS:
            return
        if item.key not in held:
            near = self._near(("key", whose, home, item.key), item.key, _with_values(held, item.values))
            if near:
                yield Slip(path, item.key, near, whose)
            return
        for value in item.values:
            if value not in held[item.key]:
                near = self._near((item.key, whose, home, value), value, held[item.key])
                if near:
                    yield Slip(path, f"{item.key}={value}", f"{item.key}={near}", whose)

    def _near(self, key: tuple[object, ...], word: str, words: Iterable[str]) -> str:
        """The nearest of some words, the first in order among equals; empty for none near."""
        if key not in self.known:
            close = ((far, other) for other in words if (far := distance(word, other, _farthest(word))))
            self.known[key] = min(close, default=(0, ""))[1]
        return self.known[key]


def _farthest(word: str) -> int:
    return min(_FARTHEST, len(word) // _LETTERS_FOR_ONE)


def _subject_path(policy: Policy) -> str:
    place = f"{policy.part}." if policy.part else "spec."
    return place.removesuffix(".")


def _with_values(held: Values, values: tuple[str, ...]) -> Iterator[str]:
    """Keys that have one of the values where values are asked for: a key alone is too easily near another."""
    return (key for key, found in held.items() if not values or found.intersection(values))


def _values(labels: Iterable[Labels]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for some in labels:
        for key, value in some.items():
            found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}


def distance(one: str, other: str, most: int) -> int:
    """Letters to put in, leave out, change or swap with their neighbour; 0 for more than `most`, and for numbers alone.

    Words that differ in digits alone (`web-1`, `web-2`) are siblings, and no slips of each other.
    """
    if most <= 0 or abs(len(one) - len(other)) > most or _without_digits(one) == _without_digits(other):
        return 0
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        older, before, row = before, row, [at]
        for to, found in enumerate(other, start=1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != found))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == found:
                cost = min(cost, older[to - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return 0
    return row[-1] if row[-1] <= most else 0


def _without_digits(word: str) -> str:
    return "".join(letter for letter in word if not letter.isdigit())
