"""Two spellings of one name are one person: nobody approves what is their own by a sign that is not seen."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from app.model.approval import same_person, unapproved


@pytest.mark.parametrize(
    "other",
    [
        "JANE  DOE", " Jane\u00a0Doe\t", "\uff2aane Doe", "Jane Doe.", "jane-doe", "(Jane Doe)", "Jane\u200b Doe", "Jane Doe\u3164",
        "Jane\ufe0f Doe", "J\u034fane Doe", "Jané Doe", "Jane\u0301 Doe", "Jane Doe \u2713", "\U0001d409ane Doe", "Jane Doe\u2800",
    ],
)  # fmt: skip
def test_one_person(other):
    assert same_person("Jane Doe", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane Doe", "Jane Roe"),
        ("Jane Doe", "JaneDoe"),
        ("Jane Doe", "Doe, Jane"),
        ("राम", "रमा"),
        ("jane1", "jane2"),
        ("สม", "สุม"),
    ],
)
def test_two_people(one, other):
    assert not same_person(one, other)


@pytest.mark.parametrize("name", ["", " ", "-", "—", "n/a"[1:2], "\u3164", "\u200b", "?", "\u2713"])
def test_what_names_nobody(name):
    assert same_person(name, "")


ON = date(2026, 11, 22)


@dataclass(frozen=True)
class Entry:
    owner: str = "Ana"
    approver: str = "Ben"
    approved_on: date | None = ON
    review_by: date | None = ON


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        ({"review_by": None}, ""),
        ({"approved_on": ON + timedelta(days=1)}, "it is approved from 2026-11-23 on"),
        ({"approved_on": None}, "it has no day of approval"),
        ({"review_by": ON - timedelta(days=1)}, "its review was due by 2026-11-21"),
        ({"owner": ""}, "it names no owner"),
        ({"owner": " ", "approver": "-"}, "it names no owner and no approver"),
        ({"approver": "ANA."}, "its owner approved it"),
    ],
)
def test_an_entry_counts_from_its_first_day_to_its_last(changes, problem):
    assert unapproved(Entry(**changes), ON) == problem
