from datetime import date

import pytest

from app.assess import read_documents
from app.assess.attestations_file import SignificantChange
from app.assess.records import RecordStatus, record_answer
from app.model.control import Attestation, ManualRecord
from app.model.dates import months_after
from app.model.history import Document
from app.resources import resource
from tests.unit.assess.world import control

ON = date(2026, 11, 23)
YEARLY = ManualRecord(
    "review", "12 months or the last significant change", "standard", 12, ends_with_change=True
)
OWN = ManualRecord("review", "the entity's interval", "entity")


def made(on, **other):
    return Attestation("review", "Ben", on, **other)


def status(*records, wanted=YEARLY, changes=()):
    return record_answer(control(record=wanted), records, changes, ON).status


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 11, 23), 12, date(2027, 11, 23)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 3, 31), 3, date(2026, 6, 30)),
    ],
)
def test_months_end_where_the_calendar_says(day, months, then):
    assert months_after(day, months) == then


def test_a_record_counts_on_its_last_day_and_not_on_the_next():
    assert status(made(date(2025, 11, 23))) is RecordStatus.CURRENT
    assert status(made(date(2025, 11, 22))) is RecordStatus.OVERDUE


def test_the_latest_record_is_the_one_that_counts():
    assert status(made(date(2024, 1, 1)), made(date(2026, 6, 1))) is RecordStatus.CURRENT


def test_a_record_made_after_the_scan_does_not_exist_yet():
    assert status(made(date(2026, 11, 24))) is RecordStatus.ABSENT


def test_a_record_of_a_day_to_come_is_told_as_one():
    wanted = control(record=YEARLY)
    says = record_answer(wanted, [made(date(2099, 1, 1)), made(date(2027, 1, 1))], (), ON).says

    assert says == "No record of type “review” is on file; one is dated 2027-01-01, which is later than this."


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_records_of_one_day_the_open_one_counts_wherever_it_stands(turn):
    rows = ["  - {type: review, person: Ben, performed_on: 2026-06-01}\n"] * 2
    rows[0] = rows[0].replace("}", ", unresolved: one path}")
    body = "attestations:\n" + "".join(rows[::turn])
    checks = Document("checks.yaml", (resource("config") / "checks.yaml").read_bytes())
    read = read_documents([checks, Document("attestations.yaml", body.encode())])

    assert [item.unresolved for item in read.attestations] == ["", "one path"]


def test_a_record_of_another_type_says_nothing():
    other = Attestation("interview", "Ben", date(2026, 6, 1))

    assert status(other) is RecordStatus.ABSENT


def test_a_record_for_other_controls_says_nothing():
    assert status(made(date(2026, 6, 1), controls=("9.9",))) is RecordStatus.ABSENT
    assert status(made(date(2026, 6, 1), controls=("9.9", "1.0"))) is RecordStatus.CURRENT


def test_a_record_may_end_earlier_than_the_standard_says_and_never_later():
    assert status(made(date(2026, 6, 1), valid_until=date(2026, 10, 1))) is RecordStatus.OVERDUE
    assert status(made(date(2025, 1, 1), valid_until=date(2030, 1, 1))) is RecordStatus.OVERDUE


def test_where_the_entity_sets_the_interval_the_record_has_to_say_it():
    assert status(made(date(2020, 1, 1)), wanted=OWN) is RecordStatus.UNDATED
    assert status(made(date(2020, 1, 1), valid_until=date(2027, 1, 1)), wanted=OWN) is RecordStatus.CURRENT
    assert status(made(date(2020, 1, 1), valid_until=date(2021, 1, 1)), wanted=OWN) is RecordStatus.OVERDUE


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (SignificantChange(date(2026, 7, 1), "A new network"), RecordStatus.OVERDUE),
        (SignificantChange(date(2026, 6, 1), "On the same day"), RecordStatus.CURRENT),
        (SignificantChange(date(2026, 12, 1), "After the scan"), RecordStatus.CURRENT),
        (SignificantChange(date(2026, 7, 1), "Elsewhere", ("9.9",)), RecordStatus.CURRENT),
        (SignificantChange(date(2026, 7, 1), "Here", ("1.0",)), RecordStatus.OVERDUE),
    ],
)
def test_a_significant_change_ends_older_records(change, expected):
    assert status(made(date(2026, 6, 1)), changes=[change]) is expected


def test_a_change_ends_only_records_that_end_with_a_change():
    change = SignificantChange(date(2026, 7, 1), "A new network")
    yearly = ManualRecord("review", "12 months", "standard", 12)

    assert status(made(date(2026, 6, 1)), wanted=yearly, changes=[change]) is RecordStatus.CURRENT


def test_a_default_of_this_product_is_never_printed_as_a_rule_of_the_standard():
    wanted = ManualRecord("review", "12 months", "product default", 12)

    answer = record_answer(control(record=wanted), [made(date(2026, 6, 1))], [], ON)

    assert answer.says.endswith("counts until 2027-06-01 (12 months, a default of this product).")


def test_an_interval_that_names_the_entity_does_not_name_it_twice():
    assert OWN.interval == "the entity's interval"
    assert (
        ManualRecord("review", "the report period", "entity").interval
        == "the report period, set by the entity"
    )
