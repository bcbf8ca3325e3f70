import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from app.assess import framework_title, read_documents, schemas
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


def test_the_title_of_a_framework_is_read_from_its_file_alone_and_none_from_a_file_that_has_none(shipped):
    assert {framework_title(path.read_bytes()) for path in FRAMEWORKS} == {
        item.title for item in shipped.frameworks
    }
    for body in (b"", b"- title: a", b"title: [a]", b"name: a", b"title: {", b"\xff\xfe\x00"):
        assert framework_title(body) == ""


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


# What each framework makes of TLS at the edge and of the control plane: direct, supporting. A hop inside that goes on in plain text
# only supports PCI DSS 4.2.1, which speaks of open, public networks, and is direct for the transmission security of HIPAA.
EDGE = """
control-plane-exposed                    pci 1.4.2 A1.1.1 / 1.4.1 2.2.7                hipaa /                                           soc2 CC6.6 /
lb-without-tls                           pci 4.2.1 / 8.3.2                             hipaa 164.312(e)(1) 164.312(e)(2)(ii) /           soc2 CC6.6 CC6.7 /
plaintext-backend-after-tls-termination  pci / 1.2.6 4.2.1                             hipaa 164.312(e)(1) /                             soc2 / CC6.7
weak-tls-version                         pci 2.2.7 4.2.1 / 1.2.6 2.2.5 12.3.3          hipaa 164.312(e)(1) 164.312(e)(2)(i) / 164.312(e)(2)(ii)  soc2 CC6.7 / CC6.6
weak-cipher-suite                        pci 4.2.1 / 2.2.7 12.3.3                      hipaa 164.312(e)(2)(i) / 164.312(e)(1) 164.312(e)(2)(ii)  soc2 / CC6.7
tls-verification-disabled                pci 4.2.1 /                                   hipaa / 164.312(d) 164.312(e)(2)(i)               soc2 / CC6.7
expired-certificate                      pci 4.2.1 / 4.2.1.1                           hipaa / 164.312(d) 164.312(e)(2)(ii)              soc2 / CC6.6 CC6.7
certificate-expiring-soon                pci / 4.2.1 4.2.1.1                           hipaa / 164.312(e)(1)                             soc2 / CC6.7
untrusted-certificate                    pci 4.2.1 / 4.2.1.1                           hipaa / 164.312(d) 164.312(e)(1) 164.312(e)(2)(i) soc2 / CC6.7
certificate-not-in-inventory             pci 4.2.1.1 / 12.3.3                          hipaa /                                           soc2 /
control-plane-tls-weak                   pci 2.2.7 / 2.2.1 12.8.5                      hipaa / 164.312(e)(2)(ii)                         soc2 /
"""
FILES = {"pci": "pci-dss-4.0.1", "hipaa": "hipaa-security-rule", "soc2": "soc2-tsc-2017"}


@pytest.mark.parametrize("line", EDGE.strip().splitlines(), ids=lambda line: line.split()[0])
def test_each_framework_makes_of_the_edge_what_it_should(line):
    check, *words = line.split()
    wanted, own = {}, set()
    for word in words:
        if word in FILES:
            wanted[word] = [own := set(), second := set()]
        elif word == "/":
            own = second
        else:
            own.add(word)
    for name, roles in wanted.items():
        assert [_controls(name, role).get(check, set()) for role in ("direct", "supporting")] == roles, name


@cache
def _controls(name, role):
    """Controls by the checks that bear on them; proposed rules are no requirement yet."""
    value = yaml.safe_load((CONFIG / "frameworks" / f"{FILES[name]}.yaml").read_text(encoding="utf-8"))
    found = defaultdict(set)
    for control in value["controls"]:
        for check in (control.get("checks") or {}).get(role, ()):
            if not str(control["id"]).startswith("nprm-"):
                found[check].add(str(control["id"]))
    return found
