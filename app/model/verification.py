"""What checking a report found: statements that hold, that do not hold, and what could not be checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.model.history import Scan


class Verdict(StrEnum):
    """How one statement ended."""

    HOLDS = "holds"
    FAILS = "does-not-hold"
    UNCHECKED = "not-checked"


class Part(StrEnum):
    """What a statement is about, in the order in which they are told."""

    FILE = "file"
    SIGNATURE = "signature"
    TIME = "time-stamp"
    DIGESTS = "digests"
    SNAPSHOT = "snapshot"
    DOCUMENTS = "documents"
    CHAIN = "chain"
    VERDICTS = "verdicts"
    PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that was checked. `says` is a sentence; `details` name objects, files or controls, each one line."""

    part: Part
    verdict: Verdict
    says: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """Everything that was checked about one file or folder; `scan` and `report` are None where they could not be read."""

    path: str
    statements: tuple[Statement, ...]
    report: str = ""
    scan: Scan | None = None
    signer: str = ""  # SHA-256 of the signing certificate; empty where nothing is signed
    signed_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """True when nothing that was checked failed."""
        return all(item.verdict is not Verdict.FAILS for item in self.statements)

    @property
    def checked(self) -> bool:
        """True when anything could be checked at all, whatever came of it."""
        return any(item.verdict is not Verdict.UNCHECKED for item in self.statements)

    @property
    def whole(self) -> bool:
        """True when, besides, nothing was left unchecked."""
        return all(item.verdict is Verdict.HOLDS for item in self.statements)


@dataclass(frozen=True, slots=True)
class Trust:
    """What whoever verifies knows from elsewhere, and insists on.

    Attributes:
        certificates: DER of signers' certificates, or of authorities that issued them.
        pins: SHA-256 fingerprints of signers' certificates.
        authorities: DER of time-stamping authorities, or of those that issued their certificates.
        signed: an unsigned file fails.
        stamped: a signature without a time-stamp fails.
        now: the time at which certificates have to be valid where no time-stamp tells another.
    """

    now: datetime
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    pins: frozenset[str] = frozenset()
    authorities: tuple[bytes, ...] = field(default=(), repr=False)
    signed: bool = False
    stamped: bool = False

    @property
    def named(self) -> bool:
        """True when a signer is known from elsewhere."""
        return bool(self.certificates or self.pins)


def holds(part: Part, says: str, details: Iterable[str] = ()) -> Statement:
    """A statement that holds."""
    return Statement(part, Verdict.HOLDS, says, tuple(details))


def fails(part: Part, says: str, details: Iterable[str] = ()) -> Statement:
    """A statement that does not."""
    return Statement(part, Verdict.FAILS, says, tuple(details))


def unchecked(part: Part, says: str, details: Iterable[str] = ()) -> Statement:
    """Something that could not be checked, and why."""
    return Statement(part, Verdict.UNCHECKED, says, tuple(details))
