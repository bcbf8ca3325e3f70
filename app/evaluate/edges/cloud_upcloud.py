"""Load balancers of UpCloud's managed Kubernetes, as they are without a configuration of their own.

Source: UpCloud's documentation of its cloud controller manager, and that program (`internal/loadbalancer`): each port becomes a frontend in mode
http whose backend is plain text, and one on port 443 gets a certificate for the balancer's own name. It writes its annotations on every
Service that it serves, and a host name of its domain into the status.
"""

from app.evaluate.edges.legs import plain, tls, unknown
from app.evaluate.edges.world import Item, World
from app.model.edge import Leg
from app.model.inventory import ServicePort
from app.model.platform import Sign

_PREFIX = "service.beta.kubernetes.io/upcloud-load-balancer-"
_MARKS = (f"{_PREFIX}id", f"{_PREFIX}name", f"{_PREFIX}node-selector")
_DOMAIN = ".upcloudlb.com"
_NODES = "upcloud://"
_HTTPS = 443


def upcloud_leg(world: World, item: Item, port: ServicePort, *, client: bool) -> Leg | None:
    """One leg of a balancer without a configuration; None where it is no balancer of UpCloud."""
    known = next((name for name in _MARKS if name in item.annotations), "")
    if not known and not _has_host(world, item):
        return _perhaps(world, item)
    sign = item.annotated(known, "it is served by UpCloud") if known else _status(item)
    if not client:
        return plain(
            "UpCloud's balancer speaks plain text to nodes where no configuration says otherwise", sign
        )
    if port.port == _HTTPS:
        return tls("UpCloud's balancer ends TLS on port 443 with a certificate for its own name", sign)
    return plain(
        f"UpCloud's balancer takes HTTP on port {port.port} where no configuration says otherwise", sign
    )


def _has_host(world: World, item: Item) -> bool:
    service = world.services.get((item.namespace, item.name))
    return service is not None and any(host.endswith(_DOMAIN) for host in service.load_balancer)


def _status(item: Item) -> Sign:
    return item.sign("status.loadBalancer.ingress", _DOMAIN, "it is served by UpCloud")


def _perhaps(world: World, item: Item) -> Leg | None:
    """On UpCloud's nodes it may be one that is not made yet; a class of its own is another controller's."""
    nodes = world.inventory.nodes
    if item.spec.get("loadBalancerClass") or not any(node.provider_id.startswith(_NODES) for node in nodes):
        return None
    says = "nodes are of UpCloud, whose balancers take HTTP and end TLS on port 443, and nothing says whether this is one of them"
    return unknown(says, item)
