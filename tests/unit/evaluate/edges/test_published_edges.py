"""Published manifests of edges and control planes: each way in, what it gets, and the field that says so."""

import pytest

from app.collect import normalize
from app.detect import detect
from app.evaluate import find_edges, reachability
from app.model.encryption import Known
from tests.unit.detect.build import SHARED, files

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"public install manifests are not at {SHARED}"),
]

# files below `edge/` that belong together: way in and endpoint → what clients get, and the first deciding field
SETS = [
    ("aws-lbc/2048_full.yaml", {
        "Ingress game-2048/ingress-2048 *:80": "plaintext by annotation alb.ingress.kubernetes.io/listen-ports",
    }),
    ("aws-lbc/echoserver-ingress.yaml", {
        "Ingress echoserver/echoserver *:80": "plaintext by annotation alb.ingress.kubernetes.io/listen-ports",
    }),
    ("aws-lbc/grpcserver-ingress.yaml", {
        "Ingress grpcserver/grpcserver grpcserver.example.com:80": "redirect by annotation alb.ingress.kubernetes.io/ssl-redirect",
        "Ingress grpcserver/grpcserver grpcserver.example.com:443": "tls TLS 1.0 by annotation alb.ingress.kubernetes.io/certificate-arn",
    }),
    ("gateway-api/basic-http.yaml", {
        "HTTPRoute default/http-app-1 foo.com:80": "plaintext by spec.listeners[0]",
    }),
    ("gateway-api/http-redirect-rewrite-gateway-redirect-http-https.yaml gateway-api/http-redirect-rewrite-httproute-redirect-http.yaml gateway-api/http-redirect-rewrite-httproute-redirect-https.yaml", {
        "HTTPRoute default/http-filter-redirect redirect.example:80": "redirect by spec.listeners[0]",
        "HTTPRoute default/https-route redirect.example:443": "tls by spec.listeners[1].tls",
    }),
    ("gateway-api/http-redirect.yaml", {
        "HTTPRoute gateway-api-example-ns1/http-filter-1 my-filter.example.com:80": "redirect by spec.listeners[0]",
        "HTTPRoute gateway-api-example-ns1/http-filter-2 my-filter.example.com:443": "tls by spec.listeners[1].tls",
    }),
    ("gateway-api/simple-gateway-gateway.yaml gateway-api/simple-gateway-httproute.yaml", {
        "HTTPRoute default/foo *:80": "plaintext by spec.listeners[0]",
    }),
    ("gateway-api/simple-http-https-gateway.yaml gateway-api/simple-http-https-foo-route.yaml gateway-api/simple-http-https-bar-route.yaml gateway-api/simple-http-https-tls-redirect-route.yaml", {
        "HTTPRoute default/bar bar.example.com:443": "tls by spec.listeners[1].tls",
        "HTTPRoute default/foo foo.example.com:443": "tls by spec.listeners[1].tls",
        "HTTPRoute default/tls-redirect bar.example.com:80": "redirect by spec.listeners[0]",
        "HTTPRoute default/tls-redirect foo.example.com:80": "redirect by spec.listeners[0]",
    }),
    ("gateway-api/tcp-routing-gateway.yaml gateway-api/tcp-routing-tcp-route.yaml", {
        "TCPRoute default/tcp-app-1 *:8080": "passed-through by spec.listeners[0]",
    }),
    ("gateway-api/tls-routing-gateway.yaml gateway-api/tls-routing-tls-route.yaml gateway-api/tls-routing-tls-route-terminate.yaml", {
        "TLSRoute default/bar-route bar.example.com:8443": "tls by spec.listeners[1].tls",
        "TLSRoute default/foo-route foo.example.com:443": "tls by spec.listeners[0]",
    }),
    ("gateway-api/tls-routing-v1alpha3-gateway.yaml gateway-api/tls-routing-v1alpha3-tls-route.yaml", {
        "TLSRoute default/example-route example.com:443": "tls by spec.listeners[0]",
    }),
    ("ingress-nginx/auth-client-certs-ingress.yaml", {
        "Ingress default/nginx-test mydomain.com:80": "unknown by spec",
        "Ingress default/nginx-test mydomain.com:443": "tls by spec.tls",
    }),
    ("ingress-nginx/deploy-aws-nlb-tls.yaml", {
        "Service ingress-nginx/ingress-nginx-controller *:80": "passed-through by spec",
        "Service ingress-nginx/ingress-nginx-controller *:443": "tls TLS 1.0 by annotation service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    }),
    ("ingress-nginx/deploy-cloud.yaml", {
        "Service ingress-nginx/ingress-nginx-controller *:80": "passed-through by spec",
        "Service ingress-nginx/ingress-nginx-controller *:443": "passed-through by spec",
    }),
    ("ingress-nginx/docker-registry-ingress-with-tls.yaml", {
        "Ingress docker-registry/docker-registry registry.<your domain>:80": "unknown by spec",
        "Ingress docker-registry/docker-registry registry.<your domain>:443": "tls by spec.tls",
    }),
    ("ingress-nginx/docker-registry-ingress-without-tls.yaml", {
        "Ingress docker-registry/docker-registry registry.<your domain>:80": "plaintext by spec.tls",
    }),
    ("ingress-nginx/multi-tls-multi-tls.yaml", {
        "Ingress default/foo-tls bar.baz.com:80": "unknown by spec",
        "Ingress default/foo-tls bar.baz.com:443": "tls by spec.tls",
        "Ingress default/foo-tls foo.bar.com:80": "unknown by spec",
        "Ingress default/foo-tls foo.bar.com:443": "tls by spec.tls",
    }),
    ("ingress-nginx/tls-termination-ingress.yaml", {
        "Ingress default/nginx-test foo.bar.com:80": "unknown by spec",
        "Ingress default/nginx-test foo.bar.com:443": "tls by spec.tls",
    }),
]  # fmt: skip

# Gateways without a route, and routes whose Gateway is in no file: nothing answers
NO_WAY_IN = [
    "gateway-api/backend-tls.yaml",
    "gateway-api/backendtlspolicy-backendtlspolicy-ca-certs.yaml",
    "gateway-api/backendtlspolicy-backendtlspolicy-system-certs.yaml",
    "gateway-api/http-redirect-path.yaml",
    "gateway-api/http-redirect-rewrite-httproute-redirect-303.yaml",
    "gateway-api/http-redirect-rewrite-httproute-redirect-307.yaml",
    "gateway-api/http-redirect-rewrite-httproute-redirect-308.yaml",
    "gateway-api/http-redirect-rewrite-httproute-redirect-full.yaml",
    "gateway-api/http-redirect-rewrite-httproute-redirect-prefix.yaml",
    "gateway-api/http-redirect-rewrite-httproute-rewrite-full-path.yaml",
    "gateway-api/http-redirect-rewrite-httproute-rewrite-prefix-path.yaml",
    "gateway-api/http-redirect-rewrite-httproute-rewrite.yaml",
    "gateway-api/tls-basic.yaml",
    "gateway-api/tls-cert-cross-namespace.yaml",
    "gateway-api/wildcard-tls-gateway.yaml",
]


def edges_of(*paths):
    snapshot = files(*paths)
    inventory, platform = normalize(snapshot.objects).inventory, detect(snapshot)
    assert platform.plugins == ()
    engine = reachability(inventory, platform, snapshot.gaps, as_declared=False)
    return find_edges(snapshot, inventory, platform, engine)


def answers(*paths):
    return {
        f"{item.id} {end.name}": f"{end.leg.security.value} {end.leg.lowest}".strip()
        + f" by {end.leg.signs[0].field.replace('metadata.annotations.', 'annotation ')}"
        for item in edges_of(*paths).exposures
        for end in item.endpoints
    }


@pytest.mark.parametrize(
    ("paths", "expected"), SETS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_published_way_in_gets_what_it_says(paths, expected):
    assert answers(*(f"edge/{path}" for path in paths.split())) == expected


@pytest.mark.parametrize("path", NO_WAY_IN)
def test_what_leads_nowhere_is_no_way_in(path):
    assert answers(f"edge/{path}") == {}


def test_every_published_file_is_in_a_table():
    present = {str(path.relative_to(SHARED / "edge")) for path in (SHARED / "edge").rglob("*.y*ml")}
    assert present == {path for paths, _ in SETS for path in paths.split()} | set(NO_WAY_IN)
    assert [path.name for path in (SHARED / "controlplane").rglob("*.y*ml")] == [
        "kops-etcdmanager-main.pod.yaml"
    ]


def test_etcd_under_a_manager_is_found_and_none_of_its_settings_is_guessed():
    (etcd,) = edges_of("controlplane/kops-etcdmanager-main.pod.yaml").components

    assert {item.holds for item in etcd.findings} == {Known.UNKNOWN}
    assert all("etcd-manager sets them itself" in item.says for item in etcd.findings)
