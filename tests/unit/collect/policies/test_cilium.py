"""Every field of Cilium's policies: what it becomes in the normal form, as tables that a person reads."""

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
import yaml

from app.model.identity import GroupKind, ObjectRef
from app.model.policy import EVERYTHING, NOTHING, AddressPeer, Direction, Family, PortRange, SelectorPeer
from app.model.snapshot import GapReason
from tests.unit.collect.objects import normalized, stored

TABLES = Path(__file__).resolve().parents[3] / "tables/cilium"
CASES = [
    pytest.param(case, id=case["name"])
    for file in ("peers.yaml", "policies.yaml")
    for case in yaml.safe_load((TABLES / file).read_text())
]
EVERY_ADDRESS = "0.0.0.0-255.255.255.255, ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"


@pytest.mark.parametrize("case", CASES)
def test_a_policy_reads_as_the_table_says(case):
    assert case["cites"]
    (policy,) = read(*objects(case))
    assert list(policy.unclear) == case.get("unclear", [])
    if "rules" in case:
        assert [text_of(rule) for rule in (*policy.ingress, *policy.egress)] == case["rules"]
        assert " ".join(sorted(policy.isolates)) == case["isolates"]
        assert policy.isolates <= policy.directions
    if "subject" in case:
        assert subject_text(policy.subject) == case["subject"]
    assert policy.family is Family.CILIUM
    assert not policy.staged


def test_each_spec_is_a_policy_of_its_own_and_says_where_it_stands():
    found = read(
        cilium(
            {"ingress": [{}]},
            specs=[
                {"endpointSelector": {"matchLabels": {"app": "a"}}, "egress": [{}]},
                {"endpointSelector": {}, "ingress": [{"fromEndpoints": []}, {"toPorts": [{}]}]},
            ],
        )
    )
    assert [[rule.path for rule in (*item.ingress, *item.egress)] for item in found] == [
        ["spec.ingress[0]"],
        ["specs[0].egress[0]"],
        ["specs[1].ingress[0]", "specs[1].ingress[1]"],
    ]
    assert [subject_text(item.subject) for item in found] == [
        "everything in shop",
        "app=a in shop",
        "everything in shop",
    ]
    assert found[2].unclear == ("specs[1].ingress[1].toPorts[0]: it names no ports",)
    assert {item.ref for item in found} == {ObjectRef("cilium.io", "CiliumNetworkPolicy", "shop", "p")}


def test_an_object_without_spec_is_no_policy():
    assert read(cilium(None)) == ()


@pytest.mark.parametrize(
    ("conditions", "enforced"),
    [
        ([{"type": "Valid", "status": "False", "message": "no"}], False),
        ([{"type": "Valid", "status": "True"}], True),
        ([{"type": "Valid", "status": "Unknown"}], True),
        ([{"type": "Other", "status": "False"}], True),
        ([], True),
        (None, True),
    ],
)
def test_a_policy_that_cilium_refused_is_not_enforced(conditions, enforced):
    (policy,) = read({**cilium({"ingress": [{}]}), "status": {"conditions": conditions}})
    assert policy.staged is not enforced


WRONG = {
    "a port that is a number": ({"ingress": [{"toPorts": [{"ports": [{"port": 80}]}]}]}, "toPorts[0].ports[0].port"),
    "a list that is none": ({"ingress": {"fromEndpoints": []}}, "spec.ingress"),
    "a label that is a number": ({"endpointSelector": {"matchLabels": {"a": 1}}}, "matchLabels[...]"),
    "a CIDR that is null": ({"egress": [{"toCIDR": [None]}]}, "toCIDR[0]"),
    "a switch that is text": ({"enableDefaultDeny": {"ingress": "no"}}, "enableDefaultDeny.ingress"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "field"), WRONG.values(), ids=WRONG)
def test_what_the_api_server_refuses_is_a_gap(spec, field):
    found = normalized(yaml.safe_dump(cilium(spec)))
    assert found.inventory.policies == ()
    (gap,) = found.gaps
    assert gap.reason is GapReason.INVALID
    assert gap.group_kind == GroupKind("cilium.io", "CiliumNetworkPolicy")
    assert field in gap.field


def test_a_group_that_is_wrong_is_a_gap_and_its_policies_are_conditional():
    group = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumCIDRGroup",
        "metadata": {"name": "vpn"},
        "spec": {"externalCIDRs": ["192.0.2.0/24", "not one"]},
    }
    policy = cilium({"ingress": [{"fromCIDRSet": [{"cidrGroupRef": "vpn"}]}]})
    found = normalized(yaml.safe_dump_all([group, policy]))
    assert [(gap.name, gap.field) for gap in found.gaps] == [("vpn", "spec.externalCIDRs[1]")]
    assert "was not read" in found.inventory.policies[0].ingress[0].conditions[0]


def test_two_config_maps_that_disagree_leave_the_cluster_without_a_name():
    policy = cilium(
        {"ingress": [{"fromEndpoints": [{"matchLabels": {"io.cilium.k8s.policy.cluster": "a"}}]}]}
    )
    agree = [config_map("a"), config_map("a", "other")]
    assert read(policy, *agree)[0].ingress[0].conditions == ()
    assert read(policy, config_map("a"), config_map("b", "other"))[0].ingress[0].conditions != ()
    assert read(policy, {**config_map("a"), "data": {}})[0].ingress[0].conditions != ()


def test_a_cluster_without_a_name_is_called_default():
    policy = cilium(
        {"ingress": [{"fromEndpoints": [{"matchLabels": {"io.cilium.k8s.policy.cluster": "default"}}]}]}
    )
    settings = {**config_map("a"), "data": {"enable-policy": "default"}}
    (rule,) = read(policy, settings)[0].ingress
    assert (rule.peers, rule.conditions) == ((SelectorPeer(EVERYTHING, "shop"),), ())


def test_labels_that_sound_like_secrets_still_select():
    spec = {
        "endpointSelector": {"matchLabels": {"token-client": "yes", "secret": "web"}},
        "ingress": [{"fromEndpoints": [{"matchExpressions": [{"key": "password", "operator": "In", "values": ["--token", "x"]}]}]}],
    }  # fmt: skip
    (policy,) = read(cilium(spec))
    assert subject_text(policy.subject) == "secret=web,token-client=yes in shop"
    kept = stored(cilium(spec)).parsed()["spec"]["ingress"][0]["fromEndpoints"][0]
    assert kept["matchExpressions"][0]["values"] == ["--token", "x"]


def test_headers_of_a_rule_on_layer_7_are_not_kept():
    http = [
        {"headers": ["Authorization: Basic c2VjcmV0OnNlY3JldA=="]},
        {"headerMatches": [{"name": "X-Token", "value": "s3cr3t-Zq9xW7"}]},
    ]
    ports = [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": http}}]
    body = stored(cilium({"ingress": [{"toPorts": ports}]})).body
    assert b"c2VjcmV0" not in body
    assert b"s3cr3t" not in body


def read(*values):
    """The policies of some objects that all can be read."""
    found = normalized(yaml.safe_dump_all([*values]))
    assert {gap.reason for gap in found.gaps} <= {GapReason.UNCLEAR}
    return found.inventory.policies


def objects(case):
    """What a case describes, as Kubernetes objects."""
    for name, group in case.get("groups", {}).items():
        metadata = {"name": name, "labels": group.get("labels", {})}
        spec = {"externalCIDRs": group["cidrs"]}
        yield {"apiVersion": "cilium.io/v2", "kind": "CiliumCIDRGroup", "metadata": metadata, "spec": spec}
    for name, service in case.get("services", {}).items():
        space, short = name.split("/")
        metadata = {"namespace": space, "name": short, "labels": service.get("labels", {})}
        spec = {"selector": service.get("selector", {})}
        yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    if "cluster name" in case:
        yield config_map(case["cluster name"])
    if "settings" in case:
        yield config_map("default") | {"data": case["settings"]}
    yield cilium(case["spec"], cluster_wide=case.get("cluster wide", False))


def cilium(spec, *, cluster_wide=False, specs=None):
    """A policy; where its spec names no selector, it is for every pod."""
    whole = {"endpointSelector": {}, **spec} if spec is not None else None
    kind = "CiliumClusterwideNetworkPolicy" if cluster_wide else "CiliumNetworkPolicy"
    metadata = {"name": "p"} if cluster_wide else {"name": "p", "namespace": "shop"}
    value = {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata}
    return value | ({"spec": whole} if whole is not None else {}) | ({"specs": specs} if specs else {})


def config_map(cluster, namespace="kube-system"):
    metadata = {"name": "cilium-config", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"cluster-name": cluster}}


def subject_text(subject):
    text = "nothing" if subject.selector == NOTHING else str(subject.selector)
    return f"{text} in {subject.namespace}" if subject.namespace and text != "nothing" else text


def text_of(rule):
    conditions = f" if {'; '.join(rule.conditions)}" if rule.conditions else ""
    return f"{rule.action} {rule.path}: {peers_text(rule.peers)} on {ports_text(rule.ports)}{conditions}"


def peers_text(peers):
    if peers is None:
        return "anyone"
    return " or ".join(peer_text(peer) for peer in peers) or "no one"


def peer_text(peer):
    match peer:
        case SelectorPeer():
            return f"{peer.selector} in {peer.namespace}" if peer.namespace else str(peer.selector)
        case AddressPeer():
            ranges = ", ".join(range_text(item) for item in peer.ranges)
            where = "" if ranges == EVERY_ADDRESS else f" [{ranges}]"
            return f"{'outside' if 'outside' in peer.match else 'nodes'} {peer.text}{where}"


def range_text(item):
    address = IPv4Address if item.version == 4 else IPv6Address
    return f"{address(item.first)}-{address(item.last)}"


def ports_text(ports):
    if ports is None:
        return "every port"
    return ", ".join(f"{item.protocol} {port_text(item)}" for item in ports) or "no port"


def port_text(port):
    return str(port.ports) if isinstance(port, PortRange) else port.name


def test_directions_are_those_with_entries():
    (policy,) = read(cilium({"ingress": [{}], "egress": [], "egressDeny": None}))
    assert policy.directions == {Direction.INGRESS}
