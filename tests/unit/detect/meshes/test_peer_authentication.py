"""PeerAuthentication behind a sidecar: every combination of levels, against the rule as Istio's API reference tells it."""

from itertools import product

import pytest

from app.detect.evidence import Evidence
from app.detect.meshes.istio.peer_authentication import PeerAuthentications, listener
from tests.unit.detect.build import folder

ROOT = "istio-system"
MODES = (None, "UNSET", "DISABLE", "PERMISSIVE", "STRICT")


def peer(name, namespace, mode=None, ports=None, app=None, age=0):
    spec = {"mtls": {"mode": mode}} if mode else {}
    if ports:
        spec["portLevelMtls"] = {str(port): {"mode": said} for port, said in ports.items()}
    if app is not None:
        spec["selector"] = {"matchLabels": {"app": app} if app else {}}
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": f"2026-01-{28 - age:02}T00:00:00Z"}
    kind = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication"}
    return {**kind, "metadata": metadata, "spec": spec}


def modes(*objects, namespace="shop", root=ROOT):
    """Modes of ports 9090 and 8080 of a pod with label `app: cart`."""
    found = PeerAuthentications(Evidence.of(folder(*objects)))
    answer = listener(found.levels(root, namespace, {"app": "cart"}))
    return answer.at(9090).mode.value, answer.at(8080).mode.value


def narrowest(*levels):
    """The narrowest level that says anything; permissive where none does."""
    said = [mode for mode in levels if mode not in (None, "UNSET")]
    return said[-1] if said else "PERMISSIVE"


@pytest.mark.parametrize("mesh", MODES)
def test_the_narrowest_level_that_says_anything_holds(mesh):
    for namespace, workload, port in product(MODES, repeat=3):
        objects = [
            peer("mesh", ROOT, mesh),
            peer("space", "shop", namespace),
            peer("cart", "shop", workload, {9090: port or "UNSET"}, "cart"),
        ]
        expected = narrowest(mesh, namespace, workload, port), narrowest(mesh, namespace, workload)
        assert modes(*objects) == expected, (mesh, namespace, workload, port)


STRICT, OPEN, OFF = "STRICT", "PERMISSIVE", "DISABLE"

# what is asked → objects, then the modes of 9090 and 8080
CASES = {
    "of several for the mesh the oldest": (
        [peer("b", ROOT, STRICT, age=2), peer("a", ROOT, OFF, age=1)], (STRICT, STRICT)),
    "of several for the namespace the oldest": (
        [peer("b", "shop", OPEN, age=1), peer("a", "shop", STRICT, age=2)], (STRICT, STRICT)),
    "of several for the pod the oldest, with its ports": (
        [peer("new", "shop", OFF, {9090: STRICT}, "cart", age=1), peer("old", "shop", STRICT, {9090: OFF}, "cart", age=2)],
        (OFF, STRICT)),
    "of equal age the first by name": (
        [peer("b", "shop", OFF, app="cart"), peer("a", "shop", STRICT, app="cart")], (STRICT, STRICT)),
    "the oldest holds though it says nothing": (
        [peer("old", "shop", app="cart", age=2), peer("new", "shop", STRICT, app="cart", age=1)], (OPEN, OPEN)),
    "another pod's policy": ([peer("web", "shop", STRICT, {9090: STRICT}, "web")], (OPEN, OPEN)),
    "an empty selector is none, and its ports count for nothing": (
        [peer("all", "shop", STRICT, {9090: OFF}, "")], (STRICT, STRICT)),
    "ports without a selector, in the namespace": ([peer("all", "shop", STRICT, {9090: OFF})], (STRICT, STRICT)),
    "ports without a selector, for the mesh": ([peer("all", ROOT, OPEN, {9090: STRICT})], (OPEN, OPEN)),
    "a selector in the root namespace holds for nobody": ([peer("cart", ROOT, STRICT, {9090: STRICT}, "cart")], (OPEN, OPEN)),
    "a port that is off below a strict mesh": (
        [peer("mesh", ROOT, STRICT), peer("cart", "shop", None, {9090: OFF}, "cart")], (OFF, STRICT)),
    "a port that is unset below a strict pod": ([peer("cart", "shop", STRICT, {9090: "UNSET"}, "cart")], (STRICT, STRICT)),
    "an unset namespace below a strict mesh": ([peer("mesh", ROOT, STRICT), peer("s", "shop", "UNSET")], (STRICT, STRICT)),
    "several ports": (
        [peer("cart", "shop", OFF, {9090: STRICT, 8080: OPEN}, "cart")], (STRICT, OPEN)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_which_object_holds(case):
    objects, expected = case

    assert modes(*objects) == expected


def test_the_root_namespace_has_the_mesh_level_and_nothing_else():
    objects = [peer("mesh", ROOT, STRICT, age=2), peer("cart", ROOT, OFF, {9090: OFF}, "cart", age=1)]

    assert modes(*objects, namespace=ROOT) == (STRICT, STRICT)


def test_another_root_namespace():
    assert modes(peer("mesh", "mesh-root", STRICT), root="mesh-root") == (STRICT, STRICT)
    assert modes(peer("mesh", ROOT, STRICT), root="mesh-root") == (OPEN, OPEN)
