"""Kinds at the edge of a cluster, and controllers of pods that are not built in."""

from app.collect.kinds.names import GATEWAY_GROUP
from app.collect.kinds.spec import custom
from app.collect.kinds.verdicts import CERTIFICATES, EDGE_TLS, EXPOSURE

EDGE = (
    *custom(
        GATEWAY_GROUP,
        "ways in from outside, and their TLS",
        EXPOSURE + EDGE_TLS,
        "BackendTLSPolicy/backendtlspolicies GRPCRoute/grpcroutes Gateway/gateways HTTPRoute/httproutes "
        "ReferenceGrant/referencegrants TCPRoute/tcproutes TLSRoute/tlsroutes UDPRoute/udproutes",
    ),
    *custom(
        GATEWAY_GROUP,
        "which controller serves a Gateway",
        EDGE_TLS,
        "GatewayClass/gatewayclasses",
        namespaced=False,
    ),
    *custom("route.openshift.io", "ways in from outside, and their TLS", EXPOSURE, "Route/routes"),
    *custom(
        "traefik.io",
        "ways in from outside, and their TLS",
        EXPOSURE + EDGE_TLS,
        "IngressRoute/ingressroutes IngressRouteTCP/ingressroutetcps ServersTransport/serverstransports "
        "TLSOption/tlsoptions",
    ),
    *custom(
        "cert-manager.io", "expiry of certificates", CERTIFICATES, "Certificate/certificates Issuer/issuers"
    ),
    *custom(
        "cert-manager.io",
        "who issues certificates",
        CERTIFICATES,
        "ClusterIssuer/clusterissuers",
        namespaced=False,
    ),
    *custom("argoproj.io", "owners of pods", ("pod-without-ingress-isolation",), "Rollout/rollouts"),
    *custom(
        "apps.openshift.io",
        "owners of pods",
        ("pod-without-ingress-isolation",),
        "DeploymentConfig/deploymentconfigs",
    ),
)
