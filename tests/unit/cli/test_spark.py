from datetime import UTC, datetime, timedelta

from app.cli.spark import courses, sparkline
from app.model.history import TrendPoint


def test_what_is_no_measure_with_the_night_before_stands_behind_a_line_and_nothing_is_a_dot():
    assert sparkline([0, 7, None, 7], breaks={1, 3}) == "▁│█·│█"
    assert sparkline([None, 0, 0]) == "·▁▁"


def nights(number, changed=()):
    first = datetime(2026, 1, 30, 2, tzinfo=UTC)
    return [
        TrendPoint(
            first + timedelta(days=at),
            at,
            "complete",
            (),
            ("the scope map changed",) if at in changed else (),
        )
        for at in range(number)
    ]


def test_a_course_that_fits_is_one_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    points = nights(3, changed=(1,))

    assert courses("controls", {"supported": [1, 2, None], "partial": [0, 0, 0]}, points) == (
        ["controls", "course", "first", "last"],
        [["supported", "▅│█·", 1, 2]],
        [2, 3],
    )


def test_a_longer_one_has_a_row_for_each_month_at_one_scale_with_every_night_in_it(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    points = nights(62, changed=(2, 3))
    values = [8] * 2 + [4] * 29 + [None] * 31
    columns, rows, right = courses("controls", {"supported": values}, points)

    assert (columns, right) == (["controls", "month", "course", "first", "last"], [3, 4])
    assert rows == [
        ["supported", "2026-01", "██", 8, 8],
        ["supported", "2026-02", f"│▅│{'▅' * 27}", 4, 4],
        ["supported", "2026-03", f"▅{'·' * 30}", 4, 4],
        ["supported", "2026-04", "·", "none", "none"],  # no scan in that month is no zero
    ]
    assert sum(len(str(row[2]).replace("│", "")) for row in rows) == len(points)
