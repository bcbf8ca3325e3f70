"""Ways in, followed down: targets, relays, and whether enforced policies let the traffic through."""

import pytest
import yaml

from app.model.edge import Security, Way
from app.model.encryption import Known
from tests.facts import facts_of

BASE = yaml.safe_load("""
cluster:
  namespaces: {shop: {}, edge: {}}
  workloads:
    shop/web: {labels: {app: web}, node: n1, ports: {http: 8080, metrics: 9090}}
    edge/nginx: {labels: {app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller}, node: n2}
  services:
    shop/web: {selector: {app: web}, ports: [{name: web, port: 80, targetPort: http}, {port: 90, targetPort: 9090}]}
  objects:
    - apiVersion: networking.k8s.io/v1
      kind: Ingress
      metadata: {name: web, namespace: shop}
      spec:
        ingressClassName: nginx
        rules: [{host: shop.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: web}}}}]}}]
""")


def exposures(**changes):
    case = {key: value for key, value in changes.items() if key != "cluster"}
    case["cluster"] = {**BASE["cluster"], **changes.get("cluster", {})}
    return {item.id: item for item in facts_of(case).edges.exposures}


def policy(**spec):
    return {"shop/web": {"podSelector": {"matchLabels": {"app": "web"}}, **spec}}


FROM_EDGE = [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}]}]
FROM_WORLD = [{"from": [{"ipBlock": {"cidr": "8.0.0.0/8"}}]}]


def test_an_ingress_leads_over_its_controller_to_the_container_port_that_the_service_means():
    (target,) = exposures()["Ingress shop/web"].targets
    assert (target.workload, target.port, target.via) == ("shop/web[Pod]", 8080, ("edge/nginx[Pod]",))
    assert target.service == "shop/web"
    assert target.admitted is Known.YES


@pytest.mark.parametrize(
    ("policies", "changes", "admitted"),
    [
        (policy(policyTypes=["Ingress"]), {}, Known.NO),
        (policy(ingress=FROM_EDGE), {}, Known.YES),
        (policy(ingress=FROM_WORLD), {}, Known.NO),
        ({"edge/deny": {"podSelector": {}, "policyTypes": ["Egress"]}}, {}, Known.NO),
        (policy(policyTypes=["Ingress"]), {"platform": "unknown"}, Known.UNKNOWN),
        (policy(policyTypes=["Ingress"]), {"platform": "not-enforced"}, Known.YES),
        (
            policy(policyTypes=["Ingress"]),
            {"gaps": ["NetworkPolicy.networking.k8s.io truncated"]},
            Known.UNKNOWN,
        ),
    ],
    ids=[
        "denied",
        "from the controller",
        "from the world",
        "the controller may not",
        "unproven",
        "not enforced",
        "unread",
    ],
)
def test_policies_are_asked_on_behalf_of_the_controller(policies, changes, admitted):
    found = exposures(cluster={"policies": policies}, **changes)
    assert found["Ingress shop/web"].targets[0].admitted is admitted


def balancer(**more):
    spec = {
        "type": "LoadBalancer",
        "selector": {"app": "web"},
        "ports": [{"port": 443, "targetPort": "http"}],
    }
    return {"shop/lb": {**spec, **more}}


@pytest.mark.parametrize(
    ("service", "policies", "admitted"),
    [
        ({}, {}, Known.YES),
        ({"externalTrafficPolicy": "Local"}, policy(policyTypes=["Ingress"]), Known.NO),
        ({}, policy(policyTypes=["Ingress"]), Known.UNKNOWN),  # a node may stand in as the source
        ({"externalTrafficPolicy": "Local"}, policy(ingress=FROM_WORLD), Known.YES),
        (
            {"externalTrafficPolicy": "Local", "loadBalancerSourceRanges": ["9.0.0.0/8"]},
            policy(ingress=FROM_WORLD),
            Known.NO,
        ),
        (
            {"externalTrafficPolicy": "Local", "loadBalancerSourceRanges": ["8.8.0.0/16"]},
            policy(ingress=FROM_WORLD),
            Known.YES,
        ),
        (
            {"externalTrafficPolicy": "Local", "loadBalancerSourceRanges": ["nonsense"]},
            policy(ingress=FROM_WORLD),
            Known.YES,  # a range that cannot be read restricts nothing
        ),
    ],
)
def test_a_load_balancer_is_asked_from_the_outside_that_it_admits(service, policies, admitted):
    found = exposures(cluster={"services": balancer(**service), "policies": policies})
    (target,) = found["Service shop/lb"].targets
    assert (target.port, target.admitted) == (8080, admitted)


def test_an_address_that_is_not_public_and_admitted_is_told_where_no_public_one_is():
    office = [{"from": [{"ipBlock": {"cidr": "172.16.0.0/12"}}]}]
    services = balancer(externalTrafficPolicy="Local")
    for rules, says in ((office, "external:172.16.0.0-172.31.255.255"), ([], "no public address")):
        found = exposures(
            cluster={"services": services, "policies": policy(ingress=rules, policyTypes=["Ingress"])}
        )
        (target,) = found["Service shop/lb"].targets
        assert target.admitted is Known.NO
        assert says in target.why
        assert ("beside, which is not" in target.why) is bool(rules)


def test_what_leads_around_the_source_ranges_of_a_balancer_is_a_way_in_of_its_own():
    services = balancer(
        ports=[{"port": 443, "targetPort": 8080, "nodePort": 30443}],
        externalTrafficPolicy="Local",
        loadBalancerSourceRanges=["9.0.0.0/8"],
        externalIPs=["198.51.100.7"],
    )
    cluster = {**BASE["cluster"], "services": services, "policies": policy(ingress=FROM_WORLD)}
    found = [item for item in facts_of({"cluster": cluster}).edges.exposures if item.id == "Service shop/lb"]
    assert [(item.way, item.field, item.endpoints[0].port, item.targets[0].admitted) for item in found] == [
        (Way.EXTERNAL_IP, "spec.externalIPs", 443, Known.YES),
        (Way.NODE_PORT, "spec.ports", 30443, Known.YES),
        (Way.LOAD_BALANCER, "spec.type", 443, Known.NO),
    ]
    assert [bool(item.sources) for item in found] == [False, False, True]
    assert [any("loadBalancerSourceRanges" in note for note in item.notes) for item in found] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort"])
def test_a_balancer_without_node_ports_opens_one_way_and_a_node_port_service_one(kind):
    ports = [{"port": 443, "targetPort": 8080} | ({"nodePort": 30443} if kind == "NodePort" else {})]
    services = balancer(ports=ports, type=kind)
    found = [
        item
        for item in facts_of({"cluster": {**BASE["cluster"], "services": services}}).edges.exposures
        if item.id == "Service shop/lb"
    ]
    assert [(item.field, len(item.endpoints)) for item in found] == [("spec.type", 1)]


def test_a_port_name_that_the_pod_does_not_have_is_not_followed():
    services = balancer(ports=[{"port": 443, "targetPort": "nope"}])
    found = exposures(cluster={"services": services})["Service shop/lb"]
    assert found.targets[0].port == 0
    assert found.targets[0].admitted is Known.UNKNOWN
    assert any("names a port" in text for text in found.unresolved)


@pytest.mark.parametrize(
    ("services", "says"),
    [
        ({}, "Service shop/web was not found"),
        ({"shop/web": {"ports": [{"name": "web", "port": 80}]}}, "has no selector"),
        (
            {"shop/web": {"selector": {"app": "none"}, "ports": [{"name": "web", "port": 80}]}},
            "selects no pod",
        ),
        (
            {"shop/web": {"selector": {"app": "web"}, "ports": [{"name": "other", "port": 80}]}},
            "has no port web",
        ),
    ],
)
def test_what_cannot_be_followed_is_said(services, says):
    found = exposures(cluster={"services": services})["Ingress shop/web"]
    assert not found.targets
    assert any(says in text for text in found.unresolved)


def test_ports_of_nodes_that_pods_take():
    workloads = {
        "shop/open": {"labels": {"app": "a"}, "node": "n1", "hostPorts": [9000]},
        "shop/agent": {"labels": {"app": "b"}, "node": "n1", "hostNetwork": True, "ports": {"http": 9100}},
        "shop/none": {"labels": {"app": "c"}, "node": "n1", "ports": {"http": 9200}},
    }
    found = exposures(cluster={"workloads": workloads, "services": {}, "objects": []})
    assert sorted(found) == ["Pod shop/agent", "Pod shop/open"]
    assert found["Pod shop/agent"].targets[0].admitted is Known.YES
    assert found["Pod shop/open"].endpoints[0].port == 9000


def test_a_reference_into_another_namespace_needs_a_grant_there():
    route = yaml.safe_load("""
      - {apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g, namespace: edge},
         spec: {listeners: [{name: h, protocol: HTTP, port: 80}]}}
      - {apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r, namespace: edge},
         spec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]}}
    """)
    grant = yaml.safe_load("""
      {apiVersion: gateway.networking.k8s.io/v1beta1, kind: ReferenceGrant, metadata: {name: g, namespace: shop},
       spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}], to: [{group: "", kind: Service}]}}
    """)
    read = {"ReferenceGrant.gateway.networking.k8s.io": "complete 1"}
    without = exposures(cluster={"objects": route}, kinds=read)["HTTPRoute edge/r"]
    with_it = exposures(cluster={"objects": [*route, grant]}, kinds=read)["HTTPRoute edge/r"]
    unread = exposures(cluster={"objects": route})["HTTPRoute edge/r"]
    assert not without.targets
    assert any("no ReferenceGrant" in text for text in without.unresolved)
    assert [target.workload for target in with_it.targets] == ["shop/web[Pod]"]
    assert [target.workload for target in unread.targets] == ["shop/web[Pod]"]


def test_istio_and_openshift_and_traefik_lead_to_the_same_pod():
    objects = yaml.safe_load("""
      - {apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g, namespace: shop},
         spec: {selector: {istio: gw}, servers: [{port: {number: 443, protocol: HTTPS}, hosts: ["shop/*.example"],
                tls: {mode: MUTUAL, credentialName: c}}]}}
      - {apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v, namespace: shop},
         spec: {hosts: [a.example], gateways: [g], http: [{route: [{destination: {host: web.shop.svc.cluster.local, port: {number: 80}}}]}]}}
      - {apiVersion: route.openshift.io/v1, kind: Route, metadata: {name: o, namespace: shop},
         spec: {host: b.example, to: {kind: Service, name: web}, port: {targetPort: web}}}
      - {apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: t, namespace: shop},
         spec: {entryPoints: [websecure], routes: [{match: "Host(`c.example`)", services: [{name: web, port: 80}]}], tls: {secretName: s}}}
    """)
    workloads = {**BASE["cluster"]["workloads"], "edge/gw": {"labels": {"istio": "gw"}, "node": "n2"}}
    found = exposures(cluster={"objects": objects, "workloads": workloads})
    for name in ("VirtualService shop/v", "Route shop/o", "IngressRoute shop/t"):
        assert [(target.workload, target.port) for target in found[name].targets] == [("shop/web[Pod]", 8080)]
    virtual = found["VirtualService shop/v"]
    assert virtual.targets[0].via == ("edge/gw[Pod]",)
    assert virtual.endpoints[0].leg.client_certificate is Known.YES
    assert virtual.endpoints[0].leg.secret == "edge/c"  # beside the pods that serve it
    assert found["IngressRoute shop/t"].endpoints[0].leg.security is Security.TLS
    assert found["Route shop/o"].endpoints[0].leg.security is Security.PLAIN


def test_the_order_of_objects_does_not_matter():
    backwards = list(reversed(BASE["cluster"]["objects"]))
    assert exposures() == exposures(cluster={"objects": backwards})


def test_a_certificate_that_google_keeps_is_of_the_ingress_that_names_it():
    annotations = {"networking.gke.io/managed-certificates": "other, web"}
    spec = {"ingressClassName": "gce", "rules": [{"host": "a.example"}]}
    front = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": spec}
    front["metadata"] = {"name": "web", "namespace": "shop", "annotations": annotations}
    kept = {
        "apiVersion": "networking.gke.io/v1",
        "kind": "ManagedCertificate",
        "metadata": {"name": "web", "namespace": "shop"},
    }
    elsewhere = {**kept, "metadata": {"name": "web", "namespace": "edge"}}
    facts = facts_of({"cluster": {"objects": [front, kept, elsewhere]}})
    assert {item.id: item.exposures for item in facts.edges.certificates} == {
        "ManagedCertificate edge/web": (),
        "ManagedCertificate shop/web": ("Ingress shop/web",),
    }
