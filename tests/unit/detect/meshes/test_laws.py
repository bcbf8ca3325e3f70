"""What holds for every mesh in every case of the tables, whatever the case is about."""

import random
from functools import cache
from itertools import product

import pytest

from app.collect import normalize
from app.detect import detect, protection
from app.model.encryption import Known
from app.model.snapshot import Snapshot
from tests.meshes import cluster_of
from tests.unit.detect.meshes.test_tables import CASES


def answers(mesh, client, server, port):
    return mesh.sends(client, server, port), mesh.accepts(server, port), mesh.authorises(client, server, port)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_ports_that_are_not_named_are_all_alike(case):
    cluster = cluster_of(case)
    refs = [pod.ref for pod in cluster.inventory.pods]
    for mesh in cluster.protection.meshes:
        for client, server in product({mesh.key(ref) for ref in refs}, repeat=2):
            named = set(mesh.ports(client, server))
            others = {1, 65535, *(port + step for port in named for step in (-1, 1))} - named
            others = sorted(port for port in others if 1 <= port <= 65535)
            first = answers(mesh, client, server, others[0])
            for port in others[1:]:
                assert answers(mesh, client, server, port) == first, port


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_order_of_objects_does_not_matter(case):
    cluster = cluster_of(case)
    shuffled = list(cluster.snapshot.objects)
    random.Random(7).shuffle(shuffled)
    inventory = normalize(shuffled).inventory
    same = Snapshot(
        cluster.snapshot.cluster, cluster.snapshot.taken_at, cluster.snapshot.source,
        tuple(sorted(shuffled, key=lambda item: item.ref)), cluster.snapshot.kinds, cluster.snapshot.gaps,
    )  # fmt: skip
    again = protection(same, inventory, detect(same))

    for one, other in zip(cluster.protection.meshes, again.meshes, strict=True):
        for pod in cluster.inventory.pods:
            assert one.member(pod.ref) == other.member(pod.ref)
            assert one.accepts(one.key(pod.ref), 8080) == other.accepts(other.key(pod.ref), 8080)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_pod_outside_is_guarded_by_nothing(case):
    cluster = cluster_of(case)
    for mesh in cluster.protection.meshes:
        for pod in cluster.inventory.pods:
            member = mesh.member(pod.ref)
            if member is None or member.enrolled is Known.NO:
                assert mesh.accepts(mesh.key(pod.ref), 8080) is None
                assert mesh.guard(mesh.key(pod.ref)) is None


KINDS = {
    "istio": ["PeerAuthentication.security.istio.io", "AuthorizationPolicy.security.istio.io", "DestinationRule.networking.istio.io", "Sidecar.networking.istio.io", "ServiceEntry.networking.istio.io", "VirtualService.networking.istio.io", "WorkloadEntry.networking.istio.io", "Service", "ConfigMap"],
    "linkerd": ["Server.policy.linkerd.io", "ServerAuthorization.policy.linkerd.io", "AuthorizationPolicy.policy.linkerd.io"],
    "consul": ["Mesh.consul.hashicorp.com", "ServiceDefaults.consul.hashicorp.com", "ServiceIntentions.consul.hashicorp.com", "Service"],
    "kuma": ["Mesh.kuma.io", "MeshTLS.kuma.io", "MeshIdentity.kuma.io", "MeshTrafficPermission.kuma.io", "Service"],
}  # fmt: skip
REFUSED = [
    pytest.param(name, kind, id=f"{name}, without {kind.partition('.')[0]}")
    for name, case in CASES.items()
    for kind in KINDS.get(name.partition(":")[0].partition("-")[0], ())
    if not case.get("gaps") and case.get("source") != "files"
]


@cache
def known(name):
    """Answers of a case as it is written, where an answer can become unknown."""
    cluster = cluster_of(CASES[name])
    asked = (
        question for question in CASES[name]["says"] if ":" in question and not question.startswith("why ")
    )
    return {question: cluster.answer(question) for question in asked}


@pytest.mark.parametrize(("name", "kind"), REFUSED)
def test_what_was_refused_never_strengthens_an_answer(name, kind):
    """Each answer stays what it was or becomes unknown."""
    blind = cluster_of({**CASES[name], "gaps": [f"{kind} forbidden"]})
    for question, before in known(name).items():
        after = blind.answer(question)
        assert after == before or after.startswith("unknown"), question
