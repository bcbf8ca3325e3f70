"""What objects at an edge say of its two legs, as a table: `tests/tables/edges/ways-in.yaml`."""

from pathlib import Path

import pytest
import yaml

from app.model.encryption import Known
from tests.facts import facts_of

TABLE = Path(__file__).parents[3] / "tables" / "edges" / "ways-in.yaml"
CASES = yaml.safe_load(TABLE.read_text())
GATEWAY = "gateway.networking.k8s.io/v1"
VERSIONS = {
    "ConfigMap": "v1",
    "Node": "v1",
    "Pod": "v1",
    "Service": "v1",
    "Ingress": "networking.k8s.io/v1",
    "IngressClass": "networking.k8s.io/v1",
    "IngressClassParams": "elbv2.k8s.aws/v1beta1",
    "XListenerSet": "gateway.networking.x-k8s.io/v1alpha1",
    "IngressController": "operator.openshift.io/v1",
    "APIServer": "config.openshift.io/v1",
    "Route": "route.openshift.io/v1",
    **dict.fromkeys(
        (
            *("IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "Middleware", "ServersTransport"),
            *("ServersTransportTCP", "TLSOption", "TLSStore", "TraefikService"),
        ),
        "traefik.io/v1alpha1",
    ),
    **dict.fromkeys(
        ("GlobalConfiguration", "Policy", "TransportServer", "VirtualServer", "VirtualServerRoute"),
        "k8s.nginx.org/v1",
    ),
    **dict.fromkeys(("KongIngress", "TCPIngress", "UDPIngress"), "configuration.konghq.com/v1"),
    "TargetGroupBinding": "elbv2.k8s.aws/v1beta1",
    "FrontendConfig": "networking.gke.io/v1beta1",
    "ManagedCertificate": "networking.gke.io/v1",
}
PORTS = [{"name": "web", "port": 80, "targetPort": 8080}, {"name": "admin", "port": 90, "targetPort": 9090}]
KINDS = (
    "BackendTLSPolicy.gateway.networking.k8s.io",
    "ReferenceGrant.gateway.networking.k8s.io",
    *(
        f"{kind}.{group}"
        for group in ("traefik.io", "traefik.containo.us")
        for kind in (
            *("IngressRoute", "Middleware", "ServersTransport", "TLSOption", "TLSStore", "TraefikService"),
        )
    ),
    "Ingress.networking.k8s.io",
    *(f"{kind}.gateway.networking.k8s.io" for kind in ("Gateway", "ListenerSet")),
    "XListenerSet.gateway.networking.x-k8s.io",
    "Pod",
    "ServersTransportTCP.traefik.io",
    "VirtualServerRoute.k8s.nginx.org",
    "VirtualService.networking.istio.io",
    "ServiceEntry.networking.istio.io",
    "IngressClassParams.elbv2.k8s.aws",
    "FrontendConfig.networking.gke.io",
    "ManagedCertificate.networking.gke.io",
)


def exposure(case):
    objects = [yaml.safe_load(line) for line in case["objects"].splitlines()]
    objects += [kong_pod(case)] if "kong" in case else []
    for item in objects:
        item.setdefault("apiVersion", VERSIONS.get(item["kind"], GATEWAY))
    nginx = {"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"}
    traefik = {"labels": {"app.kubernetes.io/name": "traefik"}, "node": "n2", "args": case.get("traefik", [])}
    if {"image", "env", "volume"} & set(case):
        objects.append(traefik_pod(case))
        traefik = None
    cluster = {
        "namespaces": {"shop": {}, "edge": {}},
        "workloads": {
            "shop/web": {"labels": {"app": "web"}, "node": "n1", "ports": {"http": 8080}},
            "edge/nginx": {"labels": nginx, "node": "n2", "args": case.get("nginx", [])},
            **({"edge/traefik": traefik} if traefik else {}),
        },
        "services": {"shop/web": {"selector": {"app": "web"}, "ports": PORTS}},
        "objects": objects,
    }
    facts = facts_of({"cluster": cluster, "kinds": dict.fromkeys(KINDS, "complete 0")})
    return next((item for item in facts.edges.exposures if item.id == case["way"]), None)


def kong_pod(case):
    """Kong's controller beside its proxy, as its chart has them."""
    image = f"kong/kubernetes-ingress-controller:{case['kong']}"
    settings = {"args": case.get("kong-args", []), "env": case.get("kong-env", [])}
    controller = {"name": "ingress-controller", "image": image, **settings}
    containers = [{"name": "proxy", "image": "kong:3.9"}, controller]
    labels = {"app.kubernetes.io/name": "kong", "app.kubernetes.io/component": "app"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kong", "namespace": "edge", "labels": labels},
        "spec": {"nodeName": "n2", "containers": containers},
    }


def traefik_pod(case):
    """Traefik with an image, variables or a volume of its own."""
    volume = dict(case.get("volume", {}))
    mount = {
        "name": volume.get("name"),
        "mountPath": volume.pop("mount", ""),
        "subPath": volume.pop("subPath", ""),
    }
    env = [
        {"name": name, "value" if isinstance(value, str) else "valueFrom": value}
        for name, value in case.get("env", {}).items()
    ]
    container = {
        "name": "traefik",
        "image": case.get("image", "x"),
        "args": case.get("traefik", []),
        "env": env,
    }
    container["volumeMounts"] = [mount] if volume else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "traefik", "namespace": "edge", "labels": {"app.kubernetes.io/name": "traefik"}},
        "spec": {"nodeName": "n2", "containers": [container], "volumes": [volume] if volume else []},
    }


def client(leg):
    demands = "+certificate" if leg.client_certificate is Known.YES else ""
    return " ".join(word for word in (leg.security.value, leg.lowest, demands) if word)


def backend(leg):
    checked = {Known.YES: "verified", Known.NO: "unverified", Known.UNKNOWN: ""}[leg.verified]
    return f"{leg.security.value} {checked}".strip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_way_in_gets_what_its_objects_say(case):
    found = exposure(case)
    assert (found is None) is case.get("absent", False)
    if found is None:
        return

    if "endpoints" in case:
        assert {end.name: client(end.leg) for end in found.endpoints} == case["endpoints"]
    if "backend" in case:
        assert {backend(target.leg) for target in found.targets} == {case["backend"]}
    if "targets" in case:
        assert [f"{target.port}/{target.protocol}" for target in found.targets] == case["targets"]
    if "secret" in case:
        assert {end.leg.secret for end in found.endpoints} == {case["secret"]}
    if "secrets" in case:
        assert sorted({end.leg.secret for end in found.endpoints}) == case["secrets"]
    told(found, case)


def told(found, case):
    if "default" in case:
        assert {end.leg.default_certificate.value for end in found.endpoints} == {case["default"]}
    if "internal" in case:
        assert found.internal is case["internal"]
    if "unresolved" in case:
        assert any(case["unresolved"] in text for text in found.unresolved)
    if "astray" in case:
        assert len(found.astray) == len(case["astray"])
        assert all(any(part in text for text in found.astray) for part in case["astray"])
    if "notes" in case:
        assert any(case["notes"] in text for text in found.notes)
