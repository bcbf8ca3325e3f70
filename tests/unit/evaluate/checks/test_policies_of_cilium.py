"""Checks of policies, where the policies are Cilium's: denies, conditions, nodes, several policies in one object."""

import json
from datetime import UTC, datetime

import pytest

from app import judging, pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.context import RunContext
from app.settings import load_settings
from tests.unit.evaluate.test_cilium import objects

AT = datetime(2026, 11, 22, 1, 15, tzinfo=UTC)
EVERYONE = {"endpointSelector": {}}
LABELS = "io.cilium.k8s.namespace.labels"

# check, policies, what is said of each object
CASES = {
    "a rule that allows anyone": (
        "policy-allow-all-ingress",
        {"CNP x/p": EVERYONE | {"ingress": [{"fromEntities": ["all"]}]}},
        {"CiliumNetworkPolicy x/p": "fail"},
    ),
    "a rule that denies anyone opens nothing": (
        "policy-allow-all-ingress",
        {"CNP x/p": EVERYONE | {"ingressDeny": [{"fromEntities": ["all"]}]}},
        {"CiliumNetworkPolicy x/p": "pass"},
    ),
    "an entry that names no one opens nothing": (
        "policy-allow-all-ingress",
        {"CNP x/p": EVERYONE | {"ingress": [{}]}},
        {"CiliumNetworkPolicy x/p": "pass"},
    ),
    "the world": (
        "policy-allow-all-egress",
        {"CNP x/p": EVERYONE | {"egress": [{"toEntities": ["world"]}]}},
        {"CiliumNetworkPolicy x/p": "fail"},
    ),
    "DNS names are not anywhere": (
        "policy-allow-all-egress",
        {"CNP x/p": EVERYONE | {"egress": [{"toFQDNs": [{"matchPattern": "*.example"}]}]}},
        {"CiliumNetworkPolicy x/p": "pass"},
    ),
    "nodes are not anywhere": (
        "policy-allow-all-egress",
        {"CNP x/p": EVERYONE | {"egress": [{"toEntities": ["host", "remote-node"]}]}},
        {"CiliumNetworkPolicy x/p": "pass"},
    ),
    "every pod of every namespace": (
        "policy-allow-all-ingress",
        {"CCNP p": EVERYONE | {"ingress": [{"fromEndpoints": [{}]}]}},
        {"CiliumClusterwideNetworkPolicy p": "fail"},
    ),
    "of several policies in one object the worst counts": (
        "policy-allow-all-ingress",
        {
            "CNP x/p": {
                "specs": [EVERYONE | {"ingress": [{}]}, EVERYONE | {"ingress": [{"fromEntities": ["all"]}]}]
            }
        },
        {"CiliumNetworkPolicy x/p": "fail"},
    ),
    "a cluster-wide default deny covers every namespace": (
        "namespace-without-default-deny-ingress",
        {"CCNP p": EVERYONE | {"ingress": [{}]}},
        {"x": "pass", "y": "pass", "kube-system": "pass"},
    ),
    "one by namespace covers those that it names": (
        "namespace-without-default-deny-ingress",
        {
            "CCNP p": {
                "endpointSelector": {
                    "matchExpressions": [
                        {
                            "key": "k8s:io.kubernetes.pod.namespace",
                            "operator": "NotIn",
                            "values": ["y", "kube-system"],
                        }
                    ]
                },
                "ingress": [{}],
            }
        },
        {"x": "pass", "y": "fail"},
    ),
    "one by label of the namespace": (
        "namespace-without-default-deny-ingress",
        {"CCNP p": {"endpointSelector": {"matchLabels": {f"k8s:{LABELS}.zone": "cde"}}, "ingress": [{}]}},
        {"x": "pass", "y": "fail"},
    ),
    "a deny that leaves default deny off is no baseline": (
        "namespace-without-default-deny-ingress",
        {
            "CCNP p": EVERYONE
            | {"enableDefaultDeny": {"ingress": False}, "ingressDeny": [{"fromCIDR": ["192.0.2.0/24"]}]}
        },
        {"x": "fail", "y": "fail"},
    ),
    "a deny of everything is a baseline": (
        "namespace-without-default-deny-ingress",
        {"CNP x/p": EVERYONE | {"ingressDeny": [{"fromEntities": ["all"]}]}},
        {"x": "pass", "y": "fail"},
    ),
    "egress on a condition cannot be judged": (
        "egress-to-internet-unrestricted",
        {"CCNP p": EVERYONE | {"egress": [{"toFQDNs": [{"matchName": "a.example"}]}]}},
        {"x/a[Pod]": "insufficient-evidence"},
    ),
    "egress to the world can": (
        "egress-to-internet-unrestricted",
        {"CCNP p": EVERYONE | {"egress": [{"toEntities": ["world"]}]}},
        {"x/a[Pod]": "fail"},
    ),
    "workloads under the same policies but for a deny are told apart": (
        "egress-to-internet-unrestricted",
        {
            "CCNP p": EVERYONE | {"egress": [{"toEntities": ["world"]}]},
            "CNP x/deny": {
                "endpointSelector": {"matchLabels": {"pod": "a"}},
                "enableDefaultDeny": {"egress": False, "ingress": False},
                "egressDeny": [{"toEntities": ["world"]}],
            },
        },
        {"x/a[Pod]": "pass", "y/b[Pod]": "fail"},
    ),
    "a policy for nodes is no policy that selects nothing": (
        "policy-selects-nothing",
        {"CCNP p": {"nodeSelector": {}, "ingress": [{}]}},
        {"CiliumClusterwideNetworkPolicy p": "pass"},
    ),
    "an entry that denies is not broad, and one that names no one is not either": (
        "policy-overly-broad",
        {"CNP x/p": EVERYONE | {"ingressDeny": [{"fromEntities": ["all"]}], "egress": [{}]}},
        {"CiliumNetworkPolicy x/p": "pass"},
    ),
}


@pytest.mark.parametrize(("check", "policies", "expected"), CASES.values(), ids=CASES)
def test_policies_of_cilium_are_judged_by_what_they_do(check, policies, expected, tmp_path):
    case = {
        "namespaces": {"x": {"zone": "cde"}, "y": {}},
        "cluster": {"x/a": {}, "y/b": {}},
        "policies": policies,
    }
    items = list(objects(case))
    (tmp_path / "cluster.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    snapshot, inventory = pipeline.take_snapshot("c", AT, ManifestSource([tmp_path]))
    given = (*documents(load_settings()), RunContext().document())
    judgement = judging.judge(snapshot, given, inventory=inventory)
    (run,) = [item for item in judgement.runs if item.meta.id == check]
    found = {item.subject.id: item.outcome.value for item in run.results}
    assert {subject: found.get(subject) for subject in expected} == expected
    assert len(found) == len(run.results)
