"""Kinds of service meshes."""

from app.collect.kinds.spec import custom
from app.collect.kinds.verdicts import AUTHORISATION, EDGE_TLS, EXPOSURE
from app.collect.kinds.verdicts import MESHES as MODES

_MESH = "settings of a service mesh"

MESHES = (
    *custom(
        "security.istio.io",
        _MESH,
        MODES + AUTHORISATION,
        "AuthorizationPolicy/authorizationpolicies PeerAuthentication/peerauthentications",
    ),
    *custom(
        "networking.istio.io",
        _MESH,
        MODES + EDGE_TLS + EXPOSURE,
        "DestinationRule/destinationrules EnvoyFilter/envoyfilters Gateway/gateways "
        "ServiceEntry/serviceentries Sidecar/sidecars VirtualService/virtualservices "
        "WorkloadEntry/workloadentries WorkloadGroup/workloadgroups",
    ),
    *custom(
        "policy.linkerd.io",
        _MESH,
        MODES + AUTHORISATION,
        "AuthorizationPolicy/authorizationpolicies EgressNetwork/egressnetworks HTTPRoute/httproutes "
        "MeshTLSAuthentication/meshtlsauthentications NetworkAuthentication/networkauthentications "
        "Server/servers ServerAuthorization/serverauthorizations",
    ),
    *custom(
        "consul.hashicorp.com",
        _MESH,
        MODES + AUTHORISATION,
        "Mesh/meshes ProxyDefaults/proxydefaults ServiceDefaults/servicedefaults "
        "ServiceIntentions/serviceintentions",
    ),
    *custom(
        "kuma.io",
        _MESH,
        MODES + AUTHORISATION,
        "MeshIdentity/meshidentities MeshService/meshservices MeshTLS/meshtlses "
        "MeshTrafficPermission/meshtrafficpermissions MeshTrust/meshtrusts",
    ),
    *custom("kuma.io", _MESH, MODES, "Mesh/meshes", namespaced=False),
)
