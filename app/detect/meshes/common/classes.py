"""Pods in classes: a key is the number of a side, and equal pods share it."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from app.detect.pods import SeenPod
from app.model.identity import ObjectRef

Side = TypeVar("Side", bound=Hashable)


@dataclass(frozen=True)
class Classes(Generic[Side]):
    """Sides of all pods; `outside` stands for whoever has none."""

    keys: Mapping[ObjectRef, int]
    sides: Sequence[Side]
    outside: Side

    @classmethod
    def of(cls, pods: Iterable[SeenPod], side: Callable[[SeenPod], Side], outside: Side) -> Self:
        """Sort pods by their sides."""
        numbers: dict[Side, int] = {}
        keys = {pod.ref: numbers.setdefault(side(pod), len(numbers)) for pod in pods}
        return cls(keys, tuple(numbers), outside)

    def key(self, pod: ObjectRef) -> int:
        """The number of a pod's side; -1 for one that was not read."""
        return self.keys.get(pod, -1)

    def side(self, key: Hashable | None) -> Side:
        """The side with a number."""
        return self.sides[key] if isinstance(key, int) and key >= 0 else self.outside
