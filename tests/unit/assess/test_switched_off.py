"""Entries for a framework that is switched off are right and not reported; a slip stays a mistake."""

import pytest
import yaml

from app.assess import OTHERS, mistakes_in, read_documents, unreported, with_others
from app.model.history import Document
from tests.unit.assess.test_documents import CHECKS, FRAMEWORK

OWNED = {"owner": "Ana", "approver": "Ben", "approved_on": "2026-09-15"}
OFF = (
    FRAMEWORK.replace("test-1", "off-1")
    .replace("Test 1", "Switched off")
    .replace("type: review", "type: audit")
    .replace('"1.1"', '"2.1"')
    .replace('"1.2"', '"2.2"')
)


def record(**said):
    return {"attestations": [{"type": "review", "person": "Ana", "performed_on": "2026-10-01", **said}]}


def declared(framework, control):
    told = {"reason": "none", "declared_by": "Ana", "declared_on": "2026-10-01"}
    return {"not_applicable": [{"framework": framework, "control": control, **told}]}


def outside(*covers):
    return {"external_controls": [{"id": "E-1", "control": "firewall", "covers": list(covers), **OWNED}]}


def given(file, entries, off=OFF):
    """The documents of a scan that `test-1` judges, with `off-1` beside them, switched off."""
    head = {"owner": "Ana", "reviewed_on": "2026-10-01"} if file == "registers" else {}
    judging = (
        Document("checks.yaml", CHECKS.encode()),
        Document("frameworks/test-1.yaml", FRAMEWORK.encode()),
        Document(f"{file}.yaml", yaml.safe_dump({**head, **entries}).encode()),
    )
    return with_others(judging, [Document("frameworks/off-1.yaml", off.encode())])


def change(*controls):
    return {"significant_changes": [{"changed_on": "2026-05-20", "what": "w", "controls": list(controls)}]}


def decision(control):
    return {
        "addressable_decisions": [
            {"id": "A-1", "control": control, "choice": "implemented", "rationale": "r", **OWNED}
        ]
    }


def own(*criteria):
    return {
        "entity_controls": [
            {"id": "N-1", "wording": "w", "checks": ["a"], "criteria": list(criteria), **OWNED}
        ]
    }


ACCEPTED = [
    ("a record of a type", "attestations", record(type="audit"), ["audit, 2026-10-01", "audit"]),
    (
        "a record for a control",
        "attestations",
        record(controls=["1.1", "2.1"]),
        ["review, 2026-10-01", "2.1"],
    ),
    ("a declaration", "attestations", declared("off-1", "2.1"), ["off-1 2.1", "2.1"]),
    ("one without a ground in its file", "attestations", declared("off-1", "2.2"), ["off-1 2.2", "2.2"]),
    ("a change", "attestations", change("2.2"), ["significant change, 2026-05-20", "2.2"]),
    ("a control outside", "registers", outside("1.1", "2.1", "2.2"), ["external_controls: E-1", "2.1, 2.2"]),
    ("a decision", "registers", decision("2.1"), ["addressable_decisions: A-1", "2.1"]),
    ("an own control", "registers", own("2.2", "1.2"), ["entity_controls: N-1", "2.2"]),
]


@pytest.mark.parametrize(
    ("file", "entries", "told"), [row[1:] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED]
)
def test_an_entry_for_a_framework_that_is_switched_off_is_accepted_and_told(file, entries, told):
    documents = given(file, entries)
    found = unreported(read_documents(documents))

    assert [item.entry for item in found] == told[:1]
    assert [item.says for item in found] == [
        f"{told[1]}: not reported, because Switched off is switched off."
    ]
    assert {item.concern.value for item in found} == {"not reported"}
    assert read_documents(documents) == read_documents(tuple(reversed(documents)))


SLIPS = [
    ("a framework", "attestations", declared("of-1", "2.1"), "not_applicable[0].framework", "off-1"),
    (
        "a control of one that is off",
        "attestations",
        declared("off-1", "2.11"),
        "not_applicable[0].control",
        "2.1",
    ),
    (
        "a control of the other one",
        "attestations",
        declared("test-1", "2.1"),
        "not_applicable[0].control",
        "1.1",
    ),
    ("a type", "attestations", record(type="audits"), "attestations[0].type", "audit"),
    ("a control of a record", "attestations", record(controls=["2.12"]), "attestations[0].controls", "2.2"),
    ("a control of a register", "registers", outside("2.1", "2.12"), "external_controls: E-1", "2.2"),
]


@pytest.mark.parametrize(
    ("file", "entries", "place", "near"), [row[1:] for row in SLIPS], ids=[row[0] for row in SLIPS]
)
def test_a_slip_stays_a_mistake_and_what_is_near_is_named(file, entries, place, near):
    (found,) = mistakes_in(given(file, entries))

    assert (found.file, found.path) == (f"{file}.yaml", place)
    assert f"which does not exist; did you mean '{near}'?" in found.expected


def test_the_document_holds_what_is_named_and_no_more():
    (found,) = (item for item in given("registers", outside("1.1", "2.1")) if item.name == OTHERS)

    assert (
        found.body
        == b'{"frameworks":[{"controls":["2.1"],"id":"off-1","records":[],"title":"Switched off"}]}'
    )


def test_a_declaration_is_written_down_by_its_framework_and_control_alone():
    (found,) = (item for item in given("attestations", declared("off-1", "2.1")) if item.name == OTHERS)

    assert (
        found.body
        == b'{"frameworks":[{"controls":["2.1"],"id":"off-1","records":[],"title":"Switched off"}]}'
    )


def test_nothing_is_written_down_where_no_entry_asks_and_no_file_is_read():
    def unread():
        raise AssertionError("read without need")
        yield

    documents = given("registers", outside("1.1"))
    assert OTHERS not in {item.name for item in documents}
    assert with_others(documents, unread()) == documents


def test_a_switched_off_file_with_mistakes_stands_in_nobodys_way():
    assert OTHERS not in {item.name for item in given("registers", outside("1.1"), off="id: [")}
    (found,) = mistakes_in(given("registers", outside("2.1"), off="id: ["))
    assert found.path == "external_controls: E-1"


def test_a_mistake_in_a_record_names_its_place_in_the_file():
    newest = {"type": "review", "person": "Ana", "performed_on": "2026-10-01"}
    slip = {**newest, "performed_on": "2026-01-01", "type": "revue"}
    (found,) = mistakes_in(given("attestations", {"attestations": [newest, slip]}))

    assert found.path == "attestations[1].type"
