"""Applies reading functions to objects; an object that cannot be understood becomes a gap and never stops the others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from app.collect.invalid import InvalidObjectError, gaps_of
from app.model.snapshot import CollectionGap, SnapshotObject

T = TypeVar("T")


@dataclass
class Reader:
    """Keeps what goes wrong with each object."""

    gaps: list[CollectionGap] = field(default_factory=list)

    def each(self, items: Iterable[SnapshotObject], read: Callable[[SnapshotObject], T | None]) -> list[T]:
        """What could be read, in the order of the objects; None is left out without a gap."""
        values: list[T] = []
        for item in items:
            try:
                value = read(item)
            except InvalidObjectError as error:
                self.gaps += gaps_of(item, error)
            else:
                if value is not None:
                    values.append(value)
        return values
