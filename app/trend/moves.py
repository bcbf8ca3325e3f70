"""Workloads that a change of scope, or of labels, put into another zone or boundary (PCI DSS 12.5.2, SOC 2 CC3.4)."""

from collections.abc import Iterator

from app.model.history import Move
from app.model.judgement import Judgement

_FIELDS = ("zone", "ephi", "soc2", "confidential", "data_store")


def moves(before: Judgement, after: Judgement) -> tuple[Move, ...]:
    """Every field of a placement that differs, for workloads that both scans have, sorted."""
    return tuple(sorted(_moves(before, after)))


def _moves(before: Judgement, after: Judgement) -> Iterator[Move]:
    for name in before.placements.keys() & after.placements.keys():
        for field in _FIELDS:
            was, now = (getattr(item.placements[name], field) for item in (before, after))
            if was != now:
                yield Move(name, field, _word(was), _word(now))


def _word(value: object) -> str:
    """A zone by its name, a mark as yes or no; None is what no rule says."""
    if value is None:
        return "unknown"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
