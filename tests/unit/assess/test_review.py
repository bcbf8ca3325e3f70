"""What a register's owner is told about entries: dates, signatures, width, documents, and what matches nothing."""

from datetime import UTC, datetime

import pytest
import yaml

from app import judging
from app.assess import line_of, mistakes_in, read_documents, review, unmatched
from app.model.history import Document
from app.resources import resource
from tests.facts import facts_of

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SIGNED = {"owner": "Ann", "approver": "Ben", "approved_on": "2026-09-01"}
TWO = {
    "workloads": {
        "shop/web": {"labels": {"app": "web"}, "node": "n1", "ports": {"http": 8080}},
        "pay/api": {"labels": {"app": "api"}, "node": "n1", "ports": {"http": 8443}},
    },
    "policies": {
        "shop/deny": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        "pay/deny": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    },
}


def documents(**files):
    """`scope={...}` as scope.yaml; owner and review are there unless a case says otherwise."""
    found = [Document("checks.yaml", (resource("config") / "checks.yaml").read_bytes())]
    for name, said in files.items():
        head = {"owner": "Ann", "reviewed_on": "2026-10-01"} if name in ("scope", "registers") else {}
        body = yaml.safe_dump({**head, **said})
        found.append(Document(f"{name}.yaml", body.encode()))
    return tuple(found)


def flow(**said):
    usual = {"id": "F-1", "source": "shop", "destination": "pay", "ports": ["TCP/8443"]}
    return {"approved_flows": [{**usual, "justification": "needed", **SIGNED, **said}]}


def accepted(**said):
    usual = {"id": "E-1", "check": "policy-overly-broad", "subjects": ["NetworkPolicy shop/deny"]}
    times = {"starts_on": "2026-09-01", "expires_on": "2027-03-01"}
    return {"exceptions": [{**usual, "reason": "r", "owner": "Ann", "approver": "Ben", **times, **said}]}


def certificate(**said):
    return {
        "certificates": [
            {"id": "C-1", "certificate": "Secret shop/tls", "owner": "Ann", "purpose": "p", **said}
        ]
    }


def tls(**said):
    usual = {"id": "T-1", "destination": "shop", "ports": ["TCP/5432"], "how": "ssl = on"}
    return {"encryption": {"application_tls": [{**usual, **SIGNED, **said}]}}


def service(**said):
    usual = {"id": "I-1", "service": "LDAP", "ports": ["TCP/389"], "destination": "shop"}
    return {"insecure_services": [{**usual, **SIGNED, **said}]}


def change(**said):
    return {"changes": [{"id": "CHG-1", **SIGNED, "until": "2026-12-01", **said}]}


REVIEWS = [
    ("a signed flow is in order", {"scope": flow()}, []),
    ("a drafted one is not", {"scope": flow(justification="")}, ["approved_flows: F-1 does not count"]),
    ("nor one of its owner", {"scope": flow(approver="ann")}, ["approved_flows: F-1 does not count"]),
    ("its review is late", {"scope": flow(review_by="2026-11-01")}, ["approved_flows: F-1 overdue"]),
    ("a scope of last year", {"scope": {"reviewed_on": "2025-11-01"}}, ["reviewed_on overdue"]),
    ("a scope of next year", {"scope": {"reviewed_on": "2027-11-01"}}, ["reviewed_on does not count"]),
    (
        "a flow of next year",
        {"scope": flow(approved_on="2027-11-01")},
        ["approved_flows: F-1 does not count"],
    ),
    ("a lapsed exception", {"exceptions": accepted(expires_on="2026-11-01")}, ["E-1 overdue"]),
    ("an unsigned exception", {"exceptions": accepted(approver="")}, ["E-1 does not count"]),
    ("a wide exception", {"exceptions": accepted(subjects=["shop/*"])}, ["E-1 over-broad"]),
    ("one that begins later", {"exceptions": accepted(starts_on="2026-12-01")}, []),
    (
        "a certificate without owner",
        {"scope": certificate(owner="")},
        ["certificates: C-1 does not count"],
    ),
    (
        "a service nobody approved",
        {"registers": service(approver="")},
        ["insecure_services: I-1 does not count"],
    ),
    ("TLS that nobody approved", {"scope": tls(approver="")}, ["application_tls: T-1 does not count"]),
    ("TLS that its owner approved", {"scope": tls(approver="ann")}, ["application_tls: T-1 does not count"]),
    ("TLS that is signed", {"scope": tls()}, []),
    ("a change whose day has passed is past", {"registers": change(until="2026-10-01")}, []),
    ("a change of its owner", {"registers": change(approver="Ann")}, ["changes: CHG-1 does not count"]),
]


@pytest.mark.parametrize(("files", "expected"), [row[1:] for row in REVIEWS], ids=[row[0] for row in REVIEWS])
def test_review(files, expected):
    found = review(read_documents(documents(**files)), AT, {})
    assert [f"{item.entry} {item.concern.value}" for item in found] == expected
    assert all(item.says and item.advice for item in found)


@pytest.mark.parametrize(
    ("entered", "there", "concern"),
    [
        ("a" * 64, {"SCOPE.pdf": "a" * 64}, None),
        ("a" * 64, {"SCOPE.pdf": "b" * 64}, "another document"),
        ("", {"SCOPE.pdf": "b" * 64}, "not on file"),
        ("a" * 64, {}, None),
    ],
)
def test_a_document_that_is_there_is_held_against_its_digest(entered, there, concern):
    record = {"type": "t", "person": "Ann", "performed_on": "2026-10-01", "document": "SCOPE.pdf"}
    given = documents(attestations={"attestations": [{**record, "document_digest": entered}]})
    found = review(read_documents(given), AT, there)
    assert [item.concern.value for item in found] == ([concern] if concern else [])


UNMATCHED = [
    ("a flow that policies deny", {"scope": flow()}, ["approved_flows: F-1"]),
    ("one that does not count is not told here", {"scope": flow(justification="")}, []),
    (
        "a rule for nothing",
        {"scope": {"rules": [{"id": "gone", "namespaces": ["gone"], "zone": "cde"}]}},
        ["rules: gone"],
    ),
    (
        "an exposure that is not there",
        {"scope": {"approved_exposures": [{"id": "X-1", "object": "Service shop/web", **SIGNED}]}},
        ["approved_exposures: X-1"],
    ),
    ("a certificate that was not seen", {"scope": certificate()}, ["certificates: C-1"]),
    ("an exception that nothing needs", {"exceptions": accepted()}, ["E-1"]),
    (
        "a service at a namespace that is not there",
        {"registers": service(destination="gone")},
        ["insecure_services: I-1"],
    ),
    ("a service at one that is", {"registers": service()}, []),
    (
        "a declared flow to a workload that is not there",
        {
            "flows": {
                "owner": "Ann",
                "flows": [{"id": "D-1", "source": "shop/web", "destination": "pay/gone", "ports": ["any"]}],
            }
        },
        ["flows: D-1"],
    ),
]


@pytest.mark.parametrize(
    ("files", "expected"), [row[1:] for row in UNMATCHED], ids=[row[0] for row in UNMATCHED]
)
def test_entries_that_match_nothing(files, expected):
    given, facts = documents(**files), facts_of({"cluster": TWO})
    judged = judging.judge(facts.snapshot, given)
    assert [item.entry for item in unmatched(read_documents(given), facts.snapshot, judged)] == expected


def test_what_was_not_read_leaves_the_question_open():
    given = documents(scope=flow())
    facts = facts_of({"cluster": TWO, "gaps": ["Pod forbidden"]})
    judged = judging.judge(facts.snapshot, given)
    assert unmatched(read_documents(given), facts.snapshot, judged) == ()


def test_every_mistake_has_its_line():
    body = b"owner: Ann\nreviewed_on: 2026-10-01\nrules:\n  - id: a\n    zone: cde\n  - id: b\n    zone: none\napproved_flows:\n  - id: F-1\n"
    found = mistakes_in((*documents(), Document("scope.yaml", body)))
    lines = {item.path: line_of(body, item.path) for item in found}
    assert lines["rules[1].zone"] == 7
    assert lines["approved_flows[0].source"] == 9
    assert line_of(body, "approved_flows: F-1") == 9
    assert line_of(body, "F-1") == 9
    assert line_of(body, "nothing") == 0
    assert line_of(b"a: [", "a") == 0
