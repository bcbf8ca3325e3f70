"""Answers that others published about AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.

`docs/known-answers.md` says how each source is read, and where ours differ and why.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app import evaluate
from app.model.connections import Protocol
from tests.acceptance.test_known_answers import (
    DATA,
    NETPOL_ANALYZER,
    compare_list,
    compare_probes,
    pytestmark,  # noqa: F401  said once, for every comparison with published answers
)
from tests.builders import UNKNOWN_PLATFORM, read


def cases(source):
    index = DATA / source / "index.json"
    if not index.is_file():
        return []
    found = [case for case in json.loads(index.read_text())["cases"] if not case.get("plain_k8s_np")]
    return [pytest.param(case, id=case.get("id") or Path(case["input"]).name) for case in found]


@pytest.mark.parametrize("case", cases("cnp-conformance"))
def test_probes_of_the_upstream_conformance_suite(case):
    engine = evaluate.reachability(read(DATA / "cnp-conformance" / case["input"]), UNKNOWN_PLATFORM, ())
    workload_of = {
        f"{ref.namespace}/{ref.name}": item.id for item in engine.workloads for ref in item.pod_refs
    }
    assert case["probes"]
    for probe in case["probes"]:
        decision = engine.decide(
            workload_of[probe["src"]],
            workload_of[probe["dst"]],
            Protocol(probe["protocol"]),
            probe["port"],
        )
        assert decision.allowed is probe["allowed"], probe


@pytest.mark.parametrize("case", cases("policy-assistant"))
def test_flows_of_policy_assistant(case):
    compare_probes(DATA / "policy-assistant", case)


@pytest.mark.parametrize(
    "case", [case for case in cases("netpol-analyzer") if case.values[0]["family"] != "no-policy"]
)
def test_connection_lists_of_netpol_analyzer(case):
    found = read(NETPOL_ANALYZER / case["input"])
    pods = tuple(replace(pod, host_network=False) for pod in found.pods)
    compare_list(case, replace(found, pods=pods))
