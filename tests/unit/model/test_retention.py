from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.assess import read_retention
from app.errors import ConfigurationError
from app.model.history import Document, Scan, ScanStatus
from app.model.retention import Hold, Period, Policy, Rule, due, months_after
from app.resources import resource


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def scan(number: int, taken: str, status: ScanStatus = ScanStatus.COMPLETE) -> Scan:
    return Scan("prod", number, status, at(taken), at(taken), None, "0.2.0", "aa", (), "", "bb")


YEAR = Rule("year", ("*",), 12, "history")
SCANS = [scan(1, "2025-01-10"), scan(2, "2025-06-10"), scan(3, "2026-01-10"), scan(4, "2026-02-10")]


def removable(policy: Policy, when: str, scans: list[Scan] = SCANS) -> list[tuple[int, str]]:
    return list(due(policy, "prod", scans, (), at(when)).removable)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-01-09", []),
        ("2026-01-10", [1]),
        ("2026-06-10", [1, 2]),
        ("2040-01-01", [1, 2, 3]),  # the last one stays
    ],
)
def test_a_scan_may_go_when_its_months_are_over(when, expected):
    assert [number for number, _ in removable(Policy((YEAR,)), when)] == expected


def test_every_rule_that_names_the_cluster_has_to_let_it_go():
    longer = Rule("six-years", ("prod*",), 72, "history")
    other = Rule("forever", ("staging",), 1200, "history")

    assert removable(Policy((YEAR, longer, other)), "2030-12-31") == []
    assert removable(Policy((YEAR, longer, other)), "2031-01-10") == [(1, "six-years")]


def test_a_cluster_that_no_rule_names_keeps_everything():
    assert removable(Policy((replace(YEAR, clusters=("staging",)),)), "2040-01-01") == []
    assert removable(Policy(()), "2040-01-01") == []


def test_a_scan_of_a_period_counts_from_the_end_of_it():
    soc = Rule("soc2", ("*",), 3, "report", (Period(at("2025-01-01"), at("2025-12-31")),))

    assert [number for number, _ in removable(Policy((soc,)), "2026-03-30")] == []
    assert [number for number, _ in removable(Policy((soc,)), "2026-03-31")] == [1, 2]


def test_a_hold_keeps_what_the_rules_let_go():
    hold = Hold("case", ("prod",), "inquiry", since=at("2025-06-01"))
    found = due(Policy((YEAR,), (hold,)), "prod", SCANS, (), at("2040-01-01"))

    assert [number for number, _ in found.removable] == [1]
    assert found.held == ((2, "case"), (3, "case"))
    assert found.kept == 3


@pytest.mark.parametrize(
    ("since", "until", "held"),
    [
        ("2025-06-10", "2026-01-10", [2, 3]),  # both ends are held
        ("2025-06-10T00:00:01", "2026-01-09T23:59:59", []),
        (None, "2025-01-10", [1]),
        ("2026-01-10", None, [3]),
        (None, None, [1, 2, 3]),
    ],
)
def test_a_hold_covers_what_was_taken_from_its_beginning_to_its_end(since, until, held):
    bounds = {"since": since and at(since), "until": until and at(until)}
    policy = Policy((YEAR,), (Hold("case", ("prod",), "inquiry", **bounds),))
    assert [number for number, _ in due(policy, "prod", SCANS, (), at("2040-01-01")).held] == held


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("prod-*", "prod-eu", True),
        ("*", "", True),
        ("prod[eu]", "prod[eu]", True),
        ("prod[eu]", "prode", False),
        ("prod?", "prod1", False),
        ("a*c", "abdc", True),
        ("a*c", "abd", False),
        ("prod", "prod-eu", False),
    ],
)
def test_a_star_stands_for_any_text_and_everything_else_for_itself(pattern, name, fits):
    hold = Hold("case", (pattern,), "inquiry")
    assert hold.covers(replace(SCANS[0], cluster=name)) is fits
    assert (Policy((), (hold,)).held_nowhere([name]) == ()) is fits


def test_an_import_counts_from_when_it_was_recorded():
    imported = replace(scan(1, "2020-01-01"), recorded_at=at("2026-01-01"), imported=True)

    assert removable(Policy((YEAR,)), "2026-12-31", [imported, scan(2, "2026-02-01")]) == []
    assert removable(Policy((YEAR,)), "2027-01-01", [imported, scan(2, "2026-02-01")]) == [(1, "year")]


def test_failed_runs_and_removed_scans_are_not_removed_again():
    scans = [scan(1, "2025-01-10"), scan(2, "2025-01-11", ScanStatus.FAILED), *SCANS[2:]]

    assert [number for number, _ in due(Policy((YEAR,)), "prod", scans, {1}, at("2040-01-01")).removable] == [
        3
    ]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2026-01-31", 1, "2026-02-28"), ("2024-02-29", 12, "2025-02-28"), ("2025-12-15", 13, "2027-01-15")],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(start, months, end):
    assert months_after(at(start), months) == at(end)


def test_the_shipped_example_can_be_read():
    body = (resource("config") / "retention.example.yaml").read_bytes()
    policy = read_retention(Document("retention.yaml", body))

    assert [(rule.id, rule.months) for rule in policy.rules] == [
        ("pci-dss-10.5.1", 12),
        ("hipaa-164.316", 72),
        ("soc2", 15),
    ]
    assert policy.rules[2].periods[0].until > at("2026-12-31T23:59:59")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: [{id: a, clusters: ['*'], months: 0, reason: r}]", "months"),
        ("rules: [{id: a, clusters: [], months: 1, reason: r}]", "clusters"),
        ("rules: [{id: a, clusters: ['*'], months: 1, reason: r, days: 3}]", "not a known field"),
        (
            "rules: [{id: a, clusters: ['*'], months: 1, reason: r, periods: [{since: 2026-02-01, until: 2026-01-01}]}]",
            "before",
        ),
        ("holds: []", "rules"),
        (
            "{rules: [], holds: [{id: a, clusters: ['*'], reason: r, owner: o, since: 2026-02-01, until: 2026-01-01}]}",
            "before",
        ),
    ],
)
def test_a_mistake_is_named(text, says):
    with pytest.raises(ConfigurationError, match=says):
        read_retention(Document("retention.yaml", text.encode()))
