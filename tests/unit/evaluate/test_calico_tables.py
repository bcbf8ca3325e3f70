"""Calico's policies as matrices, from manifests to answers: rows send, columns receive, X is allowed."""

import json
from pathlib import Path

import pytest
import yaml

from app import evaluate
from app.collect import ManifestSource, normalize
from app.model.connections import Protocol
from app.model.reachability import Profile
from tests.builders import UNKNOWN_PLATFORM
from tests.unit.evaluate.test_truth_tables import cells, pod

TABLES = Path(__file__).resolve().parents[2] / "tables/calico/scenarios"
CASES = [
    pytest.param(case, id=case["name"])
    for file in sorted(TABLES.glob("*.yaml"))
    for case in yaml.safe_load(file.read_text())
]


def engine(items, folder, **how):
    file = folder / "cluster.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}))
    read = normalize(ManifestSource([file]).collect().objects)
    assert read.gaps == ()
    return evaluate.reachability(read.inventory, UNKNOWN_PLATFORM, read.gaps, profile=Profile.CALICO, **how)


@pytest.mark.parametrize("case", CASES)
def test_the_matrix_holds(case, tmp_path):
    assert case["cites"]
    answers = engine(objects(case), tmp_path)
    ids = {f"{ref.namespace}/{ref.name}": item.id for item in answers.workloads for ref in item.pod_refs}
    tables = [key for key in case if key.startswith("allowed on ")]
    for key in tables:
        number, protocol = key.removeprefix("allowed on ").split("/")
        for source, destination, mark in cells(case[key]):
            pair = [ids.get(end, f"external:{end}") for end in (source, destination)]
            allowed = answers.between(*pair).allows(Protocol(protocol), int(number))
            assert allowed is (mark == "X"), f"{key}: {source} to {destination}"
            decision = answers.decide(*pair, Protocol(protocol), int(number))
            assert (decision.allowed, decision.certain) == (allowed, True), (
                f"{key}: {source} to {destination}"
            )
    assert tables


def objects(case):
    for name, labels in case.get("namespaces", {}).items():
        yield kubernetes("v1", "Namespace", name, labels=labels)
    for name, address in case.get("nodes", {}).items():
        status = {"addresses": [{"type": "InternalIP", "address": address}]}
        yield kubernetes("v1", "Node", name) | {"status": status}
    for name, said in case["cluster"].items():
        account = said.get("serviceAccount", "")
        value = pod(name, {key: text for key, text in said.items() if key != "serviceAccount"})
        value["spec"] |= {"serviceAccountName": account} if account else {}
        yield value
    for name, port in case.get("services", {}).items():
        spec = {"selector": {"pod": name.split("/")[1]}, "ports": [port]}
        yield kubernetes("v1", "Service", name) | {"spec": spec}
    for title, said in case["objects"].items():
        kind, name = title.split()
        labels = said.get("labels", {})
        spec = {key: value for key, value in said.items() if key != "labels"}
        match kind:
            case "K8s":
                yield kubernetes("networking.k8s.io/v1", "NetworkPolicy", name) | {"spec": spec}
            case "ServiceAccount":
                yield kubernetes("v1", kind, name, labels=labels)
            case _:
                yield kubernetes("projectcalico.org/v3", kind, name, labels=labels) | {"spec": spec}


def kubernetes(version, kind, name, labels=None):
    space, _, short = name.rpartition("/")
    metadata = {"name": short, "labels": labels or {}} | ({"namespace": space} if space else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata}
