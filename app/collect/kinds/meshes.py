"""Kinds of service meshes."""

from app.collect.kinds.spec import custom
from app.collect.kinds.verdicts import AUTHORISATION, EDGE_TLS, ENCRYPTION, EXPOSURE

_MESH = "settings of a service mesh"

MESHES = (
    *custom(
        "security.istio.io",
        _MESH,
        ENCRYPTION + AUTHORISATION,
        "AuthorizationPolicy/authorizationpolicies PeerAuthentication/peerauthentications",
    ),
    *custom(
        "networking.istio.io",
        _MESH,
        ENCRYPTION + EDGE_TLS + EXPOSURE,
        "DestinationRule/destinationrules EnvoyFilter/envoyfilters Gateway/gateways "
        "ServiceEntry/serviceentries Sidecar/sidecars VirtualService/virtualservices",
    ),
    *custom(
        "policy.linkerd.io",
        _MESH,
        ENCRYPTION + AUTHORISATION,
        "AuthorizationPolicy/authorizationpolicies EgressNetwork/egressnetworks HTTPRoute/httproutes "
        "MeshTLSAuthentication/meshtlsauthentications NetworkAuthentication/networkauthentications "
        "Server/servers ServerAuthorization/serverauthorizations",
    ),
    *custom(
        "consul.hashicorp.com",
        _MESH,
        ENCRYPTION + AUTHORISATION,
        "Mesh/meshes ProxyDefaults/proxydefaults ServiceDefaults/servicedefaults "
        "ServiceIntentions/serviceintentions",
    ),
    *custom(
        "kuma.io",
        _MESH,
        ENCRYPTION + AUTHORISATION,
        "MeshIdentity/meshidentities MeshTLS/meshtlses MeshTrafficPermission/meshtrafficpermissions "
        "MeshTrust/meshtrusts",
    ),
    *custom("kuma.io", _MESH, ENCRYPTION, "Mesh/meshes", namespaced=False),
)
