"""What mappings can show, against a count made from the files as they stand on disk."""

import pytest
import yaml

from app.assess import read_documents
from app.model.history import Document
from app.model.ledger import MappingStrength, ledger
from app.resources import resource

CONFIG = resource("config")
FILES = {path.stem: path for path in sorted((CONFIG / "frameworks").rglob("*.yaml"))}
RECORDS = {"review-attestation-overdue", "segmentation-test-overdue"}
GIVEN = read_documents(
    [
        Document("checks.yaml", (CONFIG / "checks.yaml").read_bytes()),
        *(Document(f"frameworks/{path.name}", path.read_bytes()) for path in FILES.values()),
    ]
)
LEDGERS = {item.id: ledger(item, GIVEN.catalogue) for item in GIVEN.frameworks}


def counted_by_hand(name):
    """One line per control, straight from the YAML."""
    found = dict.fromkeys(MappingStrength, 0)
    for control in yaml.safe_load(FILES[name].read_bytes())["controls"]:
        if control.get("enabled", True):
            checks = control.get("checks", {})
            direct = set(checks.get("direct", ())) - RECORDS
            supporting = set(checks.get("supporting", ())) - RECORDS
            strength = "direct" if direct else "supporting" if supporting else "record" if checks else "none"
            found[MappingStrength(strength)] += 1
    return found


@pytest.mark.parametrize("name", FILES)
def test_strengths_are_those_of_the_file(name):
    assert {item: LEDGERS[name].count(item) for item in MappingStrength} == counted_by_hand(name)


@pytest.mark.parametrize("name", FILES)
def test_every_control_says_what_stays_open_and_who_gives_the_rest(name):
    for item in (*LEDGERS[name].entries, *LEDGERS[name].readiness):
        assert item.does_not_prove, item.control.id
        assert len(set(item.does_not_prove)) == len(item.does_not_prove), item.control.id
        assert item.elsewhere, item.control.id
        reads = item.strength in (MappingStrength.DIRECT, MappingStrength.SUPPORTING)
        assert reads or item.why_nothing, f"{item.control.id} has neither a test nor a reason"


def test_the_coverage_is_said_in_one_sentence():
    assert LEDGERS["pci-dss-4.0.1"].sentence == (
        "20 of 49 requirements have automated evidence, 24 more have supporting facts only, and 5 rest on people and"
        " documents alone. None is decided by a scan alone."
    )
    assert LEDGERS["soc2-tsc-2017"].sentence.startswith("8 of 15 requirements")
    assert " and 1 rests on people" in LEDGERS["soc2-tsc-2017"].sentence
    assert (
        LEDGERS["hipaa-nprm-2025"].sentence
        == "No requirement counts: its 9 items are listed for readiness and never counted."
    )


def test_a_check_that_this_version_does_not_perform_brings_nothing():
    pci = LEDGERS["pci-dss-4.0.1"].framework

    none = ledger(pci, {})

    assert none.count(MappingStrength.DIRECT) == none.count(MappingStrength.SUPPORTING) == 0
    assert none.sentence.startswith("0 of 49 requirements have automated evidence, 0 more")
