"""Every field of a rule, from tables that say what becomes of it."""

import json
from pathlib import Path

import pytest
import yaml

from tests.unit.collect.objects import normalized
from tests.unit.collect.policies.calico.said import ports_said, said

TABLES = Path(__file__).resolve().parents[4] / "tables/calico"
SURROUNDINGS = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: bank, labels: {team: money}}
---
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: partners, namespace: shop, labels: {role: partner}}
spec: {nets: [198.51.100.0/24]}
---
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: partners, namespace: bank, labels: {role: partner}}
spec: {nets: [203.0.113.0/24]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: trusted, labels: {role: trusted}}
spec: {nets: [192.0.2.0/24]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: empty, labels: {role: trusted}}
spec: {}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: edge, labels: {role: edge}}
spec: {node: n1, interfaceName: eth0, expectedIPs: [192.0.2.200], profiles: [projectcalico-default-allow]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  selector: {app: cart}
  ports:
  - {name: a, port: 80, targetPort: 8080}
  - {name: b, port: 81, targetPort: web}
  - {name: c, port: 53, protocol: UDP}
---
apiVersion: v1
kind: Service
metadata: {name: manual, namespace: shop}
spec: {ports: [{port: 80}]}
"""


def table(name):
    return [pytest.param(case, id=case["name"]) for case in yaml.safe_load((TABLES / name).read_text())]


def read(kind, spec):
    metadata = {"name": "p"} | ({"namespace": "shop"} if kind == "NetworkPolicy" else {})
    value = {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": spec}
    (policy,) = normalized(f"{SURROUNDINGS}---\n{json.dumps(value)}").inventory.policies
    return policy


@pytest.mark.parametrize("case", table("entities.yaml"))
def test_whom_an_entity_rule_matches(case):
    assert case["cites"]
    for kind, expected in (("NetworkPolicy", "matches"), ("GlobalNetworkPolicy", "global")):
        policy = read(kind, {"ingress": [{"action": "Allow", "source": case["of"]}]})
        assert policy.unclear == ()
        assert said(policy.ingress[0].peers) == case[expected]
        assert policy.ingress[0].own is None


@pytest.mark.parametrize("case", table("entities.yaml"))
def test_the_other_section_and_the_other_side_say_the_same_of_the_other_end(case):
    """But for services, which may stand at the far end only, and there say ports as well."""
    source = read("NetworkPolicy", {"egress": [{"action": "Deny", "destination": case["of"]}]}).egress[0]
    assert (said(source.peers), source.own) == (case["matches"], None)
    if "services" not in case["of"]:
        own = read("NetworkPolicy", {"ingress": [{"action": "Pass", "destination": case["of"]}]}).ingress[0]
        assert (own.peers, said(own.own)) == (None, case["matches"])


@pytest.mark.parametrize("case", table("ports.yaml"))
def test_which_ports_a_rule_matches(case):
    assert case["cites"]
    direction = case.get("direction", "ingress")
    policy = read("NetworkPolicy", {direction: [{"action": "Allow", **case["rule"]}]})
    (rule,) = policy.ingress or policy.egress
    assert policy.unclear == ()
    assert (ports_said(rule.ports), list(rule.conditions)) == (case["ports"], case.get("conditions", []))


@pytest.mark.parametrize("case", table("unclear.yaml"))
def test_what_cannot_be_understood_is_named(case):
    assert list(read("NetworkPolicy", case["spec"]).unclear) == case["unclear"]
