"""Answers that others published, compared with ours; `docs/known-answers.md` says how each source is read."""

import csv
import json
import re
from collections import defaultdict
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from app import collect, evaluate
from app.model.connections import Connections, PortSet, Protocol
from app.model.reachability import Profile
from tests.builders import UNKNOWN_PLATFORM, read

DATA = Path(__file__).resolve().parents[2] / "../shared/data/reachability"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(
        not DATA.is_dir(), reason="public known answers are not here: ../shared/data is absent"
    ),
]

NETPOL_ANALYZER = DATA / "netpol-analyzer"


def cases(source):
    index = DATA / source / "index.json"
    if not index.is_file():
        return []
    found = [case for case in json.loads(index.read_text())["cases"] if case["plain_k8s_np"]]
    return [pytest.param(case, id=case.get("id") or Path(case["input"]).name) for case in found]


@pytest.mark.parametrize("case", cases("netpol-analyzer"))
def test_connection_lists_of_netpol_analyzer(case):
    """It lists IPv4 only, never lets an ipBlock match a pod, and does not read `hostNetwork`."""
    found = read(NETPOL_ANALYZER / case["input"])
    pods = tuple(replace(pod, host_network=False) for pod in found.pods)
    compare_list(case, replace(found, pods=pods))


@pytest.mark.parametrize("case", cases("netpol-analyzer"))
def test_connection_lists_of_netpol_analyzer_among_pods_of_the_pod_network(case):
    """Where `hostNetwork` is read, as the API says, only workloads that use it may differ."""
    compare_list(case, read(NETPOL_ANALYZER / case["input"]))


def compare_list(case, found):
    engine = evaluate.reachability(found, UNKNOWN_PLATFORM, (), profile=Profile.CILIUM)
    published = read_list((NETPOL_ANALYZER / case["expected"]["txt"]).read_text())
    names = published_names(NETPOL_ANALYZER / case["input"])
    called = {item.id: names[item.pod_refs[0]] for item in engine.workloads if not item.host_network}
    addresses = sorted({0} | {edge for pair in published for end in pair for edge in edges(end)})
    for workload, name in called.items():
        for other, its_name in called.items():
            if name != its_name:
                assert engine.between(workload, other) == answer(published, name, its_name), (name, its_name)
        for address in addresses:
            outside = f"external:{ip_address(address)}"
            assert engine.between(outside, workload) == answer(published, address, name), (outside, name)
            assert engine.between(workload, outside) == answer(published, name, address), (name, outside)


def read_list(text):
    """`{(source, destination): connections}` of `a => b : conn` lines; lines about Ingress objects left out."""
    lines = {}
    for line in text.splitlines():
        if "=>" in line and "{ingress-controller}" not in line:
            source, _, rest = line.partition(" => ")
            destination, _, connection = rest.partition(" : ")
            lines[source.strip(), destination.strip()] = read_connection(connection.strip())
    return lines


def read_connection(text):
    """`All Connections`, or `SCTP 1-65535,TCP 1-79,81-65535`: a bare range belongs to the protocol before it."""
    if text == "All Connections":
        return Connections.all()
    ports, protocol = defaultdict(list), None
    for item in text.split(","):
        *name, numbers = item.split()
        protocol = Protocol(name[0]) if name else protocol
        first, _, last = numbers.partition("-")
        ports[protocol].append((int(first), int(last or first)))
    return Connections.of({name: PortSet.of(found) for name, found in ports.items()})


def edges(end):
    """Where an external range begins and what follows it."""
    span = external(end)
    return [at for at in (span[0], span[1] + 1) if at < 1 << 32] if span else []


def external(end):
    found = re.fullmatch(r"(.*)-(.*)\[External\]", end)
    return (int(ip_address(found[1])), int(ip_address(found[2]))) if found else None


def answer(published, source, destination):
    """The published connection between workloads by name, or with one address by value."""

    def holds(end, wanted):
        span = external(end)
        return end == wanted if isinstance(wanted, str) else bool(span and span[0] <= wanted <= span[1])

    found = [
        connection
        for (one, other), connection in published.items()
        if holds(one, source) and holds(other, destination)
    ]
    return found[0] if found else Connections()


def published_names(path):
    """Its name for each object that stands for pods: that of the nearest controller, where a pod has one."""
    names = {}
    for item in collect.ManifestSource([path]).collect().objects:
        space, name, kind = item.ref.namespace, item.ref.name, item.ref.kind
        owners = item.parsed()["metadata"].get("ownerReferences") or () if kind == "Pod" else ()
        for owner in owners:
            if owner.get("controller") and owner.get("kind") != "Node":
                name, kind = owner["name"], owner.get("kind") or "Pod"
        names[item.ref] = f"{space}/{name}[{kind}]"
    return names


@pytest.mark.parametrize("case", cases("cyclonus"))
def test_probes_of_cyclonus(case):
    """Rows from a pod to itself are not truth: data planes differ."""
    compare_probes(DATA / "cyclonus", case)


@pytest.mark.parametrize("case", cases("policy-assistant"))
def test_flows_of_policy_assistant(case):
    compare_probes(DATA / "policy-assistant", case)


def compare_probes(folder, case):
    engine = evaluate.reachability(read(folder / case["input"]), UNKNOWN_PLATFORM, ())
    workload_of = {
        f"{ref.namespace}/{ref.name}": item.id for item in engine.workloads for ref in item.pod_refs
    }
    compared = 0
    with (folder / case["expected"]).open() as file:
        for row in csv.DictReader(file):
            if row["from"] == row["to"]:
                continue
            allowed = engine.between(workload_of[row["from"]], workload_of[row["to"]])
            said = allowed.allows(Protocol(row["protocol"]), int(row["port"]))
            assert said is (row["combined"] == "allowed"), row
            compared += 1
    assert compared
