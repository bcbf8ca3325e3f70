"""Nights that need words in a period report: those told alike in a row are one entry, and none is lost."""

import pytest

from app.model.nights import Night, NightStatus
from app.render.content import Stack
from app.render.period.overview import _row, _runs
from tests.histories import night

SIGNS = {
    ".": (NightStatus.COMPLETE, (7,), ""),
    "m": (NightStatus.MISSING, (), "the service was not running"),
    "n": (NightStatus.MISSING, (), "nobody knows"),
    "f": (NightStatus.FAILED, (), "the service was not running"),
    "p": (NightStatus.PARTIAL, (7,), "one kind was refused"),
}


def nights(course):
    return [
        Night(night(number).date(), night(number), status, scans, cause=cause)
        for number, sign in enumerate(course, start=1)
        for status, scans, cause in (SIGNS[sign],)
    ]


@pytest.mark.parametrize(
    ("course", "runs"),
    [
        ("....", []),
        (".m..", ["2"]),
        ("mmm.mm", ["1-3", "5-6"]),
        ("mmnn", ["1-2", "3-4"]),  # another cause
        ("mff", ["1", "2-3"]),  # another state
        ("pp", ["1", "2"]),  # each has a scan of its own
    ],
)
def test_runs_of_nights(course, runs):
    found = [[item.day.day for item in run] for run in _runs(nights(course))]
    assert ["-".join(map(str, dict.fromkeys((days[0], days[-1])))) for days in found] == runs
    assert [day for days in found for day in days] == [
        at for at, sign in enumerate(course, start=1) if sign != "."
    ]


def test_a_run_names_both_ends_and_its_length():
    (run,) = _runs(nights("mmm"))
    row = _row(run)
    assert row.cells[0] == Stack(("2026-03-01 to 2026-03-03",), ("3 nights",))
    assert row.cells[1] == "2026-03-01 02:00 UTC to 2026-03-03 02:00 UTC"
