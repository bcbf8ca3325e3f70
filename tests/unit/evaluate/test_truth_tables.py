"""Each rule of the policy APIs as a matrix: rows send, columns receive, X is allowed."""

import json
from pathlib import Path

import pytest
import yaml

from app import evaluate
from app.model.connections import Protocol
from app.model.reachability import Profile
from tests.builders import UNKNOWN_PLATFORM, read

TABLES = Path(__file__).resolve().parents[2] / "tables/reachability"
CASES = [
    pytest.param(case, id=f"{case['rule']} {case['name']}")
    for file in sorted(TABLES.glob("*.yaml"))
    for case in yaml.safe_load(file.read_text())
]


@pytest.mark.parametrize("case", CASES)
def test_the_matrix_holds(case, tmp_path):
    assert case["cites"]
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects(case))}))
    profile = Profile(case.get("profile", "spec"))
    engine = evaluate.reachability(read(file), UNKNOWN_PLATFORM, (), profile=profile)
    ids = {f"{ref.namespace}/{ref.name}": item.id for item in engine.workloads for ref in item.pod_refs}
    assert not set(case.get("absent", ())) & set(ids)
    tables = [key for key in case if key.startswith("allowed on ")]
    for key in tables:
        number, protocol = key.removeprefix("allowed on ").split("/")
        for source, destination, mark in cells(case[key]):
            one, other = (ids.get(end, f"external:{end}") for end in (source, destination))
            allowed = engine.between(one, other).allows(Protocol(protocol), int(number))
            assert allowed is (mark == "X"), f"{key}: {source} to {destination}"
            assert (
                engine.decide(one, other, Protocol(protocol), int(number)).allowed is allowed or mark == "-"
            )
    assert tables


def test_every_rule_that_plain_policies_can_show_has_a_case():
    elsewhere = {
        3,
        18,
        24,
    }  # invalid peers, traffic to oneself, lists and duplicates: not questions of a matrix
    assert {case.values[0]["rule"] for case in CASES} >= set(range(1, 26)) - elsewhere


def cells(table):
    (_, *head), *rows = (line.split() for line in table.splitlines() if line.strip())
    for source, *marks in rows:
        for destination, mark in zip(head, marks, strict=True):
            if mark != "-":
                yield source, destination, mark


def objects(case):
    for name, labels in case.get("namespaces", {}).items():
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    for name, address in case.get("nodes", {}).items():
        status = {"addresses": [{"type": "InternalIP", "address": address}]}
        yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}
    for name, said in case["cluster"].items():
        yield pod(name, dict(said))
    for name, port in case.get("services", {}).items():
        space, short = name.split("/")
        spec = {"selector": {"pod": short}, "ports": [port]}
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"namespace": space, "name": short},
            "spec": spec,
        }
    yield from case.get("objects", ())
    for name, spec in case.get("policies", {}).items():
        space, short = name.split("/")
        metadata = {"namespace": space, "name": short}
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata,
            "spec": spec,
        }


def pod(name, said):
    """A pod of a table; what is neither a field named here nor a port is a label."""
    space, short = name.split("/")
    ports, init_ports = said.pop("ports", {}), said.pop("init ports", {})
    addresses = [ip for ip in said.pop("ip", "").split(",") if ip]
    owner, phase = said.pop("owner", ""), said.pop("phase", "Running")
    metadata = {"namespace": space, "name": short}
    if owner:
        kind, owner_name = owner.split("/")
        metadata["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": kind, "name": owner_name, "uid": "u", "controller": True}
        ]
    spec = {
        "serviceAccountName": said.pop("account", "default"),
        "containers": [{"name": "main", "image": "i", "ports": container_ports(ports)}],
        "initContainers": [{"name": "first", "image": "i", "ports": container_ports(init_ports)}],
        "hostNetwork": said.pop("hostNetwork", False),
        "nodeName": said.pop("node", ""),
    }
    status = {"phase": phase, "podIPs": [{"ip": ip} for ip in addresses]}
    metadata["labels"] = {"pod": short, **said}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def container_ports(ports):
    return [
        {"name": name, "containerPort": int(text.split("/")[0]), "protocol": text.split("/")[1]}
        for name, text in ports.items()
    ]
