"""The edges of one cluster, followed down to container ports: a pure function of a snapshot and the engine's answers."""

from app.evaluate.edges.admission import Admission
from app.evaluate.edges.certificates import certificates
from app.evaluate.edges.clients import clients
from app.evaluate.edges.components import components
from app.evaluate.edges.endpoint_groups import endpoint_group_exposures
from app.evaluate.edges.gateway_routes import gateway_exposures
from app.evaluate.edges.host_ports import host_port_exposures
from app.evaluate.edges.ingress import ingress_exposures
from app.evaluate.edges.istio import istio_exposures
from app.evaluate.edges.kong import kong_exposures
from app.evaluate.edges.nginx_servers import nginx_exposures
from app.evaluate.edges.openshift import route_exposures
from app.evaluate.edges.others import other_exposures
from app.evaluate.edges.served import observed, read_probes
from app.evaluate.edges.services import service_exposures
from app.evaluate.edges.target_groups import target_group_exposures
from app.evaluate.edges.traefik import traefik_exposures
from app.evaluate.edges.world import World
from app.model.edge import Edges
from app.model.inventory import Inventory
from app.model.platform import Platform
from app.model.reachability import Reachability
from app.model.snapshot import Snapshot

__all__ = ["find_edges"]

_READERS = (
    service_exposures,
    host_port_exposures,
    ingress_exposures,
    gateway_exposures,
    route_exposures,
    istio_exposures,
    traefik_exposures,
    nginx_exposures,
    kong_exposures,
    target_group_exposures,
    endpoint_group_exposures,
    other_exposures,
)
_OWN_NODE = (
    "Traffic from a pod's own node always reaches it (Kubernetes NetworkPolicy API): the kubelet and every pod on the host "
    "network of that node are sources that no policy stops."
)
_API_SERVER = (
    "The API server opens connections to pods by proxy, exec, port-forward, webhooks and aggregated APIs, under its own "
    "authorisation and from a node's or the provider's address: no policy stops whoever may ask it to."
)
_NEW_WAYS = "Whoever may create objects of an exposing kind can open a new way in between two scans."
_LINK_LOCAL = (
    "Link-local addresses are reached through the node, the cloud's metadata service (169.254.169.254) and a node-local DNS "
    "cache among them: some data planes let pods there whatever policies say, so what policies deny is not proof."
)
RESIDUALS = (_OWN_NODE, _API_SERVER, _LINK_LOCAL, _NEW_WAYS)


def find_edges(
    snapshot: Snapshot, inventory: Inventory, platform: Platform, reachability: Reachability
) -> Edges:
    """Every way in, what encrypts each leg of it, the certificates, and the control plane as far as it is visible.

    Args:
        snapshot: what was read; probes are objects of it.
        inventory: its inventory.
        platform: what was detected.
        reachability: the effective view.
    """
    world = World(snapshot, inventory, platform, reachability)
    admission = Admission(world)
    declared = (item for read in _READERS for item in read(world, admission))
    probes = read_probes(snapshot)
    exposures = observed(sorted(declared, key=lambda item: (item.id, item.field)), probes)
    return Edges(
        exposures=exposures,
        certificates=certificates(world, exposures, probes),
        components=components(world),
        clients=clients(world),
        probes=probes,
        residuals=RESIDUALS,
    )
