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

    assert document["flows"]["declared"] == 1
    assert document["flows"]["broken"] == document["flows"]["closed_already"] == []
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


DNS = """
---
apiVersion: v1
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: dns, image: coredns}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cache, namespace: kube-system, labels: {k8s-app: node-local-dns}}
spec: {hostNetwork: true, containers: [{name: dns, image: node-cache, args: [-localip, "169.254.20.10,fd00::a"]}]}
"""


def test_names_stay_resolved_where_a_cache_runs_on_the_nodes(netattest, manifests, tmp_path):
    ended = netattest("fix", "--namespace", "shop", "--from", added(manifests, tmp_path, DNS), "--json")
    document = json.loads(ended.out)
    (dns,) = [item for item in document["objects"] if item["object"].endswith("/allow-dns")]
    (rule,) = dns["manifest"]["spec"]["egress"]

    home = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    assert rule["to"] == [
        {"ipBlock": {"cidr": "169.254.20.10/32"}},
        {"ipBlock": {"cidr": "fd00::a/128"}},
        {"namespaceSelector": home, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}},
    ]


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


def test_two_rules_that_keep_a_path_open_are_both_named(netattest, manifests, tmp_path):
    twice = ALLOW_ALL.replace("ingress: [{}]", "ingress: [{}, {}]")
    of_web = ("--check", "pod-without-ingress-isolation", "--workload", WEB)
    ended = netattest("fix", *of_web, "--from", added(manifests, tmp_path, twice), "--json")

    says = json.loads(ended.out)["obstacles"][0]["says"]
    assert "spec.ingress[0] and NetworkPolicy shop/wide, spec.ingress[1] keep it open" in says


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


RECORDED = """source,destination,port,protocol
shop/web,shop/cart,7070,TCP
10.1.0.9,shop/web,8080,TCP
shop/gone,shop/web,8080,TCP
192.0.2.1,192.0.2.2,1,UDP
"""


def recorded(tmp_path, text=RECORDED):
    path = tmp_path / "seen.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_observed_flows_are_kept_and_marked_as_observed(netattest, manifests, tmp_path):
    ended = netattest(
        "fix", "--namespace", "shop", "--from", manifests, "--flows", recorded(tmp_path), "--json"
    )
    document = json.loads(ended.out)

    flows = document["flows"]
    assert (flows["declared"], flows["broken"]) == (0, [])
    assert [(item["flow"], item["source"]) for item in flows["observed"]] == [
        ("line 2", WEB),
        ("line 3", JOB),
        ("line 4", "shop/gone"),
    ]
    assert flows["unknown"] == ["shop/gone (line 4)"]
    assert flows["left_out"] == [{"rows": 1, "why": "both ends are outside the cluster"}]
    assert {item["object"] for item in document["objects"]} == {
        "NetworkPolicy shop/allow-dns",
        "NetworkPolicy shop/web-declared",
        "NetworkPolicy shop/default-deny",
    }
    assert any("was observed" in item["why"] for item in document["objects"])
    assert any("approves none of them" in note for note in document["notes"])


def test_what_was_observed_approves_nothing(netattest, manifests, tmp_path):
    """A recording changes what is proposed and no verdict: findings are the same with and without it."""
    command = ("fix", "--from", manifests, "--json")
    bare, with_rows = (
        json.loads(netattest(*command, *more).out)["findings"]
        for more in ((), ("--flows", recorded(tmp_path)))
    )

    assert bare == with_rows


def test_a_person_is_told_of_observed_flows(netattest, manifests, tmp_path):
    told = netattest("fix", "--namespace", "shop", "--from", manifests, "--flows", recorded(tmp_path)).out

    assert "0 declared flows and 3 observed flows checked: 0 would lose something." in told
    assert "nothing of the kind is here: shop/gone (line 4)" in told
    assert "1 observed row left out: both ends are outside the cluster" in told
    assert "what did not happen while traffic was recorded is closed" in told


def test_a_recording_that_cannot_be_used_is_refused(netattest, manifests, tmp_path, monkeypatch):
    ended = netattest("fix", "--from", manifests, "--flows", recorded(tmp_path, "source,destination\na/b\n"))
    assert (ended.code, ended.out) == (2, "")
    assert "line 2: destination and port and protocol are missing" in ended.err

    assert "cannot be read" in netattest("fix", "--from", manifests, "--flows", tmp_path / "none").err

    monkeypatch.setattr("app.bootstrap.files.MOST_RECORDED", 1 << 20)
    large = recorded(tmp_path, RECORDED + " " * (1 << 20))
    assert "holds more than 1 MiB" in netattest("fix", "--from", manifests, "--flows", large).err


RESOLVER = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec: {containers: [{name: dns, image: dns, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {selector: {k8s-app: kube-dns}, ports: [{name: u, port: 53, protocol: UDP}, {name: t, port: 53}]}
"""


def test_every_pod_may_still_ask_a_resolver_that_becomes_isolated(netattest, manifests, tmp_path):
    """Its own namespace gets a default deny like any other, and nobody loses name resolution by it."""
    ended = netattest("fix", "--from", added(manifests, tmp_path, RESOLVER), "--json")
    document = json.loads(ended.out)

    assert "NetworkPolicy kube-system/default-deny" in {item["object"] for item in document["objects"]}
    opened = {item["check"] for item in document["consequences"]["findings"]["opened"]}
    assert "dns-egress-missing" not in opened
    assert any("mark it `public`" in note for note in document["notes"])
    assert any("its own way to the API server" in note for note in document["notes"])
