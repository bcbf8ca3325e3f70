import pytest

from app.cli.options import moment, scan_number, split
from app.cli.output import aligned, clean
from app.cli.shapes import plural
from app.cli.spark import sparkline
from app.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop/web → shop/cart", "shop/web → shop/cart"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("line\rline", "line\\rline"),
        ("\u202eevil", "\\u202eevil"),
        ("\ud800", "\\ud800"),
    ],
)
def test_text_of_a_cluster_cannot_steer_a_terminal(text, expected):
    assert clean(text) == expected


def test_tables_in_a_pipe_are_aligned_and_never_cut():
    rows = [["high", "a" * 200, "7"], ["low", "b", "12"]]
    assert aligned(["severity", "finding", "scans"], rows, right=[2]) == [
        "SEVERITY  FINDING" + " " * 193 + "  SCANS",
        "high      " + "a" * 200 + "      7",
        "low       b" + " " * 199 + "     12",
    ]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([0, 1, 2, 4], "▁▃▅█"),
        ([0, 0], "▁▁"),
        ([3, None, 3], "█·█"),
        ([None], "·"),
        ([], ""),
    ],
)
def test_a_missing_night_is_a_dot_and_never_a_zero(values, line):
    assert sparkline(values) == line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22", "2026-11-22T00:00:00+00:00"),
        ("2026-11-22T02:15:00Z", "2026-11-22T02:15:00+00:00"),
        ("2026-11-22T02:15:00+01:00", "2026-11-22T01:15:00+00:00"),
    ],
)
def test_times_are_utc_unless_they_say_otherwise(text, expected):
    assert moment(text, "--since").isoformat() == expected


def test_several_values_may_be_written_with_commas_or_apart():
    assert split(("a,b", "c", "a")) == ("a", "b", "c")


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "last", "²", "9" * 5000])
def test_a_scan_is_a_number_or_latest(text):
    assert scan_number("latest") is None
    assert scan_number("14") == 14
    with pytest.raises(InputError):
        scan_number(text)


@pytest.mark.parametrize(("number", "text"), [(0, "0 gaps"), (1, "1 gap"), (1200, "1,200 gaps")])
def test_counts_are_words(number, text):
    assert plural(number, "gap") == text
