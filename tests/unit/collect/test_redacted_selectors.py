"""A label is an identity: whatever is masked of it, who selects it stays the same, in every kind of policy."""

import pytest
import yaml

from app import evaluate
from app.model.connections import Protocol
from app.model.reachability import Profile
from tests.builders import UNKNOWN_PLATFORM
from tests.unit.collect.objects import normalized, stored

TOKEN, OTHER = "AKIA" + "ABCDEFGH" * 2, "AKIA" + "HGFEDCBA" * 2
URL = "postgres://app:s3cr3t@db/x"  # in an annotation, it makes the whole object suspicious

PODS = """
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {containers: []},
 status: {phase: Running, podIPs: [{ip: 10.0.0.1}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: right, namespace: shop, labels: {KEY: "RIGHT"}, annotations: {see: "URL"}},
 spec: {containers: []}, status: {phase: Running, podIPs: [{ip: 10.0.0.2}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: wrong, namespace: shop, labels: {KEY: "WRONG"}}, spec: {containers: []},
 status: {phase: Running, podIPs: [{ip: 10.0.0.3}]}}
---
"""
PLAIN = '{matchLabels: {KEY: "RIGHT"}}'
DB = "{matchLabels: {app: db}}"
CALICO = "\"KEY == 'RIGHT'\""

POLICIES = {
    (Profile.SPEC, "NetworkPolicy"): f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: shop, annotations: {{see: "URL"}}}}
spec: {{podSelector: {DB}, ingress: [{{from: [{{podSelector: {PLAIN}}}]}}]}}
""",
    (Profile.SPEC, "AdminNetworkPolicy"): f"""
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {{name: p, annotations: {{see: "URL"}}}}
spec:
  priority: 1
  subject: {{pods: {{namespaceSelector: {{}}, podSelector: {DB}}}}}
  ingress:
  - {{name: let, action: Allow, from: [{{pods: {{namespaceSelector: {{}}, podSelector: {PLAIN}}}}}]}}
  - {{name: shut, action: Deny, from: [{{namespaces: {{}}}}]}}
""",
    (Profile.SPEC, "BaselineAdminNetworkPolicy"): f"""
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {{name: default, annotations: {{see: "URL"}}}}
spec:
  subject: {{pods: {{namespaceSelector: {{}}, podSelector: {DB}}}}}
  ingress:
  - {{name: let, action: Allow, from: [{{pods: {{namespaceSelector: {{}}, podSelector: {PLAIN}}}}}]}}
  - {{name: shut, action: Deny, from: [{{namespaces: {{}}}}]}}
""",
    (Profile.ANTREA, "ClusterNetworkPolicy"): f"""
apiVersion: crd.antrea.io/v1beta1
kind: ClusterNetworkPolicy
metadata: {{name: p, annotations: {{see: "URL"}}}}
spec:
  priority: 1
  appliedTo: [{{podSelector: {DB}}}]
  ingress:
  - {{action: Allow, from: [{{podSelector: {PLAIN}}}]}}
  - {{action: Drop, from: [{{namespaceSelector: {{}}}}]}}
""",
    (Profile.CALICO, "NetworkPolicy of Calico"): f"""
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {{name: p, namespace: shop, annotations: {{see: "URL"}}}}
spec:
  selector: app == 'db'
  types: [Ingress]
  ingress: [{{action: Allow, source: {{selector: {CALICO}}}}}]
""",
    (Profile.CILIUM, "CiliumNetworkPolicy"): f"""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: p, namespace: shop, annotations: {{see: "URL"}}}}
spec: {{endpointSelector: {DB}, ingress: [{{fromEndpoints: [{PLAIN}]}}]}}
""",
}
LABELS = {
    "a name that sounds like a secret": ("token-client", "yes", "no"),
    "values that look like tokens": ("client", TOKEN, OTHER),
}


def filled(text, key, right, wrong):
    return text.replace("KEY", key).replace("RIGHT", right).replace("WRONG", wrong).replace("URL", URL)


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize(("style", "kind"), POLICIES, ids=[kind for _, kind in POLICIES])
def test_a_policy_selects_whom_it_selected_before_masking(style, kind, labels):
    text = filled(PODS + POLICIES[style, kind], *labels)
    found = normalized(text)
    assert not found.gaps

    reached = evaluate.reachability(found.inventory, UNKNOWN_PLATFORM, (), profile=style)

    answers = [
        reached.decide(f"shop/{name}[Pod]", "shop/db[Pod]", Protocol.TCP, 80).allowed
        for name in ("right", "wrong")
    ]
    assert answers == [True, False]


@pytest.mark.parametrize("text", POLICIES.values(), ids=[kind for _, kind in POLICIES])
def test_no_token_stays_in_a_label_or_a_selector(text):
    for item in yaml.safe_load_all(filled(PODS + text, "client", TOKEN, OTHER)):
        body = str(stored(item).parsed())
        assert TOKEN not in body
        assert OTHER not in body
        assert "s3cr3t" not in body
