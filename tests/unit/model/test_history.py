from datetime import UTC, date, datetime

import pytest

from app.model.context import Integrity, RunContext
from app.model.control import AcceptedException
from app.model.history import Slot, SlotStatus

SLOT = Slot("c", datetime(2026, 11, 22, 1, 15, tzinfo=UTC), SlotStatus.MISSED, None, "the host was down")


@pytest.mark.parametrize(
    "context",
    [
        RunContext(),
        RunContext(previous=3, streaks={"policy-selects-nothing/shop/old": 2}, slots=(SLOT,)),
        RunContext(slots=(), integrity=Integrity(7, ("scan 4: the digest differs",))),
    ],
)
def test_a_context_survives_being_a_document(context):
    assert RunContext.from_document(context.document()) == context


def test_equal_contexts_are_equal_bytes():
    one = RunContext(streaks={"a": 1, "b": 2}).document()
    other = RunContext(streaks={"b": 2, "a": 1}).document()
    assert one.body == other.body


def exception(**changes):
    fields = {
        "id": "EX-1",
        "check": "cross-zone-path-into-cde",
        "subjects": ("a → b",),
        "reason": "debugging",
        "owner": "Ada",
        "approver": "Grace",
        "starts_on": date(2026, 11, 1),
        "expires_on": date(2026, 11, 15),
    }
    return AcceptedException(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "on", "problem"),
    [
        ({}, date(2026, 11, 1), ""),
        ({}, date(2026, 11, 15), ""),
        ({}, date(2026, 11, 16), "it expired on 2026-11-15"),
        ({}, date(2026, 10, 31), "it starts on 2026-11-01"),
        ({"approver": "ada"}, date(2026, 11, 5), "its owner approved it"),
        ({"approver": ""}, date(2026, 11, 5), "it has no owner or no approver"),
    ],
)
def test_an_exception_counts_only_between_its_days_and_with_two_people(changes, on, problem):
    assert exception(**changes).problem(on) == problem
