"""Clusters with Cilium, from manifests through collection, detection and the engine to verdicts."""

import json
from pathlib import Path

import pytest
import yaml

from app import collect, evaluate
from app.detect import detect
from app.model.connections import Protocol
from app.model.decision import Reason
from app.model.identity import GroupKind
from app.model.inventory import Inventory
from app.model.snapshot import CollectionGap, GapReason, Snapshot
from tests.unit.collect.objects import NOON, Noon
from tests.unit.evaluate.test_truth_tables import cells, pod

TABLE = Path(__file__).resolve().parents[2] / "tables/cilium/scenarios.yaml"
CASES = [pytest.param(case, id=case["name"]) for case in yaml.safe_load(TABLE.read_text())]
WORLD = "203.0.113.9"
KINDS = {
    "CNP": ("cilium.io/v2", "CiliumNetworkPolicy"),
    "CCNP": ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"),
    "NP": ("networking.k8s.io/v1", "NetworkPolicy"),
    "KCNP": ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_matrix_holds(case, tmp_path):
    assert case["cites"]
    engine = engine_of(tmp_path, list(objects(case)))
    tables = [key for key in case if key.startswith("on ")]
    for key in tables:
        number, protocol = key.removeprefix("on ").split("/")
        for source, destination, mark in cells(case[key]):
            found = mark_of(engine, source, destination, Protocol(protocol), int(number))
            assert found == mark, f"{key}: {source} to {destination}"
    assert tables


@pytest.mark.parametrize("case", CASES)
def test_a_listing_holds_what_may_be_allowed(case, tmp_path):
    """Rows and single decisions agree; a row also holds what is allowed on a condition."""
    engine = engine_of(tmp_path, list(objects(case)))
    for key in (key for key in case if key.startswith("on ")):
        number, protocol = key.removeprefix("on ").split("/")
        for source, destination, mark in cells(case[key]):
            if mark == "?":
                continue
            allowed = engine.between(end(engine, source), end(engine, destination))
            assert allowed.allows(Protocol(protocol), int(number)) is (mark in "XC"), (
                f"{source} {destination}"
            )


def test_the_setting_that_denies_everything_is_the_witness(tmp_path):
    case = {"settings": {"enable-policy": "always"}, "cluster": {"x/a": {}, "x/b": {}}, "policies": {}}
    engine = engine_of(tmp_path, list(objects(case)))
    decision = engine.decide("x/a[Pod]", "x/b[Pod]", Protocol.TCP, 80)
    assert [str(ref) for ref in decision.ingress.selecting] == ["ConfigMap kube-system/cilium-config"]
    assert decision.ingress.reason is Reason.NO_RULE_MATCHES


def test_a_refused_policy_is_said_to_be_refused(tmp_path):
    case = {
        "cluster": {"x/a": {}, "x/b": {}},
        "policies": {"CNP x/in": {"endpointSelector": {}, "ingress": [{}]}},
    }
    engine = engine_of(tmp_path, list(objects(case | {"refused": ["CNP x/in"]})))
    decision = engine.decide("x/a[Pod]", "x/b[Pod]", Protocol.TCP, 80)
    assert decision.allowed
    assert decision.ingress.idle == (
        "CiliumNetworkPolicy x/in is not enforced: Cilium refused it (no such thing)",
    )


def test_two_parts_of_one_object_are_one_witness(tmp_path):
    spec = {"endpointSelector": {}, "ingress": [{}]}
    case = {"cluster": {"x/a": {}, "x/b": {}}, "policies": {"CNP x/two": {"specs": [spec, spec]}}}
    engine = engine_of(tmp_path, list(objects(case)))
    half = engine.decide("x/a[Pod]", "x/b[Pod]", Protocol.TCP, 80).ingress
    assert [ref.name for ref in half.selecting] == ["two"]
    assert [miss.rule.path for miss in half.misses] == ["specs[0].ingress[0]", "specs[1].ingress[0]"]


UNEVALUATED = [
    ("networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy", "x"),
    ("networking.k8s.aws/v1alpha1", "ClusterNetworkPolicy", ""),
    ("k8s.ovn.org/v1", "UserDefinedNetwork", "x"),
]


@pytest.mark.parametrize(("version", "kind", "namespace"), UNEVALUATED)
def test_a_policy_kind_that_is_not_evaluated_leaves_what_it_could_touch_untold(
    version, kind, namespace, tmp_path
):
    case = {"cluster": {"x/a": {}, "y/b": {}, "z/c": {}}, "policies": {}}
    metadata = {"name": "p"} | ({"namespace": namespace} if namespace else {})
    other = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {}}
    engine = engine_of(tmp_path, [*objects(case), other])
    touched = engine.decide("y/b[Pod]", "x/a[Pod]", Protocol.TCP, 80)
    assert touched.ingress.reason is Reason.CANNOT_TELL
    assert kind in touched.ingress.note
    assert not touched.allowed
    elsewhere = engine.decide("y/b[Pod]", "z/c[Pod]", Protocol.TCP, 80)
    assert elsewhere.allowed is bool(namespace)


# What may be denied beside the policies: of egress alone, or of what leaves the pod network alone.
LEAVING = ("world", "x/h")
BESIDE = {
    "EgressFirewall": ("k8s.ovn.org/v1", LEAVING),
    "EgressNetworkPolicy": ("network.openshift.io/v1", LEAVING),
    "FQDNNetworkPolicy": ("networking.gke.io/v1alpha1", (*LEAVING, "y/b")),
    "MultiNetworkPolicy": ("k8s.cni.cncf.io/v1beta1", ()),
}


@pytest.mark.parametrize("kind", BESIDE)
def test_a_kind_that_takes_away_from_egress_alone_leaves_the_rest_told(kind, tmp_path):
    version, untold = BESIDE[kind]
    closed = {"podSelector": {"matchLabels": {"pod": "c"}}, "policyTypes": ["Egress"]}
    cluster = {"x/a": {}, "x/c": {}, "x/h": {"hostNetwork": True}, "y/b": {}}
    case = {"cluster": cluster, "policies": {"NP x/out": closed}}
    other = {"apiVersion": version, "kind": kind, "metadata": {"name": "p", "namespace": "x"}, "spec": {}}
    engine = engine_of(tmp_path, [*objects(case), other])
    noted = {row.destination for row in engine.connections() if row.source == "x/a[Pod]" and row.notes}

    def reason(source, to):
        return engine.decide(end(engine, source), end(engine, to), Protocol.TCP, 80).egress.reason

    for to in (*LEAVING, "y/b"):
        assert (reason("x/a", to) is Reason.CANNOT_TELL) is (to in untold), to
        shown = (
            any(item.startswith("external") for item in noted) if to == "world" else end(engine, to) in noted
        )
        assert shown is (to in untold), to
        assert reason("x/c", to) is Reason.NO_RULE_MATCHES  # what is denied stays denied
    assert reason("y/b", "world") is Reason.NOT_SELECTED
    assert engine.decide("y/b[Pod]", "x/a[Pod]", Protocol.TCP, 80).ingress.reason is Reason.NOT_SELECTED


@pytest.mark.parametrize("kind", ["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"])
def test_policies_that_were_not_listed_may_deny_anything(kind, tmp_path):
    gap = CollectionGap(GroupKind("cilium.io", kind), GapReason.FORBIDDEN, f"listing {kind} was refused")
    case = {
        "cluster": {"x/a": {}, "x/b": {}},
        "policies": {"NP x/in": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}},
    }
    engine = engine_of(tmp_path, list(objects(case)), gaps=(gap,))
    decision = engine.decide("x/a[Pod]", "x/b[Pod]", Protocol.TCP, 80)
    assert decision.ingress.reason is Reason.CANNOT_TELL
    assert "refused" in decision.ingress.note


def test_a_policy_that_cannot_be_read_may_deny_anything_in_its_namespace(tmp_path):
    case = {"cluster": {"x/a": {}, "x/b": {}, "y/c": {}}, "policies": {"CNP x/in": {"ingress": "none"}}}
    engine = engine_of(tmp_path, list(objects(case)))
    assert engine.decide("x/a[Pod]", "x/b[Pod]", Protocol.TCP, 80).ingress.reason is Reason.CANNOT_TELL
    assert engine.decide("x/a[Pod]", "y/c[Pod]", Protocol.TCP, 80).ingress.reason is Reason.NOT_SELECTED


def mark_of(engine, source, destination, protocol, port):
    decision = engine.decide(end(engine, source), end(engine, destination), protocol, port)
    halves = (decision.egress, decision.ingress)
    if any(half.reason is Reason.CANNOT_TELL for half in halves):
        return "?"
    if not decision.allowed:
        return "."
    return "C" if any(half.conditions for half in halves) else "X"


def end(engine, name):
    name = WORLD if name == "world" else name
    ids = {f"{ref.namespace}/{ref.name}": item.id for item in engine.workloads for ref in item.pod_refs}
    return ids[name] if "/" in name else f"external:{name}"


def engine_of(folder, items, gaps=()):
    """The effective view of some objects, as a run works it out."""
    (folder / "cluster.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    found = collect.ManifestSource([folder], clock=Noon()).collect()
    read = collect.normalize(found.objects)
    inventory: Inventory = read.inventory
    gaps = (*found.gaps, *read.gaps, *gaps)
    snapshot = Snapshot("test", NOON, found.source, found.objects, found.kinds, gaps)
    return evaluate.reachability(inventory, detect(snapshot), gaps)


def objects(case):
    yield from cilium(case.get("settings", {}), case.get("version", "1.18.6"))
    for name, labels in case.get("namespaces", {}).items():
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    for name, address in case.get("nodes", {}).items():
        status = {"addresses": [{"type": "InternalIP", "address": address}]}
        yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}
    for name, cidrs in case.get("groups", {}).items():
        spec = {"externalCIDRs": cidrs}
        yield {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumCIDRGroup",
            "metadata": {"name": name},
            "spec": spec,
        }
    for name in case.get("services", ()):
        space, short = name.split("/")
        metadata, spec = {"namespace": space, "name": short}, {"selector": {"pod": short}}
        yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    for name, said in case["cluster"].items():
        fields = dict(said)
        account = fields.pop("account", "")
        item = pod(name, fields)
        item["spec"]["serviceAccountName"] = account
        yield item
    for name, spec in case["policies"].items():
        yield policy(name, spec, refused=name in case.get("refused", ()))


def policy(name, spec, *, refused):
    """`CNP shop/p`, `CCNP p`, `NP shop/p`; with `specs` the value is the body, else its spec."""
    kind, place = name.split(" ")
    version, full = KINDS[kind]
    space, _, short = place.rpartition("/")
    metadata = {"name": short} | ({"namespace": space} if space else {})
    body = spec if "specs" in spec else {"spec": spec}
    status = {"conditions": [{"type": "Valid", "status": "False", "message": "no such thing"}]}
    return {"apiVersion": version, "kind": full, "metadata": metadata, **body} | (
        {"status": status} if refused else {}
    )


def cilium(settings, version="1.18.6"):
    """The agent's DaemonSet and its ConfigMap."""
    metadata = {"name": "cilium", "namespace": "kube-system", "labels": {"k8s-app": "cilium"}}
    labels = {"k8s-app": "cilium"}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "hostNetwork": True,
                "containers": [{"name": "cilium-agent", "image": f"quay.io/cilium/cilium:v{version}"}],
            },
        },
    }
    yield {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": spec}
    data = {"enable-policy": "default", **settings}
    named = {"name": "cilium-config", "namespace": "kube-system"}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": data}
