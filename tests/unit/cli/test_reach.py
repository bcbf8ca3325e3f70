import io
import json
import sys

import pytest

WEB, CART, JOB = "shop/web[Deployment]", "shop/cart[Deployment]", "batch/job-1[Pod]"


def test_json_is_the_contract_and_nothing_else_is_on_standard_output(netattest, manifests):
    ended = netattest("reach", "--from", manifests, "--json")
    document = json.loads(ended.out)
    assert ended.code == 0
    assert document["schema"] == "netattest/reach/v1"
    assert [item["id"] for item in document["workloads"]] == [JOB, CART, WEB]
    assert {"source": WEB, "destination": CART, "allowed": {"TCP": [[7070, 7070]]}} in [
        {key: row[key] for key in ("source", "destination", "allowed")} for row in document["connections"]
    ]
    assert document["gaps"] == []


def test_text_groups_destinations_by_ports(netattest, manifests):
    told = netattest("reach", "--from", manifests).out
    assert "Policies count as declared" in told
    block = told.split(f"{WEB} can open connections to\n")[1].split("\n\n")[0]
    assert block.split("\n") == [
        f"  all connections  {JOB}",
        "                   any address outside the cluster",
        f"  TCP 7070         {CART}",
    ]


def test_sources_outside_that_reach_the_same_are_told_once(netattest, manifests):
    told = netattest("reach", "--from", manifests).out
    headings = [
        line for line in told.split("\n") if line.startswith("any ") and line.endswith("connections to")
    ]
    assert len(headings) == 1


def test_rows_can_be_told_with_the_rules_that_allow_them(netattest, manifests):
    told = netattest("reach", "--from", manifests, "--explain").out
    assert (
        f"  {CART}: TCP 7070\n"
        "      egress:  no policy isolates it\n"
        "      ingress: NetworkPolicy shop/cart, spec.ingress[0] (TCP 7070)\n"
    ) in told


@pytest.mark.parametrize(
    ("more", "first"),
    [
        ((), "Policies count as declared, read as spec: no network plugin was found"),
        (("--as-declared",), "Policies count as declared, read as spec, whether or not they are enforced."),
    ],
)
def test_an_explanation_begins_with_how_policies_count(netattest, manifests, more, first):
    asked = ("explain", "shop/web", "shop/cart", "--port", "80", "--from", manifests, *more)
    assert netattest(*asked).out.startswith(first)
    assert "as declared: " in json.loads(netattest(*asked, "--json").out)["notes"][0]


def test_several_paths_may_follow_from(netattest, manifests, broken):
    ended = netattest("reach", "--from", manifests, broken, "--json")
    assert len(json.loads(ended.out)["workloads"]) == 3


def test_standard_input_is_read(netattest, manifests, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(manifests.read_bytes())))
    assert len(json.loads(netattest("reach", "--from", "-", "--json").out)["workloads"]) == 3


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_gap_is_told_in_both_forms_and_ends_with_3(netattest, manifests, broken, form):
    ended = netattest("reach", "--from", manifests, broken, *form)
    assert ended.code == 3
    assert "broken.yaml" in ended.out
    assert "nonsense" in ended.out


def test_the_same_input_gives_the_same_bytes(netattest, manifests):
    assert (
        netattest("reach", "--from", manifests, "--json").out
        == netattest("reach", "--from", manifests, "--json").out
    )


def explained(netattest, manifests, *arguments):
    return netattest("explain", *arguments, "--from", manifests)


def test_a_denial_names_what_selected_and_what_failed_to_match(netattest, manifests):
    told = explained(netattest, manifests, JOB, CART, "--port", "7070").out
    assert f"{JOB} → {CART}, TCP 7070: DENIED" in told
    assert "NetworkPolicy shop/cart, spec.ingress[0] does not match" in told


def test_without_a_port_ports_that_are_decided_alike_are_one_answer(netattest, manifests):
    told = explained(netattest, manifests, WEB, CART).out
    headings = [line.split(", ", 1)[1] for line in told.split("\n") if " → " in line and "  " not in line]
    assert headings == [
        "TCP 7070: ALLOWED",
        "TCP 1–7069, 7071–65535 · UDP all ports · SCTP all ports: DENIED",
    ]


def test_json_says_each_half_with_its_reason(netattest, manifests):
    (answer,) = json.loads(explained(netattest, manifests, WEB, CART, "--port", "7070", "--json").out)[
        "answers"
    ]
    assert answer["allowed"] is True
    assert answer["ports"] == {"TCP": [[7070, 7070]]}
    assert (answer["egress"]["reason"], answer["ingress"]["reason"]) == ("not-selected", "allowed-by-rule")
    assert answer["ingress"]["rules"] == ["NetworkPolicy shop/cart, spec.ingress[0]"]


@pytest.mark.parametrize(
    "name", ["shop/web[Deployment]", "shop/web", "web", "10.1.0.9", "batch/job-1", "job-1"]
)
def test_workloads_may_be_named_in_short_as_pods_or_by_address(netattest, manifests, name):
    (answer,) = json.loads(explained(netattest, manifests, name, CART, "--port", "7070", "--json").out)[
        "answers"
    ]
    assert answer["source"] == (WEB if "web" in name else JOB)


@pytest.mark.parametrize(
    ("source", "verdicts"),
    [
        ("203.0.113.1", {True}),
        ("203.0.113.0/24", {True}),
        ("192.0.2.1", {False}),
        ("203.0.0.0/8", {True, False}),
        ("external", {True, False}),
    ],
)
def test_addresses_outside_are_told_apart_where_a_policy_can(netattest, manifests, source, verdicts):
    document = json.loads(explained(netattest, manifests, source, CART, "--port", "7070", "--json").out)
    assert {answer["allowed"] for answer in document["answers"]} == verdicts


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("shop/basket", "known are"),
        ("cart2", "known are"),
        ("batch/cart", "did you mean shop/cart[Deployment]"),
    ],
)
def test_a_name_that_is_none_lists_candidates(netattest, manifests, name, says):
    ended = explained(netattest, manifests, name, CART)
    assert ended.code == 2
    assert says in ended.err


def test_an_ambiguous_name_lists_what_it_can_be(netattest, manifests, tmp_path):
    twin = tmp_path / "twin.yaml"
    twin.write_text(
        "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: other}, spec: {containers: []}}"
    )
    ended = netattest("explain", "web", CART, "--from", manifests, twin)
    assert ended.code == 2
    assert "other/web[Pod], shop/web[Deployment]" in ended.err


@pytest.mark.parametrize("port", ["0", "65536", "http", "80/ICMP", "", "-1", "²"])
def test_a_port_that_is_none_is_refused(netattest, manifests, port):
    ended = explained(netattest, manifests, WEB, CART, f"--port={port}")
    assert ended.code == 2
    assert "is not a port" in ended.err


def test_encryption_is_added_to_every_row_of_the_contract(netattest, manifests):
    document = json.loads(netattest("reach", "--from", manifests, "--encryption", "--json").out)

    assert document["protection"] == {"meshes": [], "links": [], "cautions": []}
    for row in document["connections"]:
        (verdict,) = row["encryption"]
        assert (verdict["label"], verdict["ports"]) == ("unknown", row["allowed"])
        assert set(verdict) >= {"label", "ports", "strength", "says", "signs"}


def test_encryption_is_told_under_the_destinations_that_share_it(netattest, manifests):
    told = netattest("reach", "--from", manifests, "--encryption").out

    assert f"  TCP 7070  {CART}\n    encryption: unknown (" in told
    assert "no network plugin was recognised in what was read" in told
    assert "Found that could encrypt: nothing that is recognised." in told


def test_encryption_stands_beside_the_answer_of_explain(netattest, manifests):
    allowed = netattest("explain", "shop/web", "shop/cart", "--port", "7070", "--from", manifests)
    document = json.loads(
        netattest("explain", "shop/web", "shop/cart", "--port", "80", "--from", manifests, "--json").out
    )

    assert "encryption: unknown (" in allowed.out
    assert "witness: " not in allowed.out  # of a plugin that was not recognised there is none
    # what is denied carries no traffic that could be encrypted
    assert [(item["allowed"], item["encryption"]) for item in document["answers"]] == [(False, [])]


ISTIO = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod, namespace: istio-system}
spec: {selector: {}, template: {spec: {containers: [{name: discovery, image: "istio/pilot:1.24.2", args: [discovery]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec: {podSelector: {matchLabels: {app: cart}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 8080}]}]}
"""
MESHED = """
---
apiVersion: v1
kind: Pod
metadata:
  {{name: {0}, namespace: shop, labels: {{app: {0}, security.istio.io/tlsMode: istio}}, annotations: {{sidecar.istio.io/status: '{{"revision":"default"}}'}}}}
spec:
  serviceAccountName: {0}
  initContainers: [{{name: istio-init, image: "istio/proxyv2:1.24.2", args: [istio-iptables, -i, "*", -x, "", -b, "*", -d, "15090,15021,15020"]}}]
  containers: [{{name: main, image: main}}, {{name: istio-proxy, image: "istio/proxyv2:1.24.2", args: [proxy, sidecar]}}]
"""


def test_what_the_mesh_authorises_stands_under_what_the_network_allows(netattest, tmp_path):
    file = tmp_path / "mesh.yaml"
    file.write_text(ISTIO + "".join(MESHED.format(name) for name in ("cart", "web", "job")), encoding="utf-8")
    told = netattest("reach", "--from", str(file), "--encryption").out

    sources = dict.fromkeys(("web", "job"), "")
    for block in told.split("\n\n"):
        for name in sources:
            if block.startswith(f"shop/{name}[Pod] can open"):
                sources[name] = block
    for name, said in (("web", "authorised: "), ("job", "denied: no rule of AuthorizationPolicy shop/web")):
        rows = sources[name].partition("  TCP 8080  shop/cart[Pod]\n")[2].splitlines()[:2]
        assert rows[0].startswith("    encryption: mtls-enforced"), name
        assert rows[1].startswith(f"    mesh authorisation: {said}"), name


def test_explain_names_the_field_that_decided_and_json_has_its_whole_digest(netattest, manifests, tmp_path):
    agent = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "weave-net", "namespace": "kube-system"},
        "spec": {
            "template": {
                "spec": {"hostNetwork": True, "containers": [{"name": "weave", "image": "weave:2.8"}]}
            }
        },
    }
    (tmp_path / "weave.json").write_text(json.dumps(agent))
    asked = (
        "explain",
        "shop/web",
        "shop/cart",
        "--port",
        "7070",
        "--from",
        manifests,
        tmp_path / "weave.json",
    )
    told, document = netattest(*asked).out, json.loads(netattest(*asked, "--json").out)
    (verdict,) = document["answers"][0]["encryption"]
    (sign,) = verdict["signs"]

    assert len(sign["sha256"]) == 64
    field = "spec.template.spec.containers[0].image"
    assert (
        f"witness: DaemonSet kube-system/weave-net, {field} = weave:2.8 (sha256 {sign['sha256'][:12]}…)"
        in told
    )
