from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.control import ControlState
from app.model.finding import Outcome
from app.model.platform import Enforcement
from app.model.snapshot import Coverage, GapReason
from app.render import wording


@pytest.mark.parametrize(
    ("value", "noun", "expected"),
    [
        (0, "workload", "0 workloads"),
        (1, "workload", "1 workload"),
        (2, "policy", "2 policies"),
        (1, "policy", "1 policy"),
        (3, "address range", "3 address ranges"),
        (2, "night", "2 nights"),
        (2, "day", "2 days"),
        (20_000, "row", "20\u202f000 rows"),
        (1_234_567, "row", "1\u202f234\u202f567 rows"),
    ],
)
def test_counts_agree_with_their_noun(value, noun, expected):
    assert wording.count(value, noun) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "no gap"), (1, "one gap"), (7, "seven gaps"), (11, "11 gaps")]
)
def test_small_counts_are_spelled_inside_sentences(value, expected):
    assert wording.spelled(value, "gap") == expected


def test_dates_are_in_words_in_prose_and_iso_with_utc_in_tables():
    at = datetime(2026, 8, 21, 23, 30, 5, tzinfo=timezone(timedelta(hours=-3)))

    assert wording.day(at) == "22 August 2026"
    assert wording.stamp(at) == "2026-08-22 02:30:05 UTC"
    assert wording.minute(at) == "2026-08-22 02:30 UTC"
    assert wording.iso_day(at) == "2026-08-22"
    assert wording.day(date(2026, 3, 1)) == "1 March 2026"


def test_a_sentence_ends_once_and_names_keep_their_first_letter():
    assert wording.sentence("the scope file changed") == "The scope file changed."
    assert wording.ended("kube-system is open") == "kube-system is open."
    assert wording.ended("Is it?") == "Is it?"
    assert wording.sentence("  ") == ""


@pytest.mark.parametrize(
    ("items", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists_read_as_a_person_writes_them(items, expected):
    assert wording.joined(items) == expected


@given(st.text(max_size=300), st.integers(min_value=4, max_value=60))
def test_a_clipped_name_is_never_longer_than_asked_and_keeps_both_ends(name, length):
    cut = wording.clipped(name, length)

    assert len(cut) <= length
    if len(name) > length:
        assert cut[0] == name[0]
        assert cut[-1] in (name[-1], "…")
    else:
        assert cut == name


@pytest.mark.parametrize(
    ("words", "every"),
    [
        (wording.STATE_WORDS, ControlState),
        (wording.OUTCOME_WORDS, Outcome),
        (wording.OUTCOME_MARKS, Outcome),
        (wording.ENFORCEMENT_WORDS, Enforcement),
        (wording.ENFORCEMENT_MARKS, Enforcement),
        (wording.COVERAGE_WORDS, Coverage),
        (wording.COVERAGE_MARKS, Coverage),
        (wording.GAP_WORDS, GapReason),
    ],
    ids=str,
)
def test_every_value_has_a_word(words, every):
    assert set(words) == set(every)


def test_what_could_not_be_told_never_gets_the_mark_of_a_pass():
    assert wording.OUTCOME_MARKS[Outcome.INSUFFICIENT] is ControlState.INSUFFICIENT
    assert wording.OUTCOME_MARKS[Outcome.ERROR] is ControlState.INSUFFICIENT
    assert wording.ENFORCEMENT_MARKS[Enforcement.UNKNOWN] is ControlState.INSUFFICIENT
    assert wording.COVERAGE_MARKS[Coverage.REFUSED] is ControlState.INSUFFICIENT


def test_a_sentence_that_begins_with_a_name_keeps_its_letters():
    assert wording.said("kube-system/dns[Deployment] is asked") == "kube-system/dns[Deployment] is asked."
    assert wording.said("app=web selects two") == "app=web selects two."
    assert wording.said("no flows are declared") == "No flows are declared."
