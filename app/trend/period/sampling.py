"""Nights chosen by a seed, so that whoever knows the seed and the nights can choose them again with `sha256sum`.

Chosen are the n nights whose SHA-256 of the seed, a newline and the night's due time is smallest. The due time is written
in UTC as `2026-03-17T01:15:00+00:00`. Every night of the period takes part, scanned or not.
"""

from collections.abc import Sequence
from datetime import UTC

from app.model.canonical import digest
from app.model.nights import Night
from app.model.period import Sample


def sample(nights: Sequence[Night], size: int, seed: str) -> Sample:
    """Choose `size` nights, or all where there are fewer; in the order of the calendar."""
    ranked = sorted(range(len(nights)), key=lambda at: ticket(nights[at], seed))
    return Sample(tuple(sorted(ranked[:size])), seed)


def ticket(night: Night, seed: str) -> str:
    """The digest by which a night takes part."""
    return digest(f"{seed}\n{night.due_at.astimezone(UTC).isoformat()}".encode())
