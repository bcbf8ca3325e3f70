"""The policies of netattest's own namespace, judged by its own engine."""

import pytest
import yaml

from app import collect, evaluate
from app.bootstrap import manifests
from app.model.connections import Protocol
from app.model.platform import UNKNOWN_PLATFORM
from app.model.reachability import Profile
from tests.unit.deploy.conftest import FORMS, rendered

OWN = {
    form: "netattest/netattest[CronJob]"
    if form in ("nightly", "overlays/k3s")
    else "netattest/netattest[Deployment]"
    for form in FORMS
}
RESOLVER = {form: ("kube-system", {"k8s-app": "kube-dns"}, 53) for form in FORMS}
RESOLVER["overlays/openshift"] = (
    "openshift-dns",
    {"dns.operator.openshift.io/daemonset-dns": "default"},
    5353,
)
MONITORING = dict.fromkeys(FORMS, "monitoring") | {"overlays/openshift": "openshift-user-workload-monitoring"}
# An address outside the cluster, port by port: the API server (443 or 6443) and the database (5432), nothing else.
OUTSIDE = {form: {443, 6443, 5432} for form in FORMS} | {
    "overlays/aks": {443},
    "overlays/eks": {443, 6443},
    "overlays/gke": {443, 6443},
    "overlays/k3s": {6443, 5432},
}
DATABASE = {"overlays/aks": "10.240.8.4", "overlays/eks": "10.0.3.4", "overlays/gke": "10.20.0.4"}


def neighbour(namespace, name, labels):
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"containers": [{"name": "main", "image": "example"}]},
        },
    ]


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


@pytest.fixture
def reach(form, tmp_path):
    """A cluster of the shipped manifests, a resolver, a Prometheus and a stranger."""
    space, labels, _ = RESOLVER[form]
    others = [
        *neighbour(space, "resolver", labels),
        *neighbour(MONITORING[form], "prometheus", {"app": "prometheus"}),
        *neighbour("shop", "stranger", {"app": "stranger"}),
    ]
    return judged(form, others, tmp_path, Profile.SPEC)


def judged(form, others, tmp_path, profile):
    (tmp_path / "own.yaml").write_text(rendered(form))
    (tmp_path / "others.yaml").write_text(yaml.safe_dump_all(others))
    found = manifests([str(tmp_path)]).collect()
    assert found.gaps == ()
    inventory = collect.normalize(found.objects).inventory
    return evaluate.reachability(inventory, UNKNOWN_PLATFORM, (), profile=profile, as_declared=True)


def ports(reach, source, destination):
    allowed = reach.between(source, destination)
    return {
        (protocol.value, port)
        for protocol in Protocol
        for first, last in allowed.on(protocol).intervals
        for port in range(first, last + 1)
    }


def test_prometheus_may_scrape_metrics_and_nothing_more(reach, form):
    prometheus = f"{MONITORING[form]}/prometheus[Pod]"
    assert ports(reach, prometheus, OWN[form]) == {("TCP", 9464)}


def test_nobody_else_gets_in(reach, form):
    space, _, _ = RESOLVER[form]
    for source in ("shop/stranger[Pod]", f"{space}/resolver[Pod]", "external:203.0.113.7"):
        assert ports(reach, source, OWN[form]) == set()


def test_it_reaches_the_resolver_and_no_other_pod_but_by_the_ports_of_the_api_server_and_the_database(
    reach, form
):
    space, _, number = RESOLVER[form]
    assert {("UDP", number), ("TCP", number)} <= ports(reach, OWN[form], f"{space}/resolver[Pod]")
    assert {port for _, port in ports(reach, OWN[form], "shop/stranger[Pod]")} <= {443, 6443, 5432}


def test_it_reaches_an_api_server_and_a_database_outside_and_nothing_more(reach, form):
    assert ports(reach, OWN[form], "external:203.0.113.7") == {("TCP", port) for port in OUTSIDE[form]}
    assert ("TCP", 5432) in ports(reach, OWN[form], f"external:{DATABASE.get(form, '203.0.113.7')}")


def test_it_never_reaches_the_credentials_that_a_cloud_serves(reach, form):
    resolver = {("TCP", 53), ("UDP", 53)} if form == "overlays/gke" else set()  # Cloud DNS
    assert ports(reach, OWN[form], "external:169.254.169.254") == resolver


@pytest.mark.parametrize(("form", "reached"), [("service", set()), ("overlays/cilium", {443, 6443})])
def test_to_cilium_an_api_server_on_a_node_is_no_address(form, reached, tmp_path):
    node = neighbour("kube-system", "kube-apiserver", {"component": "kube-apiserver"})
    node[1]["spec"] |= {"hostNetwork": True, "nodeName": "a"}
    node[1]["status"] = {"phase": "Running", "podIP": "192.0.2.10", "hostIP": "192.0.2.10"}
    reach = judged(form, node, tmp_path, Profile.CILIUM)
    assert ports(reach, OWN[form], "kube-system/kube-apiserver[Pod]") == {("TCP", port) for port in reached}
