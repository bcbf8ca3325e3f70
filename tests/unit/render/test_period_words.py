"""What a period report says of workloads, connections and closing times: once where it is alike, and no number without data."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from app.model.change import PathDelta
from app.model.connections import Connections
from app.model.finding import Severity, Subject, SubjectKind
from app.model.nights import Standing
from app.model.period import ClosingTimes, Deviation, WorkloadCourse
from app.render.period.courses import _workload
from app.render.period.deviations import _nth, _row, closing
from app.render.period.drift import _MOST_ENDS, _paths

AT = datetime(2026, 3, 17, 1, 15, tzinfo=UTC)
HELD, FAILED, UNDECIDED, UNSEEN = (
    Standing(held=7),
    Standing(held=6, failed=1),
    Standing(held=6, undecided=1),
    Standing(held=6, unseen=1),
)


def workload(**says):
    """Controls by name with a standing and a sentence."""
    return WorkloadCourse(
        "a/b[Deployment]",
        "a",
        inside=True,
        first_at=AT,
        last_at=AT,
        present=1,
        whole=True,
        controls=tuple((name, standing) for name, (standing, _) in says.items()),
        says=tuple((name, text) for name, (_, text) in says.items()),
    )


def test_controls_of_which_the_same_is_said_share_a_line_failures_first():
    row = _workload(
        workload(
            c1=(UNDECIDED, "could not be decided"),
            c2=(FAILED, "failed"),
            c3=(UNDECIDED, "could not be decided"),
            c4=(UNSEEN, "was not scanned"),
        )
    )
    assert row.cells[1].notes == ("1 night",)
    assert row.cells[3].lines == (
        "`c2`: failed",
        "`c1` and `c3`: could not be decided",
        "`c4`: held on every scanned night; 1 night was not scanned",
    )
    assert row.cells[3].notes == ()


def test_what_is_left_out_counts_controls_and_not_lines():
    many = {f"c{number}": (FAILED, f"failed {number // 2}") for number in range(9)}
    stack = _workload(workload(**many)).cells[3]
    assert len(stack.lines) == 3
    assert stack.notes == ("3 more controls in workloads.csv",)


def delta(source, destination, *, opened=False, because=("NetworkPolicy a/x",)):
    return PathDelta(source, destination, opened, Connections.all(), because)


def rows_of(*paths, most=99):
    found = SimpleNamespace(consequences=SimpleNamespace(paths=paths))
    table = _paths(found, most, "`netattest diff`")
    return table, [(row.cells[0], row.cells[1].lines) for row in table.rows]


def test_connections_of_one_end_for_one_cause_share_a_row_and_are_counted_one_by_one():
    paths = [
        delta("a", "x"),
        delta("a", "y"),
        delta("a", "z", because=("Pod a/p",)),
        delta("b", "x"),
        delta("a", "w", opened=True),
    ]
    table, rows = rows_of(*paths)
    assert rows == [("a", ("w",)), ("a", ("x", "y")), ("a", ("z",)), ("b", ("x",))]
    table, rows = rows_of(*paths, most=2)
    assert rows == [("a", ("w",)), ("a", ("x",))]
    assert table.note.startswith("The first 2 of 5 connections")


def test_no_row_of_connections_is_as_high_as_a_page():
    _, rows = rows_of(*(delta("a", f"x{number:03}") for number in range(2 * _MOST_ENDS + 1)))
    assert [len(ends) for _, ends in rows] == [_MOST_ENDS, _MOST_ENDS, 1]


def deviation(namespace="", says="nothing that was read keeps a record", controls=("1.2.1",)):
    return Deviation(
        fingerprint="f",
        check="flow-log-source-missing",
        subject=Subject(SubjectKind.NAMESPACE, "payments", namespace),
        severity=Severity.MEDIUM,
        says=says,
        controls=controls,
        direct=True,
        opening=1,
        opened_in=1,
        opened_at=AT,
        clean_before=None,
        last_seen_at=AT,
        closed_in=2,
        closed_at=AT,
        another_cluster_at=None,
        days=1,
        allowed=None,
        failed=1,
    )


@pytest.mark.parametrize(
    ("controls", "printed"), [(("1.2.1",), "control 1.2.1"), (("1.2.1", "1.3.1"), "controls 1.2.1, 1.3.1")]
)
def test_a_deviation_is_told_in_a_sentence_with_its_controls(controls, printed):
    cells = _row(deviation(controls=controls)).cells
    assert cells[1].lines[0] == "Nothing that was read keeps a record."
    assert cells[1].notes == (printed,)
    assert cells[2].notes == ("seen by the first scan of the cluster", "last seen 2026-03-17 01:15")
    assert cells[3].word == "1 day"


def parts_of(found, allowed):
    times = ClosingTimes("medium", 2, 1, 0, 1, 0, 1.0, 1)
    period = SimpleNamespace(
        by_severity=(times,), by_namespace=(), deviations=found, allowed_days=dict(allowed)
    )
    report = SimpleNamespace(period=period, definition=SimpleNamespace(rows=9))
    return closing(report).parts


@pytest.mark.parametrize(("allowed", "printed"), [({}, "–"), ({Severity.MEDIUM: 30}, "0")])
def test_nothing_is_said_to_be_within_a_target_that_nobody_set(allowed, printed):
    cells = parts_of((), allowed)[0].table.rows[0].cells
    assert (cells[0], cells[5]) == ("Medium", printed)


def test_findings_without_a_namespace_are_counted_so_that_both_tables_add_up():
    some = [deviation(), deviation("payments"), deviation()]
    assert parts_of(some, {})[1].notes == ("2 findings belong to no namespace and count by severity alone.",)
    assert parts_of(some[:2], {})[1].notes == (
        "1 finding belongs to no namespace and counts by severity alone.",
    )
    assert parts_of(some[1:2], {})[1].notes == ()


def test_ordinals():
    assert [_nth(value) for value in (2, 3, 4, 11, 13, 21, 22, 101, 112)] == [
        "second", "third", "4th", "11th", "13th", "21st", "22nd", "101st", "112th",
    ]  # fmt: skip
