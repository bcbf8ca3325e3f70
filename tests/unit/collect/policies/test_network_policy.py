import json

import pytest

from app.collect.invalid import InvalidObjectError
from app.collect.policies.network_policy import network_policy
from app.model.connections import PortSet, Protocol
from app.model.policy import (
    EVERYTHING,
    AddressPeer,
    AddressRange,
    Direction,
    LabelSelector,
    NamedPort,
    Operator,
    PodPeer,
    PortRange,
    Requirement,
)
from tests.unit.collect.objects import policy, stored

BOTH = frozenset(Direction)
INGRESS = frozenset({Direction.INGRESS})
EGRESS = frozenset({Direction.EGRESS})


def read(spec):
    return network_policy(stored(policy(spec)))


def selector(**labels):
    return LabelSelector(tuple(Requirement(key, Operator.IN, (value,)) for key, value in labels.items()))


@pytest.mark.parametrize(
    ("spec", "directions"),
    [
        ({}, INGRESS),
        (None, INGRESS),
        ({"policyTypes": []}, INGRESS),
        ({"egress": []}, INGRESS),
        ({"egress": [{}]}, BOTH),
        ({"ingress": [{}], "egress": [{}]}, BOTH),
        ({"policyTypes": ["Egress"]}, EGRESS),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, EGRESS),
        ({"policyTypes": ["Ingress", "Egress"]}, BOTH),
        ({"policyTypes": ["Ingress"], "egress": [{}]}, INGRESS),
    ],
)
def test_directions_are_those_that_the_api_server_defaults(spec, directions):
    assert read(spec).directions == directions


def test_a_section_that_is_not_listed_is_dropped():
    found = read({"policyTypes": ["Egress"], "ingress": [{}], "egress": [{}]})
    assert (found.ingress, [rule.path for rule in found.egress]) == ((), ["spec.egress[0]"])


@pytest.mark.parametrize(
    "given", [{}, {"podSelector": None}, {"podSelector": {}}, {"podSelector": {"matchLabels": None}}]
)
def test_a_missing_or_empty_pod_selector_selects_everything(given):
    assert read(given).subject.selector == EVERYTHING


def test_labels_and_expressions_become_one_sorted_list():
    found = read(
        {
            "podSelector": {
                "matchLabels": {"b": "2", "a": "1"},
                "matchExpressions": [
                    {"key": "c", "operator": "NotIn", "values": ["y", "x", "y"]},
                    {"key": "a", "operator": "In", "values": ["1"]},
                    {"key": "d", "operator": "DoesNotExist"},
                ],
            }
        }
    )
    assert found.subject.selector.requirements == (
        Requirement("a", Operator.IN, ("1",)),
        Requirement("b", Operator.IN, ("2",)),
        Requirement("c", Operator.NOT_IN, ("x", "y")),
        Requirement("d", Operator.DOES_NOT_EXIST),
    )


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ({"podSelector": {}}, PodPeer(None, EVERYTHING)),
        ({"namespaceSelector": {}}, PodPeer(EVERYTHING, EVERYTHING)),
        (
            {"namespaceSelector": {"matchLabels": {"a": "1"}}, "podSelector": {"matchLabels": {"b": "2"}}},
            PodPeer(selector(a="1"), selector(b="2")),
        ),
    ],
)
def test_a_missing_namespace_selector_is_not_an_empty_one(peer, expected):
    assert read({"ingress": [{"from": [peer]}]}).ingress[0].peers == (expected,)


@pytest.mark.parametrize("rule", [{}, {"from": None}, {"from": []}, {"ports": []}])
def test_an_empty_or_missing_list_allows_any(rule):
    found = read({"ingress": [rule]}).ingress[0]
    assert (found.peers, found.ports) == (None, None)


def v4(first, last):
    octets = [int(part) for text in (first, last) for part in text.split(".")]
    return AddressRange(4, int.from_bytes(bytes(octets[:4])), int.from_bytes(bytes(octets[4:])))


@pytest.mark.parametrize(
    ("block", "ranges", "text"),
    [
        ({"cidr": "10.0.0.0/8"}, (v4("10.0.0.0", "10.255.255.255"),), "10.0.0.0/8"),
        ({"cidr": "10.1.2.3/8"}, (v4("10.0.0.0", "10.255.255.255"),), "10.1.2.3/8"),
        (
            {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]},
            (v4("10.0.0.0", "10.0.255.255"), v4("10.2.0.0", "10.255.255.255")),
            "10.0.0.0/8 except 10.1.0.0/16",
        ),
        (
            {"cidr": "10.0.0.0/30", "except": ["10.0.0.0/31", "10.0.0.2/32", "10.0.0.0/32"]},
            (v4("10.0.0.3", "10.0.0.3"),),
            "10.0.0.0/30 except 10.0.0.0/31, 10.0.0.2/32, 10.0.0.0/32",
        ),
        (
            {"cidr": "192.0.2.0/30", "except": ["192.0.2.0/31", "192.0.2.2/31"]},
            (),
            "192.0.2.0/30 except 192.0.2.0/31, 192.0.2.2/31",
        ),
        (
            {"cidr": "2001:db8::/32"},
            (AddressRange(6, 0x20010DB8 << 96, (0x20010DB9 << 96) - 1),),
            "2001:db8::/32",
        ),
    ],
)
def test_an_ip_block_becomes_disjoint_ranges(block, ranges, text):
    assert read({"egress": [{"to": [{"ipBlock": block}]}]}).egress[0].peers == (AddressPeer(ranges, text),)


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({}, PortRange(Protocol.TCP, PortSet.all())),
        ({"protocol": "UDP"}, PortRange(Protocol.UDP, PortSet.all())),
        ({"port": 80}, PortRange(Protocol.TCP, PortSet.of([(80, 80)]))),
        ({"port": 80, "endPort": 80}, PortRange(Protocol.TCP, PortSet.of([(80, 80)]))),
        ({"protocol": "SCTP", "port": 1, "endPort": 65535}, PortRange(Protocol.SCTP, PortSet.all())),
        ({"port": "http"}, NamedPort(Protocol.TCP, "http")),
        ({"protocol": "UDP", "port": "dns-tcp"}, NamedPort(Protocol.UDP, "dns-tcp")),
    ],
)
def test_ports_take_the_defaults_of_the_api(port, expected):
    assert read({"ingress": [{"ports": [port]}]}).ingress[0].ports == (expected,)


def rule(**fields):
    return {"ingress": [{}, fields]}


def peer(value):
    return rule(**{"from": [{"podSelector": {}}, value]})


FIRST = "spec.ingress[1]"
INVALID = [
    (peer({}), f"{FIRST}.from[1]", "a peer must have a podSelector, a namespaceSelector or an ipBlock"),
    (
        peer({"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}),
        f"{FIRST}.from[1]",
        "ipBlock may not stand beside podSelector or namespaceSelector",
    ),
    (
        peer({"ipBlock": {"cidr": "10.0.0.0/33"}}),
        f"{FIRST}.from[1].ipBlock.cidr",
        "`10.0.0.0/33` is not a CIDR",
    ),
    (peer({"ipBlock": {"cidr": "10.0.0.0"}}), f"{FIRST}.from[1].ipBlock.cidr", "`10.0.0.0` is not a CIDR"),
    (peer({"ipBlock": {"cidr": "10.0.0.0/255.0.0.0"}}), f"{FIRST}.from[1].ipBlock.cidr", "is not a CIDR"),
    (peer({"ipBlock": {"cidr": "fe80::%1/64"}}), f"{FIRST}.from[1].ipBlock.cidr", "is not a CIDR"),
    (peer({"ipBlock": {"cidr": 10}}), f"{FIRST}.from[1].ipBlock.cidr", "expected `str`, got `int`"),
    (peer({"ipBlock": {}}), f"{FIRST}.from[1].ipBlock", "object missing required field `cidr`"),
    (
        peer({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "11.0.0.0/16"]}}),
        f"{FIRST}.from[1].ipBlock.except[1]",
        "`11.0.0.0/16` is not a strict subset of `10.0.0.0/8`",
    ),
    (
        peer({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}),
        f"{FIRST}.from[1].ipBlock.except[0]",
        "is not a strict subset",
    ),
    (
        peer({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["::/64"]}}),
        f"{FIRST}.from[1].ipBlock.except[0]",
        "is not a strict subset",
    ),
    (rule(ports=[{"port": 0}]), f"{FIRST}.ports[0].port", "0 is not within 1 to 65535"),
    (rule(ports=[{"port": 65536}]), f"{FIRST}.ports[0].port", "65536 is not within 1 to 65535"),
    (
        rule(ports=[{"port": "80"}]),
        f"{FIRST}.ports[0].port",
        "`80` is neither a port number nor a valid port name",
    ),
    (
        rule(ports=[{"port": "Web"}]),
        f"{FIRST}.ports[0].port",
        "`Web` is neither a port number nor a valid port name",
    ),
    (rule(ports=[{"port": "a-name-of-16-let"}]), f"{FIRST}.ports[0].port", "is neither a port number"),
    (rule(ports=[{"port": "a--b"}]), f"{FIRST}.ports[0].port", "is neither a port number"),
    (rule(ports=[{"port": True}]), f"{FIRST}.ports[0].port", "expected `int | str | null`, got `bool`"),
    (rule(ports=[{"port": 80.5}]), f"{FIRST}.ports[0].port", "expected `int | str | null`, got `float`"),
    (rule(ports=[{"endPort": 80}]), f"{FIRST}.ports[0].endPort", "needs `port`"),
    (rule(ports=[{"port": "http", "endPort": 80}]), f"{FIRST}.ports[0].endPort", "needs a numeric `port`"),
    (rule(ports=[{"port": 90, "endPort": 80}]), f"{FIRST}.ports[0].endPort", "80 is below `port` 90"),
    (
        rule(ports=[{"port": 90, "endPort": 70000}]),
        f"{FIRST}.ports[0].endPort",
        "70000 is not within 1 to 65535",
    ),
    (rule(ports=[{"protocol": "tcp"}]), f"{FIRST}.ports[0].protocol", "`tcp` is not one of TCP, UDP, SCTP"),
    (rule(ports=[{"protocol": "ICMP"}]), f"{FIRST}.ports[0].protocol", "`ICMP` is not one of TCP, UDP, SCTP"),
    ({"policyTypes": ["Ingress", "Both"]}, "spec.policyTypes[1]", "`Both` is neither Ingress nor Egress"),
    (
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": []}]}},
        "spec.podSelector.matchExpressions[0].values",
        "In needs at least one value",
    ),
    (
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "NotIn"}]}},
        "spec.podSelector.matchExpressions[0].values",
        "NotIn needs at least one value",
    ),
    (
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]}},
        "spec.podSelector.matchExpressions[0].values",
        "Exists takes no values",
    ),
    (
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "Equals", "values": ["x"]}]}},
        "spec.podSelector.matchExpressions[0].operator",
        "`Equals` is not one of In, NotIn, Exists, DoesNotExist",
    ),
    (
        {"podSelector": {"matchLabels": {"a b": "x"}}},
        "spec.podSelector.matchLabels",
        "`a b` is not a label name",
    ),
    (
        {"podSelector": {"matchLabels": {"a": "x y"}}},
        "spec.podSelector.matchLabels[a]",
        "`x y` is not a label value",
    ),
    (
        {"podSelector": {"matchLabels": {"a": 5}}},
        "spec.podSelector.matchLabels[...]",
        "expected `str`, got `int`",
    ),
    ({"podSelector": []}, "spec.podSelector", "expected `object | null`, got `array`"),
    ({"ingres": []}, "spec", "object contains unknown field `ingres`"),
    (rule(form=[]), FIRST, "object contains unknown field `form`"),
    (peer({"podSelectors": {}}), f"{FIRST}.from[1]", "object contains unknown field `podSelectors`"),
    ({"ingress": {}}, "spec.ingress", "expected `array | null`, got `object`"),
    ([], "spec", "expected `object | null`, got `array`"),
]


@pytest.mark.parametrize(("spec", "field", "problem"), INVALID, ids=lambda value: json.dumps(value)[:60])
def test_what_the_api_server_refuses_is_named_by_its_field(spec, field, problem):
    with pytest.raises(InvalidObjectError) as error:
        read(spec)
    (violation,) = error.value.violations
    assert violation.field == field
    assert problem in violation.problem


def test_every_violation_of_a_policy_is_named():
    spec = {
        "policyTypes": ["Both"],
        "ingress": [{"from": [{}], "ports": [{"port": 0, "protocol": "x"}]}],
        "egress": [{"to": [{"ipBlock": {"cidr": "x"}}]}],
    }
    with pytest.raises(InvalidObjectError) as error:
        read(spec)
    assert [item.field for item in error.value.violations] == [
        "spec.policyTypes[0]",
        "spec.ingress[0].from[0]",
        "spec.ingress[0].ports[0].protocol",
        "spec.ingress[0].ports[0].port",
        "spec.egress[0].to[0].ipBlock.cidr",
    ]


@pytest.mark.parametrize("key", ["app", "app.kubernetes.io/name", "a/b", "x.y/A_b-c.d"])
def test_label_names_of_the_api_are_accepted(key):
    assert read({"podSelector": {"matchLabels": {key: ""}}}).subject.selector == LabelSelector(
        (Requirement(key, Operator.IN, ("",)),)
    )
