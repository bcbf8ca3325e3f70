import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from app.assess import read_documents, schemas
from app.model.control import RECORD_CHECKS, Automation, Role
from app.model.history import Document

CONFIG = Path(__file__).parents[3] / "config"
FRAMEWORKS = sorted((CONFIG / "frameworks").rglob("*.yaml"))
EXAMPLES = {
    name: CONFIG / f"{name}.example.yaml"
    for name in ("attestations", "exceptions", "flows", "probes", "registers", "scope")
}
SHIPPED = {
    **EXAMPLES,
    "checks": CONFIG / "checks.yaml",
    **{f"framework {path.stem}": path for path in FRAMEWORKS},
}


@pytest.fixture(scope="module")
def shipped():
    return read_documents(
        [
            Document("checks.yaml", (CONFIG / "checks.yaml").read_bytes()),
            *(Document(f"frameworks/{path.name}", path.read_bytes()) for path in FRAMEWORKS),
            *(Document(f"{name}.yaml", path.read_bytes()) for name, path in EXAMPLES.items()),
        ]
    )


def counted(framework):
    return [control for control in framework.controls if control.enabled]


def test_the_schemas_beside_the_files_are_those_of_the_code():
    written = {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
        for path in (CONFIG / "schema").glob("*.schema.json")
    }

    assert {name: written.get(name) for name in schemas()} == schemas(), "run `make schemas`"


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_file_is_valid_by_its_schema(name):
    text = SHIPPED[name].read_text(encoding="utf-8")
    value = json.loads(json.dumps(yaml.safe_load(text), default=str))

    jsonschema.Draft202012Validator(schemas()[name.split(" ", maxsplit=1)[0]]).validate(value)


def test_the_schema_refuses_a_control_with_neither_checks_nor_a_reason():
    value = yaml.safe_load(FRAMEWORKS[0].read_text(encoding="utf-8"))
    del value["controls"][0]["checks"]

    errors = list(jsonschema.Draft202012Validator(schemas()["framework"]).iter_errors(value))

    assert ["controls", 0] in [list(error.absolute_path) for error in errors]


def test_the_shipped_files_fit_together(shipped):
    assert [framework.id for framework in shipped.frameworks] == sorted(path.stem for path in FRAMEWORKS)
    assert {path.stem for path in FRAMEWORKS if path.parent.name == "frameworks"} == {
        "hipaa-security-rule",
        "pci-dss-4.0.1",
        "soc2-tsc-2017",
    }
    assert len(shipped.catalogue) == 51


def test_the_catalogues_have_all_their_controls(shipped):
    counts = {
        framework.id: (len(counted(framework)), len(framework.controls)) for framework in shipped.frameworks
    }

    assert counts == {
        "pci-dss-4.0.1": (49, 49),
        "hipaa-security-rule": (21, 21),
        "soc2-tsc-2017": (15, 15),
        "hipaa-nprm-2025": (0, 9),
        "nist-sp-800-53-r5": (29, 29),
        "cis-kubernetes-5.3": (2, 2),
        "nsa-cisa-kubernetes": (12, 12),
        "iso-27001-2022": (5, 5),
    }


def test_no_control_can_be_decided_by_a_scan_alone(shipped):
    controls = [control for framework in shipped.frameworks for control in framework.controls]

    assert not [control.id for control in controls if control.automation is Automation.FULL]
    assert not [control.id for control in controls if control.enabled and control.manual_record is None]


def test_a_control_is_manual_when_and_only_when_no_direct_check_reads_the_cluster(shipped):
    for framework in shipped.frameworks:
        for control in counted(framework):
            direct = {item.check for item in control.checks if item.role is Role.DIRECT} - RECORD_CHECKS
            assert (control.automation is Automation.MANUAL) is (not direct), control.id


def test_proposed_rules_are_listed_and_never_counted(shipped):
    by_id = {framework.id: framework for framework in shipped.frameworks}
    proposed = by_id["hipaa-nprm-2025"].controls

    assert {control.enabled for control in proposed} == {False}
    assert {control.id for control in proposed} == {
        control.id
        for framework in shipped.frameworks
        for control in framework.controls
        if not control.enabled
    }
    assert {control.severity for control in proposed} == {"info"}
    assert not [item for control in proposed for item in control.checks if item.role is Role.DIRECT]


def test_every_interval_says_who_set_it_and_only_the_entitys_may_be_open(shipped):
    for framework in shipped.frameworks:
        for control in counted(framework):
            record = control.manual_record
            assert record.interval_set_by in {"standard", "entity", "product default"}
            assert (record.months is None) is (record.interval_set_by == "entity"), control.id
            if record.months:
                assert record.max_age.startswith(f"{record.months} months"), control.id


@pytest.mark.parametrize("path", FRAMEWORKS, ids=lambda path: path.stem)
def test_a_framework_file_claims_nothing_and_says_no_draft(path):
    text = path.read_text(encoding="utf-8")
    if path.stem == "hipaa-security-rule":
        text = re.sub(r"\n +text: (.|\n)*?(?=\n +[a-z_]+:)", "", text)  # the regulation speaks for itself
    words = re.compile(
        r"(?<!nprm-)\b(complian\w*|certified|certification|in place|passed|draft|from memory)\b",
        re.IGNORECASE,
    )

    found = {word.casefold() for word in words.findall(text)}

    assert not found


def test_the_example_scope_places_as_its_comments_say(shipped):
    cards = shipped.scope.place("payments", {"example.com/pci-zone": "cde"}, {"app": "vault"})
    unknown = shipped.scope.place("sandbox", {}, {})

    assert (cards.zone.value, cards.data_store, cards.rules) == (
        "cde",
        True,
        ("cardholder-data", "card-vault"),
    )
    assert (unknown.zone.value, unknown.ephi, unknown.rules) == ("unknown", None, ())
