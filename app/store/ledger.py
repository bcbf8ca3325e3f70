"""The ledger of a scan: every row that it began, and every row that it ended. The scan's digest covers it.

Rows that last for many scans are written by two of them. What the first wrote stands in its ledger under `began`, and that
a later one ended the row stands in that one's, so that no column of any row can be changed without a ledger to tell.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from app.model.canonical import canonical_json
from app.model.results import loaded

_SCHEMA: Final = "netattest/ledger/v1"
KINDS: Final = ("objects", "holes", "results", "findings")

Began = tuple[str, str]
"""Identity of a row, and the digest of what it holds; empty for rows that hold nothing else."""

Ended = tuple[str, int]
"""Identity of a row, and the scan that began it."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows of one kind that a scan began and ended, sorted."""

    began: tuple[Began, ...] = ()
    ended: tuple[Ended, ...] = ()

    @classmethod
    def of(cls, began: Iterable[Began] = (), ended: Iterable[Ended] = ()) -> "Entries":
        """The entries in their order."""
        return cls(tuple(sorted(began)), tuple(sorted(ended)))


@dataclass(frozen=True, slots=True)
class Ledger:
    """What one scan wrote. `parts` are the digests of manifest, origins and streaks; empty for a failed run."""

    objects: Entries = Entries()
    holes: Entries = Entries()
    results: Entries = Entries()
    findings: Entries = Entries()
    parts: tuple[str, ...] = field(default=())

    def of_kind(self, kind: str) -> Entries:
        """The entries of one of `KINDS`."""
        entries: Entries = getattr(self, kind)
        return entries


def encode_ledger(ledger: Ledger) -> bytes:
    """The ledger's bytes, whose digest the scan's record carries."""
    return canonical_json({"schema": _SCHEMA, **msgspec.to_builtins(ledger)})


def decode_ledger(body: bytes) -> Ledger:
    """Read back what `encode_ledger` wrote."""
    value = loaded(body, _SCHEMA)
    del value["schema"]
    return msgspec.convert(value, Ledger)
