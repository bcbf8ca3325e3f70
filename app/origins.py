"""Which objects changed when a finding opened: looked up among stored versions, never guessed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app import collect
from app.model.archive import ObjectCause, ObjectVersion, Opening
from app.model.finding import CheckResult
from app.model.identity import ObjectRef
from app.model.ports import Archive
from app.trend import object_cause

_MOST = 5
_BESIDE = ("Namespace",)


@dataclass(frozen=True)
class Origins:
    """Versions of objects by identity, and the stored scans, by number."""

    versions: Mapping[ObjectRef, Sequence[ObjectVersion]]
    scans: tuple[int, ...]
    archive: Archive

    @classmethod
    def of(cls, versions: Iterable[ObjectVersion], scans: tuple[int, ...], archive: Archive) -> "Origins":
        """Group versions by identity."""
        found: dict[ObjectRef, list[ObjectVersion]] = {}
        for item in versions:
            found.setdefault(item.ref, []).append(item)
        return cls(found, scans, archive)

    def of_opening(self, opening: Opening, result: CheckResult) -> tuple[ObjectCause, ...]:
        """Objects of the finding's evidence, then policies and settings of its namespace, that changed; the first five.

        Empty for a finding that the first scan of the cluster saw: nothing is known about the time before.
        """
        before = max((item for item in self.scans if item < opening.opened), default=None)
        if before is None:
            return ()
        return self.between(before, opening.opened, self._bearing(result))

    def between(self, before: int, after: int, refs: Iterable[ObjectRef]) -> tuple[ObjectCause, ...]:
        """What changed about some objects between two scans; at most five."""
        pairs: list[tuple[ObjectRef, str, str]] = []
        for ref in dict.fromkeys(refs):
            was, now = self._at(ref, before), self._at(ref, after)
            if was is not None and now is not None and was != now:
                pairs.append((ref, was, now))
            if len(pairs) == _MOST:
                break
        bodies = self.archive.bodies({item for _, *ends in pairs for item in ends if item})
        return tuple(object_cause(ref, bodies.get(was), bodies.get(now)) for ref, was, now in pairs)

    def _bearing(self, result: CheckResult) -> Iterator[ObjectRef]:
        yield from (item.ref for item in result.evidence)
        space = result.subject.namespace
        for ref in self.versions:
            beside = ref.group_kind in collect.WATCHED or (ref.kind in _BESIDE and ref.name == space)
            if beside and ref.namespace in ("", space):
                yield ref

    def _at(self, ref: ObjectRef, scan: int) -> str | None:
        """Digest at a scan, empty where it was not there, None where the scan could not see it."""
        for item in self.versions.get(ref, ()):
            if item.first <= scan <= item.last:
                hidden = any(first <= scan <= last for first, last in item.hidden)
                return None if hidden else item.digest
        return ""
