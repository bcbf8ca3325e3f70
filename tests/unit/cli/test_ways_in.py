import json

import pytest

EDGE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: front, namespace: shop}
spec: {host: "shop.example\\u202e", to: {kind: Service, name: web}, tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example.com/web:1", ports: [{containerPort: 8080}]}]}
"""


@pytest.fixture
def edge(tmp_path):
    path = tmp_path / "edge.yaml"
    path.write_text(EDGE, encoding="utf-8")
    return path


def test_json_has_the_ways_in_with_both_legs(netattest, edge):
    found = json.loads(netattest("reach", "--from", edge, "--json").out)["exposures"]
    assert [item["id"] for item in found] == ["Route shop/front", "Service shop/web"]
    route, service = found
    assert [(end["port"], end["security"]) for end in route["endpoints"]] == [(80, "redirect"), (443, "tls")]
    (target,) = route["targets"]
    assert (target["workload"], target["port"], target["security"]) == (
        "shop/web[Deployment]",
        8080,
        "plaintext",
    )
    assert target["admitted"] == "unknown"
    assert route["unresolved"] == ["no router workload was found"]
    assert service["targets"][0]["admitted"] == "yes"
    assert service["endpoints"][0]["security"] == "passed-through"


def test_text_tells_where_each_answers_and_where_it_leads(netattest, edge):
    told = netattest("reach", "--from", edge).out.split("2 ways in from outside\n")[1]
    assert (
        "  Service shop/web is a NodePort Service\n    at its nodes port 30080: what the pod speaks" in told
    )
    assert "to shop/web[Deployment] TCP 8080, plain text: policies are not shown to keep it out" in told
    assert "\u202e" not in told


def test_a_cluster_without_ways_in_has_an_empty_list_and_says_nothing(netattest, manifests):
    assert json.loads(netattest("reach", "--from", manifests, "--json").out)["exposures"] == []
    assert "from outside" not in netattest("reach", "--from", manifests).out
