"""What was stored over many scans, as ranges and intervals of their numbers."""

from dataclasses import dataclass

from app.model.finding import CheckResult
from app.model.history import ChangeKind
from app.model.identity import ObjectRef


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """An object as it was over some scans; `hidden` are closed intervals of scans inside that could not see it."""

    ref: ObjectRef
    first: int
    last: int
    digest: str
    hidden: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """One interval of a finding: opened in a scan, gone in another one, None while it is not known to be gone."""

    fingerprint: str
    check: str
    opened: int
    closed: int | None


@dataclass(frozen=True, slots=True)
class SaidOver:
    """A failing or undecided result over a closed interval of scans."""

    first: int
    last: int
    result: CheckResult


@dataclass(frozen=True, slots=True)
class Counted:
    """One check in one scan: whether its whole population was read."""

    scan: int
    check: str
    complete: bool


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; values as short JSON text, empty where there is none."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ObjectCause:
    """An object that changed when a finding opened, the fields that differ, and who wrote it last.

    `manager` is the field manager of the latest write (API field `metadata.managedFields`) and `written_at` its time as
    the API gave it; `reference` is the approved change that the object names.
    """

    ref: ObjectRef
    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    manager: str = ""
    written_at: str = ""
    reference: str = ""
