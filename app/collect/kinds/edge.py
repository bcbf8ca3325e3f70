"""Kinds at the edge of a cluster, and controllers of pods that are not built in."""

from app.collect.kinds.names import GATEWAY_GROUP
from app.collect.kinds.spec import by_name_alone, custom
from app.collect.kinds.verdicts import CERTIFICATES, EDGE_TLS, EXPOSURE

_TRAEFIK = (
    "IngressRoute/ingressroutes IngressRouteTCP/ingressroutetcps IngressRouteUDP/ingressrouteudps "
    "Middleware/middlewares ServersTransport/serverstransports TLSOption/tlsoptions TLSStore/tlsstores "
    "TraefikService/traefikservices"
)

EDGE = (
    *custom(
        GATEWAY_GROUP,
        "ways in from outside, and their TLS",
        EXPOSURE + EDGE_TLS,
        "BackendTLSPolicy/backendtlspolicies GRPCRoute/grpcroutes Gateway/gateways HTTPRoute/httproutes "
        "ListenerSet/listenersets ReferenceGrant/referencegrants TCPRoute/tcproutes TLSRoute/tlsroutes UDPRoute/udproutes",
    ),
    *custom(
        GATEWAY_GROUP,
        "which controller serves a Gateway",
        EDGE_TLS,
        "GatewayClass/gatewayclasses",
        namespaced=False,
    ),
    *custom(
        "gateway.networking.x-k8s.io",
        "listeners that others add to a Gateway",
        EXPOSURE + EDGE_TLS,
        "XListenerSet/xlistenersets",
    ),
    *(
        spec
        for group in ("elbv2.k8s.aws", "eks.amazonaws.com")
        for spec in custom(
            group,
            "what a class of Ingress decides for its load balancers",
            EDGE_TLS,
            "IngressClassParams/ingressclassparams",
            namespaced=False,
        )
    ),
    *custom(
        "networking.gke.io",
        "what an Ingress asks of its load balancer, and certificates of Google's",
        EDGE_TLS + CERTIFICATES,
        "FrontendConfig/frontendconfigs ManagedCertificate/managedcertificates",
    ),
    *custom("route.openshift.io", "ways in from outside, and their TLS", EXPOSURE, "Route/routes"),
    *custom(
        "operator.openshift.io",
        "versions, suites and the certificate of routers",
        ("weak-tls-version", "weak-cipher-suite", "untrusted-certificate"),
        "IngressController/ingresscontrollers",
    ),
    *custom(
        "config.openshift.io",
        "versions and suites of the control plane and the routers",
        ("control-plane-tls-weak", "weak-tls-version"),
        "APIServer/apiservers",
        namespaced=False,
    ),
    *custom(
        "traefik.io",
        "ways in from outside, and their TLS",
        EXPOSURE + EDGE_TLS,
        f"{_TRAEFIK} ServersTransportTCP/serverstransporttcps",
    ),
    *custom(
        "traefik.containo.us",
        "the same of Traefik before 3.0",
        EXPOSURE + EDGE_TLS,
        _TRAEFIK,
    ),
    *custom(
        "k8s.nginx.org",
        "ways in from outside, and their TLS",
        EXPOSURE + EDGE_TLS,
        "GlobalConfiguration/globalconfigurations Policy/policies TransportServer/transportservers "
        "VirtualServer/virtualservers VirtualServerRoute/virtualserverroutes",
    ),
    *custom(
        "configuration.konghq.com",
        "ways in from outside, and their TLS",
        EXPOSURE + EDGE_TLS,
        "KongIngress/kongingresses TCPIngress/tcpingresses UDPIngress/udpingresses",
    ),
    *(
        spec
        for group in ("elbv2.k8s.aws", "eks.amazonaws.com")
        for spec in custom(
            group,
            "pods that load balancers from elsewhere lead to",
            EXPOSURE,
            "TargetGroupBinding/targetgroupbindings",
        )
    ),
    *by_name_alone(
        "a way in of a controller whose routes are not read",
        EXPOSURE + EDGE_TLS,
        "apisix.apache.org/ApisixRoute/apisixroutes cis.f5.com/IngressLink/ingresslinks "
        "cis.f5.com/TransportServer/transportservers cis.f5.com/VirtualServer/virtualservers "
        "consul.hashicorp.com/IngressGateway/ingressgateways gateway.solo.io/VirtualService/virtualservices "
        "getambassador.io/Mapping/mappings getambassador.io/TCPMapping/tcpmappings "
        "ingress.v1.haproxy.org/TCP/tcps ingress.v3.haproxy.org/TCP/tcps "
        "kuma.io/MeshGatewayInstance/meshgatewayinstances networking.internal.knative.dev/Ingress/ingresses "
        "projectcontour.io/HTTPProxy/httpproxies zalando.org/RouteGroup/routegroups",
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
