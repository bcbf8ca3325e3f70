"""Which findings a report prints, in full and in short: some of every test, so that many of one do not hide another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.render.failing import Finding

ALL_IN_FULL: Final = 12
"""So many findings are all printed in full; of more, the first of each test are."""

FULL_OF_A_TEST: Final = 3
MOST_IN_FULL: Final = 40
SHORT_OF_A_TEST: Final = 20
"""Rows of one test, where not all findings fit the definition's rows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Each finding once, in the order of the report.

    Attributes:
        full: told with why, evidence and remedy.
        short: a row each.
        left: the findings that are not printed, by test.
    """

    full: tuple[Finding, ...]
    short: tuple[Finding, ...]
    left: tuple[tuple[Finding, ...], ...]


def shown(findings: Sequence[Finding], rows: int) -> Shown:
    """Choose among findings, worst first, of which `rows` at most are printed."""
    if len(findings) <= min(ALL_IN_FULL, rows):
        return Shown(tuple(findings), (), ())
    full = _first(findings, FULL_OF_A_TEST)[: min(MOST_IN_FULL, rows)]
    rest = _without(findings, full)
    room = rows - len(full)
    short = rest if len(rest) <= room else _first(rest, SHORT_OF_A_TEST)[:room]
    return Shown(full, short, by_test(_without(rest, short)))


def by_test(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], ...]:
    """Findings that one test found and that are treated alike, in the order of the first of each."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for item in findings:
        groups.setdefault((item.result.check, item.state.value), []).append(item)
    return tuple(tuple(group) for group in groups.values())


def varied(findings: Sequence[Finding], most: int) -> tuple[Finding, ...]:
    """So many findings: the first of each test, and others where there are fewer tests; their order stays."""
    first = _first(findings, 1)
    chosen = {item.id for item in (*first, *_without(findings, first))[:most]}
    return tuple(item for item in findings if item.id in chosen)


def _first(findings: Sequence[Finding], most: int) -> tuple[Finding, ...]:
    """The first of each test; their order stays."""
    first = {item.id for group in by_test(findings) for item in group[:most]}
    return tuple(item for item in findings if item.id in first)


def _without(findings: Sequence[Finding], printed: Sequence[Finding]) -> tuple[Finding, ...]:
    ids = {item.id for item in printed}
    return tuple(item for item in findings if item.id not in ids)
