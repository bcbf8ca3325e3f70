import json
from pathlib import Path

import yaml

WEB, CART, JOB = "shop/web[Deployment]", "shop/cart[Deployment]", "batch/job-1[Pod]"
ALLOW_ALL = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: wide, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{}]}
"""
FLANNEL = """
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-flannel-ds, namespace: kube-flannel, labels: {app: flannel}}
spec:
  selector: {matchLabels: {app: flannel}}
  template:
    metadata: {labels: {app: flannel}}
    spec:
      hostNetwork: true
      containers: [{name: kube-flannel, image: "ghcr.io/flannel-io/flannel:v0.26.1"}]
"""


def with_flows(tmp_path, *flows):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "flows.yaml").write_text(yaml.safe_dump({"flows": list(flows)}), encoding="utf-8")
    (folder / "netattest.yaml").write_text("{}", encoding="utf-8")
    return str(folder / "netattest.yaml")


def added(manifests, tmp_path, text):
    path = Path(manifests)
    source = path if path.is_file() else next(path.rglob("*.yaml"))
    target = tmp_path / "more.yaml"
    target.write_text(source.read_text(encoding="utf-8") + text, encoding="utf-8")
    return str(target)


def test_the_plan_keeps_declared_flows_and_says_that_it_was_tried(netattest, manifests, tmp_path):
    config = with_flows(
        tmp_path, {"id": "cart", "source": "shop/web", "destination": "shop/cart", "ports": ["TCP/7070"]}
    )
    ended = netattest("fix", "--namespace", "shop", "--from", manifests, "--config", config, "--json")
    document = json.loads(ended.out)

    assert document["flows"] == {"declared": 1, "broken": [], "closed_already": []}
    written = {item["object"] for item in document["objects"]}
    assert written == {
        "NetworkPolicy shop/allow-dns",
        "NetworkPolicy shop/web-declared",
        "NetworkPolicy shop/default-deny",
    }


def test_files_are_written_for_each_namespace(netattest, manifests, tmp_path):
    netattest("fix", "--from", manifests, "--output", str(tmp_path / "out"))

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["batch.yaml", "shop.yaml"]
    for path in (tmp_path / "out").iterdir():
        assert all(
            item["kind"] == "NetworkPolicy" for item in yaml.safe_load_all(path.read_text(encoding="utf-8"))
        )


def test_without_declared_flows_that_is_said(netattest, manifests):
    told = netattest("fix", "--namespace", "shop", "--from", manifests).out

    assert "no flows are declared" in told
    assert "nothing shows that what closes is not needed" in told


def test_a_rule_that_keeps_a_path_open_is_named_and_stays_where_nothing_is_declared(
    netattest, manifests, tmp_path
):
    ended = netattest(
        "fix",
        "--check",
        "pod-without-ingress-isolation",
        "--workload",
        WEB,
        "--from",
        added(manifests, tmp_path, ALLOW_ALL),
        "--json",
    )
    document = json.loads(ended.out)

    assert document["objects"] == []
    assert "NetworkPolicy shop/wide, spec.ingress[0] keeps it open" in document["obstacles"][0]["says"]


def test_with_declared_flows_the_rule_is_taken_away(netattest, manifests, tmp_path):
    config = with_flows(
        tmp_path, {"id": "job", "source": "batch/job-1", "destination": "shop/web", "ports": ["TCP/8080"]}
    )
    ended = netattest(
        "fix", "--check", "pod-without-ingress-isolation", "--workload", WEB, "--config", config,
        "--from", added(manifests, tmp_path, ALLOW_ALL), "--json",
    )  # fmt: skip
    document = json.loads(ended.out)

    amended = next(item for item in document["objects"] if item["amends"])
    assert amended["manifest"]["spec"] == {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress"],
        "ingress": [],
    }
    assert document["flows"]["broken"] == []


def test_where_nothing_enforces_policies_no_policy_is_proposed(netattest, manifests, tmp_path):
    ended = netattest("fix", "--namespace", "batch", "--from", added(manifests, tmp_path, FLANNEL), "--json")
    document = json.loads(ended.out)

    assert document["objects"] == []
    assert document["obstacles"]
    assert all("nothing enforces policies" in item["says"] for item in document["obstacles"])


def test_a_check_that_no_policy_mends_is_refused(netattest, manifests):
    ended = netattest("fix", "--check", "scan-night-missing", "--from", manifests)

    assert ended.code == 2
    assert "no check that a NetworkPolicy can mend" in ended.err
