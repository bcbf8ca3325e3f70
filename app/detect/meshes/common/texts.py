"""Patterns over names, as meshes write them: exact, `prefix*`, `*suffix`, and `*` for anything that is there."""

from collections.abc import Iterable
from dataclasses import dataclass, field


def text_matches(pattern: str, value: str) -> bool:
    """Whether a pattern matches; nothing matches an empty value."""
    if not value:
        return False
    if pattern == "*":
        return True
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return pattern == value


@dataclass(frozen=True)
class Patterns:
    """Many patterns, asked at once which of them match."""

    exact: frozenset[str]
    wild: tuple[str, ...]
    _known: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, patterns: Iterable[str]) -> "Patterns":
        """Sort patterns by how they are looked up."""
        found = set(patterns)
        wild = {item for item in found if item.startswith("*") or item.endswith("*")}
        return cls(frozenset(found - wild), tuple(sorted(wild)))

    def matching(self, *values: str) -> frozenset[str]:
        """Patterns that match any of several names of one thing."""
        return frozenset().union(*(self._of(value) for value in values))

    def _of(self, value: str) -> frozenset[str]:
        if value not in self._known:
            found = {item for item in self.wild if text_matches(item, value)}
            self._known[value] = frozenset(found | ({value} & self.exact))
        return self._known[value]
