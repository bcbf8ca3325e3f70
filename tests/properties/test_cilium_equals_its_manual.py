"""Random policies of Cilium, read and evaluated here, against the manual's rules applied word by word to the manifests.

The second reading knows nothing of the normal form: it looks at the JSON. A connection is denied where a deny entry matches;
else allowed where an allow entry matches; else denied where some policy that selects the end has an entry in that direction
and does not opt out of default deny; else allowed (Cilium, "Policy Enforcement Modes", "Deny Policies").
"""

from ipaddress import ip_address, ip_network

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import evaluate
from app.collect import normalize
from app.detect import detect
from app.model.connections import Protocol
from app.model.snapshot import Snapshot, SourceInfo, SourceKind
from tests.unit.collect.objects import NOON, stored
from tests.unit.evaluate.test_cilium import cilium

PODS = {
    ("x", "a"): {"app": "a"},
    ("x", "b"): {"app": "b", "tier": "back"},
    ("y", "a"): {"app": "a", "tier": "front"},
    ("y", "c"): {"app": "c"},
}
OUTSIDE = ("203.0.113.9", "10.77.0.1")
PORTS = (80, 443)
NAMESPACE = "k8s:io.kubernetes.pod.namespace"

selectors = st.sampled_from(
    [{}, {"app": "a"}, {"app": "b"}, {"tier": "back"}, {NAMESPACE: "x"}, {NAMESPACE: "y", "app": "a"}]
).map(lambda labels: {"matchLabels": labels} if labels else {})
lists = st.one_of(st.none(), st.lists(selectors, max_size=2))
entities = st.lists(st.sampled_from(["all", "world", "cluster", "none", "init"]), max_size=2)
cidrs = st.lists(st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "203.0.113.0/24"]), max_size=2)
peers = st.one_of(
    st.just({}),
    lists.map(lambda found: {"Endpoints": found}),
    entities.map(lambda found: {"Entities": found}),
    cidrs.map(lambda found: {"CIDR": found}),
)
ports = st.sampled_from([None, [], ["80"], ["0"], ["443", "80"]])
entries = st.lists(st.tuples(peers, ports), max_size=2)
switch = st.sampled_from([None, True, False])
subjects = st.sampled_from([{}, {"matchLabels": {"app": "a"}}, {"matchLabels": {"tier": "back"}}])
policies = st.lists(
    st.fixed_dictionaries(
        {
            "namespace": st.sampled_from(["x", "y", ""]),
            "endpointSelector": subjects,
            "ingress": entries,
            "ingressDeny": entries,
            "egress": entries,
            "egressDeny": entries,
            "enableDefaultDeny": st.fixed_dictionaries({"ingress": switch, "egress": switch}),
        }
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies)
def test_every_connection_is_what_the_manual_says(found):
    manifests = [manifest(number, item) for number, item in enumerate(found)]
    engine = engine_of([*cilium({}), *pods(), *manifests])
    ends = [*PODS, *OUTSIDE]
    for source in ends:
        for destination in ends:
            if source == destination or (isinstance(source, str) and isinstance(destination, str)):
                continue
            for port in PORTS:
                expected = manual(manifests, source, destination, port)
                allowed = engine.between(name(source), name(destination)).allows(Protocol.TCP, port)
                assert allowed is expected, (source, destination, port)


def manual(manifests, source, destination, port):
    """Both ends have to let it through; nothing governs an address outside the cluster."""
    return half(manifests, "egress", source, destination, port) and half(
        manifests, "ingress", destination, source, port
    )


def half(manifests, direction, subject, other, port):
    if isinstance(subject, str):
        return True
    side = "from" if direction == "ingress" else "to"
    allowed = isolated = False
    for item in manifests:
        space, spec = item["metadata"].get("namespace"), item["spec"]
        if space not in (None, subject[0]) or not labels_match(spec["endpointSelector"], subject):
            continue
        allow, deny = spec.get(direction) or [], spec.get(f"{direction}Deny") or []
        if any(entry_matches(entry, side, space, other, port) for entry in deny):
            return False
        allowed |= any(entry_matches(entry, side, space, other, port) for entry in allow)
        isolated |= bool(allow or deny) and spec["enableDefaultDeny"].get(direction) is not False
    return allowed or not isolated


def entry_matches(entry, side, space, other, port):
    numbers = [int(item["port"]) for rule in entry.get("toPorts") or [] for item in rule["ports"]]
    if numbers and port not in numbers and 0 not in numbers:
        return False
    given_lists = {
        key: entry[key]
        for key in (f"{side}Endpoints", f"{side}Entities", f"{side}CIDR")
        if entry.get(key) is not None
    }
    if not given_lists:
        return bool(numbers)
    ((key, values),) = given_lists.items()
    return any(peer_matches(key.removeprefix(side), value, space, other) for value in values)


def peer_matches(kind, value, space, other):
    inside = not isinstance(other, str)
    match kind:
        case "Endpoints":
            named = NAMESPACE in value.get("matchLabels", {})
            return inside and labels_match(value, other) and (named or space in (None, other[0]))
        case "Entities":
            return value == "all" or (value == "cluster" and inside) or (value == "world" and not inside)
        case "CIDR":
            return not inside and ip_address(other) in ip_network(value)


def labels_match(selector, end):
    labels = PODS[end] | {NAMESPACE: end[0]}
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def manifest(number, found):
    """One policy; an entry's ports of None are left out, an empty list stays."""
    spec = {
        "endpointSelector": found["endpointSelector"],
        "enableDefaultDeny": {
            key: value for key, value in found["enableDefaultDeny"].items() if value is not None
        },
    }
    for section in ("ingress", "ingressDeny", "egress", "egressDeny"):
        side = "from" if section.startswith("ingress") else "to"
        spec[section] = [entry(side, *item) for item in found[section]]
    cluster_wide = not found["namespace"]
    kind = "CiliumClusterwideNetworkPolicy" if cluster_wide else "CiliumNetworkPolicy"
    metadata = {"name": f"p{number}"} | ({} if cluster_wide else {"namespace": found["namespace"]})
    return {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata, "spec": spec}


def entry(side, peer, numbers):
    value = {f"{side}{key}": items for key, items in peer.items()}
    if numbers is not None:
        value["toPorts"] = (
            [{"ports": [{"port": number, "protocol": "TCP"} for number in numbers]}] if numbers else []
        )
    return value


def pods():
    for (space, short), labels in PODS.items():
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"namespace": space, "name": short, "labels": labels},
            "spec": {"containers": [{"name": "main"}]},
            "status": {"phase": "Running"},
        }


def name(end):
    return f"external:{end}" if isinstance(end, str) else f"{end[0]}/{end[1]}[Pod]"


def engine_of(items):
    objects = tuple(stored(item) for item in items)
    read = normalize(objects)
    assert read.gaps == ()
    snapshot = Snapshot("test", NOON, SourceInfo(SourceKind.FILES, "test"), objects, (), ())
    return evaluate.reachability(read.inventory, detect(snapshot), ())
