import json
from pathlib import Path

import pytest
import yaml

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"

WEB, CART, JOB = "shop/web[Deployment]", "shop/cart[Deployment]", "batch/job-1[Pod]"
OPENS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: jobs, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  policyTypes: [Ingress]
  ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: job}}}], ports: [{port: 7070}]}]
"""
NARROWS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec: {podSelector: {matchLabels: {app: cart}}, policyTypes: [Ingress], ingress: []}
"""
BLOCK = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: batch}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 198.51.100.0/24}}], ports: [{port: 443}]}]}
"""


@pytest.fixture
def change(tmp_path):
    def write(text, name="change.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def paths(ended):
    return {
        (item["source"], item["destination"], item["change"]): (item["ports"], item["because"])
        for item in json.loads(ended.out)["paths"]
    }


def test_a_path_that_opens_names_the_rule_that_opens_it(netattest, manifests, change):
    ended = netattest("whatif", "--apply", change(OPENS), "--from", manifests, "--json")

    assert paths(ended) == {
        (JOB, CART, "opens"): ({"TCP": [[7070, 7070]]}, ["NetworkPolicy shop/jobs, spec.ingress[0]"])
    }
    assert ended.code == 0


def test_an_object_replaces_its_namesake(netattest, manifests, change):
    ended = netattest("whatif", "--apply", change(NARROWS), "--from", manifests, "--json")

    found = paths(ended)
    assert found[WEB, CART, "closes"] == (
        {"TCP": [[7070, 7070]]},
        ["NetworkPolicy shop/cart", "NetworkPolicy shop/cart, spec.ingress[0]"],
    )
    assert {key[2] for key in found} == {"closes"}
    assert [item["change"] for item in json.loads(ended.out)["objects"]] == ["changed"]


def test_what_is_removed_opens_what_it_kept_closed(netattest, manifests):
    ended = netattest("whatif", "--remove", "networkpolicy/shop/cart", "--from", manifests, "--json")

    found = paths(ended)
    assert found[JOB, CART, "opens"][1] == ["NetworkPolicy shop/cart"]
    assert {key[2] for key in found} == {"opens"}
    assert any(key[0].startswith("external:") for key in found)


def test_addresses_outside_are_cut_where_either_side_cuts_them(netattest, manifests, change):
    ended = netattest("whatif", "--apply", change(BLOCK), "--from", manifests, "--json")

    outside = {
        destination: ports
        for (source, destination, way), (ports, _) in paths(ended).items()
        if source == JOB and destination.startswith("external:") and way == "closes"
    }
    assert set(outside) == {
        "external:0.0.0.0-198.51.99.255",
        "external:198.51.100.0-198.51.100.255",
        "external:198.51.101.0-255.255.255.255",
        "external:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    }
    assert outside["external:198.51.100.0-198.51.100.255"]["TCP"] == [[1, 442], [444, 65535]]


@pytest.mark.parametrize(
    ("text", "threshold", "code"),
    [(OPENS, "new-path", 1), (NARROWS, "new-path", 0), (OPENS, "critical", 0)],
)
def test_the_threshold_decides_the_exit_code(netattest, manifests, change, text, threshold, code):
    ended = netattest("whatif", "--apply", change(text), "--from", manifests, "--fail-on", threshold)

    assert ended.code == code


def test_several_values_may_follow_each_option(netattest, manifests, change):
    files = change(OPENS, "a.yaml"), change(BLOCK, "b.yaml")
    ended = netattest(
        "whatif", "--apply", *files, "--from", manifests, "--remove", "NetworkPolicy/shop/cart", "--json"
    )

    assert {item["change"] for item in json.loads(ended.out)["objects"]} == {"added", "removed"}
    assert len(json.loads(ended.out)["objects"]) == 3


def test_a_change_that_cannot_be_read_in_full_is_no_answer(netattest, manifests, change):
    ended = netattest(
        "whatif", "--apply", change(OPENS + "---\n: : [\n"), "--from", manifests, "--fail-on", "new-path"
    )

    assert ended.code == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "."), "no change is named"),
        (("--apply", "x.yaml"), "nothing to read is named"),
        (("--remove", "NetworkPolicy/shop/carts"), "there is no object"),
        (("--remove", "cart"), "names no object"),
        (("--remove", "NetworkPolicy/shop/cart", "--fail-on", "bad"), "is not known"),
    ],
)
def test_mistakes_say_what_to_do(netattest, manifests, arguments, said):
    given = arguments if "--from" in arguments or "x.yaml" in arguments else (*arguments, "--from", manifests)
    ended = netattest("whatif", *given)

    assert ended.code == 2
    assert said in ended.err


def test_a_comment_for_a_pull_request(netattest, manifests, change):
    told = netattest("whatif", "--apply", change(OPENS), "--from", manifests, "--format", "markdown").out

    assert "1 path would open and 0 would close" in told
    assert f"- `{JOB}` → `{CART}`: TCP 7070 because of NetworkPolicy shop/jobs, spec.ingress\\[0\\]" in told


ROLLOUT = """
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web, version: v1}, ownerReferences: [OWNER]}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIPs: [{ip: 10.1.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2, namespace: shop, labels: {app: web, version: v2}, ownerReferences: [OWNER]}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIPs: [{ip: 10.1.0.2}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: v2, namespace: shop}
spec: {podSelector: {matchLabels: {version: v2}}, policyTypes: [Ingress]}
"""


def test_a_policy_that_tells_pods_of_one_owner_apart_opens_nothing(netattest, tmp_path):
    """Before it the two pods are one workload, after it they are two: that alone is no change of any path."""
    owner = "{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: u1, controller: true}"
    first, second, policy = ROLLOUT.replace("OWNER", owner).split("---")
    (tmp_path / "pods.yaml").write_text(f"{first}---{second}")
    (tmp_path / "v2.yaml").write_text(policy)

    ended = netattest(
        "whatif", "--apply", "v2.yaml", "--from", "pods.yaml", "--fail-on", "new-path", "--json"
    )

    told = json.loads(ended.out)
    assert ended.code == 0
    assert {item["change"] for item in told["paths"]} == {"closes"}
    assert {item["destination"].split("#")[-1] for item in told["paths"]} == {"2"}
    assert told["findings"]["opened"] == []


def test_encryption_that_a_change_wins_or_loses_is_told(netattest, change):
    """Cilium's WireGuard, switched on in its ConfigMap, and off again."""
    files = sorted((EXAMPLES / "saltmarsh" / "cluster").rglob("*.yaml"))
    (before,) = [
        item
        for path in files
        for item in yaml.safe_load_all(path.read_text())
        if item and (item["kind"], item["metadata"]["name"]) == ("ConfigMap", "cilium-config")
    ]
    before["data"]["enable-wireguard"] = "true"
    on = change(yaml.safe_dump(before))
    cluster = str(EXAMPLES / "saltmarsh")

    won = netattest("whatif", "--apply", on, "--from", cluster, "--json")
    pairs = {
        (item["source"], item["destination"]): (item["change"], item["before"], item["after"])
        for item in json.loads(won.out)["encryption"]
    }
    assert pairs["payments/api[Deployment]", "payments/vault[StatefulSet]"] == (
        "won",
        "plaintext",
        "node-tunnel",
    )
    assert {way for way, _, _ in pairs.values()} == {"won"}
    assert "Encryption that is won: " in netattest("whatif", "--apply", on, "--from", cluster).out
    comment = netattest("whatif", "--apply", on, "--from", cluster, "--format", "markdown").out
    assert "plaintext → node-tunnel" in comment


SHOP_IN = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {zone: cards}}\n"
SHOP_OUT = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {zone: none}}\n"
SCOPE = {
    "owner": "a test",
    "reviewed_on": "2026-11-01",
    "rules": [
        {"id": "cards", "namespaceSelector": {"matchLabels": {"zone": "cards"}}, "zone": "cde"},
        {"id": "rest", "namespaceSelector": {"matchLabels": {"zone": "none"}}, "zone": "out-of-scope"},
    ],
}


@pytest.fixture
def labelled(manifests, tmp_path):
    """The cluster with its shop in the cde by a label of its namespace, and the settings that say so."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    (folder / "shop.yaml").write_text(
        f"{SHOP_IN}---\n{manifests.read_text(encoding='utf-8')}", encoding="utf-8"
    )
    config = tmp_path / "scoped"
    config.mkdir()
    (config / "scope.yaml").write_text(yaml.safe_dump(SCOPE), encoding="utf-8")
    (config / "netattest.yaml").write_text("{}", encoding="utf-8")
    return ("--from", folder, "--config", config / "netattest.yaml")


def test_a_label_that_takes_workloads_out_of_the_cde_is_told(netattest, labelled, change):
    """A namespace label moves whatever the scope places by it: no path changes, and what is protected does."""
    command = ("whatif", "--apply", change(SHOP_OUT), *labelled)

    told = netattest(*command).out
    assert "Places of workloads: 2" in told
    assert f"{WEB} zone: cde → out-of-scope" in told
    assert "Paths that open: none" in told

    moves = json.loads(netattest(*command, "--json").out)["moves"]
    assert [
        (item["workload"], item["before"], item["after"]) for item in moves if item["field"] == "zone"
    ] == [
        (CART, "cde", "out-of-scope"),
        (WEB, "cde", "out-of-scope"),
    ]

    comment = netattest(*command, "--format", "markdown").out
    assert "<summary>Places of workloads: 2</summary>" in comment
    assert "- shop/web\\[Deployment\\] zone: cde → out-of-scope" in comment


def test_a_change_that_moves_nobody_does_not_speak_of_places(netattest, labelled, change):
    command = ("whatif", "--apply", change(NARROWS), *labelled)

    assert "Places of workloads" not in netattest(*command).out
    assert "Places of workloads" not in netattest(*command, "--format", "markdown").out
    assert json.loads(netattest(*command, "--json").out)["moves"] == []
