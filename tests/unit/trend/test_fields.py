"""What differs in meaning between two versions of an object: order counts where it decides, and nowhere else."""

import pytest

from app.trend.fields import field_changes

POLICY = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
CILIUM = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy"}
CALICO = {"apiVersion": "crd.projectcalico.org/v1", "kind": "NetworkPolicy"}
POD = {"apiVersion": "v1", "kind": "Pod"}
WEB, API = {"podSelector": {"matchLabels": {"app": "web"}}}, {"podSelector": {"matchLabels": {"app": "api"}}}
HTTP, DNS = {"port": 80}, {"port": 53, "protocol": "UDP"}

# name: (kind, spec before, spec after, what differs as path, before, after)
CASES = {
    "the directions the other way round": (
        POLICY, {"policyTypes": ["Ingress", "Egress"]}, {"policyTypes": ["Egress", "Ingress"]}, [],
    ),
    "rules, peers and ports the other way round, each inside the other": (
        POLICY,
        {"ingress": [{"from": [WEB, API], "ports": [HTTP, DNS]}, {"from": [API]}]},
        {"ingress": [{"from": [API]}, {"ports": [DNS, HTTP], "from": [API, WEB]}]},
        [],
    ),
    "a rule that stands there twice": (POLICY, {"ingress": [{"from": [WEB]}] * 2}, {"ingress": [{"from": [WEB]}]}, []),
    "a rule before the others": (
        POLICY,
        {"ingress": [{"from": [WEB]}]},
        {"ingress": [{"from": [API]}, {"from": [WEB]}]},
        [("spec.ingress[0]", "", '{"from":[{"podSelector":{"matchLabels":{"app":"api"}}}]}')],
    ),
    "a port of a rule that moved": (
        POLICY,
        {"egress": [{"ports": [HTTP]}, {"to": [WEB]}]},
        {"egress": [{"to": [WEB]}, {"ports": [DNS]}]},
        [("spec.egress[1].ports[0].port", "80", "53"), ("spec.egress[1].ports[0].protocol", "", '"UDP"')],
    ),
    "labels that an expression takes": (
        CILIUM,
        {"egress": [{"toEntities": ["world", "host"]}, {"toFQDNs": [{"matchName": "a"}, {"matchName": "b"}]}]},
        {"egress": [{"toFQDNs": [{"matchName": "b"}, {"matchName": "a"}]}, {"toEntities": ["host", "world"]}]},
        [],
    ),
    "rules that are asked one after another": (
        CALICO,
        {"ingress": [{"action": "Allow"}, {"action": "Deny"}]},
        {"ingress": [{"action": "Deny"}, {"action": "Allow"}]},
        [("spec.ingress[0].action", '"Allow"', '"Deny"'), ("spec.ingress[1].action", '"Deny"', '"Allow"')],
    ),
    "a rule before those that are asked one after another": (
        CALICO,
        {"ingress": [{"action": "Allow"}]},
        {"ingress": [{"action": "Log"}, {"action": "Allow"}]},
        [("spec.ingress[0]", "", '{"action":"Log"}')],
    ),
    "networks within one of these": (
        CALICO,
        {"ingress": [{"source": {"nets": ["10.0.0.0/8", "192.0.2.0/24"]}}]},
        {"ingress": [{"source": {"nets": ["192.0.2.0/24", "10.0.0.0/8"]}}]},
        [],
    ),
    "a container beside another, and its image": (
        POD,
        {"containers": [{"name": "app", "image": "a:1"}]},
        {"containers": [{"name": "proxy", "image": "p:1"}, {"name": "app", "image": "a:2"}]},
        [
            ("spec.containers[0]", "", '{"image":"p:1","name":"proxy"}'),
            ("spec.containers[1].image", '"a:1"', '"a:2"'),
        ],
    ),
    "containers that take another's place are two": (
        POD,
        {"containers": [{"name": "a"}]},
        {"containers": [{"name": "b"}]},
        [("spec.containers[0]", "", '{"name":"b"}'), ("spec.containers[0]", '{"name":"a"}', "")],
    ),
    "what is run first": (
        POD,
        {"initContainers": [{"name": "a"}, {"name": "b"}]},
        {"initContainers": [{"name": "b"}, {"name": "a"}]},
        [("spec.initContainers[0].name", '"a"', '"b"'), ("spec.initContainers[1].name", '"b"', '"a"')],
    ),
    "arguments": (POD, {"args": ["a", "b"]}, {"args": ["b", "a"]}, [
        ("spec.args[0]", '"a"', '"b"'), ("spec.args[1]", '"b"', '"a"'),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_differs_between_two_versions_in_meaning(name):
    kind, before, after, wanted = CASES[name]
    found = field_changes({**kind, "spec": before}, {**kind, "spec": after})
    assert [(item.path, item.before, item.after) for item in found] == wanted


def test_lists_within_lists_cost_no_more_than_they_are_long():
    """Text within text would have its quotes escaped once more at each level, and so grow beyond all bounds."""

    def body(name):
        for _ in range(100):
            name = [name]
        return {**POLICY, "spec": {"ingress": name}}

    (found,) = field_changes(body("a"), body("b"))
    assert found.path == "spec.ingress" + "[0]" * 100
