"""What is drafted, and that a draft approves nothing: judged with it, the same things fail."""

from dataclasses import replace

import pytest
import yaml

from app import judging, proposal
from app.model.finding import Outcome
from app.model.history import Document
from app.resources import resource
from tests.facts import facts_of

CLUSTER = {
    "workloads": {
        "shop/web": {"labels": {"app": "web"}, "node": "n1", "ports": {"http": 8080}},
        "pay/api": {"labels": {"app": "api"}, "node": "n1", "ports": {"ftp": 21}},
    },
    "policies": {
        "shop/deny": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [
                {
                    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "pay"}}}],
                    "ports": [{"port": 21}],
                }
            ],
        },
        "pay/deny": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [{"port": 21}]}],
        },
    },
}
HEAD = {"owner": "Ann", "reviewed_on": "2026-10-01"}


def documents(scope=None, registers=None):
    config = resource("config")
    found = [
        Document("checks.yaml", (config / "checks.yaml").read_bytes()),
        Document(
            "frameworks/soc2-tsc-2017.yaml", (config / "frameworks" / "soc2-tsc-2017.yaml").read_bytes()
        ),
    ]
    for name, said in (("scope", scope), ("registers", registers)):
        if said is not None:
            found.append(Document(f"{name}.yaml", yaml.safe_dump({**HEAD, **said}).encode()))
    return tuple(found)


def plain(rows):
    return {name: [dict(row) for row in found] for name, found in rows.items()}


def test_rows_of_a_cluster():
    found = proposal.draft(facts_of({"cluster": CLUSTER}).snapshot, documents())
    flows = {(row["source"], row["destination"]): row["ports"] for row in found.scope["approved_flows"]}
    assert flows == {("shop", "pay"): ["TCP/21"], ("external", "pay"): ["TCP/21"]}
    assert [
        (row["service"], row["ports"], row["destination"]) for row in found.registers["insecure_services"]
    ] == [("FTP", ["TCP/21"], "pay")]
    assert all(len(row["criteria"]) == 1 for row in found.registers["entity_controls"])


def test_with_its_draft_a_cluster_fails_as_with_an_empty_register():
    snapshot = facts_of({"cluster": CLUSTER}).snapshot
    draft = proposal.draft(snapshot, documents())
    given = documents(plain(draft.scope), plain(draft.registers))
    empty = documents(
        {"approved_flows": [], "approved_exposures": [], "certificates": []}, {"insecure_services": []}
    )
    assert failing(snapshot, given) == failing(snapshot, empty) != set()


def failing(snapshot, given):
    runs = judging.judge(snapshot, given).runs
    return {
        (item.check, item.subject.id)
        for run in runs
        if run.meta.id in ("flow-not-in-approved-register", "insecure-protocol-allowed")
        for item in run.results
        if item.outcome is Outcome.FAIL
    }


@pytest.mark.parametrize("register", ["approved_flows", "entity_controls"])
def test_only_what_is_wanted_and_never_an_id_twice(register):
    snapshot = facts_of({"cluster": CLUSTER}).snapshot
    first = proposal.draft(snapshot, documents(), (register,))
    rows = plain({**first.scope, **first.registers})
    assert list(rows) == [register]
    taken = rows[register][0]["id"]
    row = {"id": taken, "source": "a", "destination": "b", "ports": ["any"]}
    control = {"id": taken, "checks": ["plaintext-path"], "criteria": ["CC6.7"]}
    again = proposal.draft(
        snapshot, documents({"approved_flows": [row]}, {"entity_controls": [control]}), (register,)
    )
    ids = [item["id"] for item in plain({**again.scope, **again.registers})[register]]
    assert taken not in ids
    assert len(set(ids)) == len(ids)


def test_the_same_cluster_gives_the_same_draft():
    snapshot = facts_of({"cluster": CLUSTER}).snapshot
    turned = replace(snapshot, cluster="other")
    assert proposal.draft(snapshot, documents()) == proposal.draft(turned, documents())
