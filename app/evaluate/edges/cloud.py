"""Load balancers of clouds: marks of an internal one, and TLS that the balancer itself ends.

Sources: the annotations' documentation of the AWS cloud provider and Load Balancer Controller, Azure and Google Cloud; of DigitalOcean,
Oracle, Alibaba, Linode, Scaleway, Vultr, UpCloud, OpenStack, Hetzner, Tencent and Huawei for the names alone.
"""

from app.evaluate.edges.cloud_upcloud import upcloud_leg
from app.evaluate.edges.legs import leg, passed, tls, unknown
from app.evaluate.edges.relays import flags_of
from app.evaluate.edges.world import Item, World
from app.model.connections import Protocol
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.inventory import ServicePort

_AWS = "service.beta.kubernetes.io/aws-load-balancer-"
_INTERNAL = {
    f"{_AWS}scheme": ("internal",),
    f"{_AWS}internal": ("true", "0.0.0.0/0"),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "appgw.ingress.kubernetes.io/use-private-ip": ("true",),
    "networking.gke.io/load-balancer-type": ("internal",),
    "cloud.google.com/load-balancer-type": ("internal",),
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": ("intranet",),
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": ("private",),
    "service.beta.kubernetes.io/openstack-internal-load-balancer": ("true",),
    "service.beta.kubernetes.io/oci-load-balancer-internal": ("true",),
}
# Annotations by whose beginning balancers of other clouds may end TLS; what each makes of them is not read.
_MAY_END_TLS = (
    *(
        f"service.beta.kubernetes.io/{name}"
        for name in (
            *("do-loadbalancer-protocol", "do-loadbalancer-tls-ports", "do-loadbalancer-certificate-id"),
            *("do-loadbalancer-http2-port", "do-loadbalancer-http3-port"),
            *("oci-load-balancer-ssl-ports", "oci-load-balancer-tls-"),
            *("alibaba-cloud-loadbalancer-protocol-port", "alibaba-cloud-loadbalancer-cert-id"),
            *("linode-loadbalancer-port-", "linode-loadbalancer-default-protocol"),
            *("scw-loadbalancer-certificate-ids", "scw-loadbalancer-protocol-http"),
            *("vultr-loadbalancer-protocol", "vultr-loadbalancer-https-ports", "vultr-loadbalancer-ssl"),
            *("vultr-loadbalancer-backend-protocol", "upcloud-load-balancer-config"),
        )
    ),
    *("loadbalancer.openstack.org/default-tls-container-ref", "load-balancer.hetzner.cloud/protocol"),
    *("load-balancer.hetzner.cloud/http-", "service.cloud.tencent.com/specify-protocol"),
    *("kubernetes.io/elb.protocol-port", "kubernetes.io/elb.cert-id", "kubernetes.io/elb.tls-"),
)
_ENCRYPTED = ("ssl", "tls", "https")
# Predefined policies of Elastic Load Balancing by the lowest version that they accept (AWS documentation): the old ones by
# name, the others by how their names begin. A name that is not here is not guessed.
_ELB_OLD = {
    "ELBSecurityPolicy-2016-08": "TLS 1.0",
    "ELBSecurityPolicy-2015-05": "TLS 1.0",
    "ELBSecurityPolicy-FS-2018-06": "TLS 1.0",
}
_ELB_BY_START = {
    "ELBSecurityPolicy-TLS13-1-0-": "TLS 1.0",
    "ELBSecurityPolicy-TLS-1-0-": "TLS 1.0",
    "ELBSecurityPolicy-TLS13-1-1-": "TLS 1.1",
    "ELBSecurityPolicy-TLS-1-1-": "TLS 1.1",
    "ELBSecurityPolicy-FS-1-1-": "TLS 1.1",
    "ELBSecurityPolicy-TLS13-1-2-": "TLS 1.2",
    "ELBSecurityPolicy-TLS-1-2-": "TLS 1.2",
    "ELBSecurityPolicy-FS-1-2-": "TLS 1.2",
    "ELBSecurityPolicy-TLS13-1-3-": "TLS 1.3",
}
_ELB_DEFAULT = "ELBSecurityPolicy-2016-08"
_ELB_CONTROLLER = {"app.kubernetes.io/name": "aws-load-balancer-controller"}
_ELB_CLASS = "service.k8s.aws/nlb"
_ELB_TYPES = ("external", "nlb-ip")  # of Services that the controller takes from the cloud provider


def is_internal(item: Item) -> bool:
    """An annotation asks for a balancer without a public address. Whoever may edit the object may write it."""
    return any(item.annotations.get(name, "").lower() in values for name, values in _INTERNAL.items())


def elb_policy(world: World, named: str) -> str:
    """The policy that is named, else the one that the controller was started with, else the controller's own default.

    Empty where the controller may run with one that was not read.
    """
    return named or world.once("policy of Elastic Load Balancing", _default_policy)


def _service_policy(world: World, item: Item) -> str:
    """The same for a Service; one that the cloud provider itself serves knows no default but that of AWS."""
    named = item.annotations.get(f"{_AWS}ssl-negotiation-policy", "")
    is_of_controller = (
        item.spec.get("loadBalancerClass") == _ELB_CLASS
        or item.annotations.get(f"{_AWS}type", "") in _ELB_TYPES
    )
    return elb_policy(world, named) if is_of_controller else named or _ELB_DEFAULT


def _default_policy(world: World) -> str:
    pods = world.selected(None, _ELB_CONTROLLER)
    if not pods and world.cut("", "Pod"):
        return ""
    flags = flags_of(world, pods)
    return flags.get("default-ssl-policy", "") or _ELB_DEFAULT


def elb_lowest(policy: str) -> str:
    """Lowest version that a predefined policy accepts; empty when its name is not known."""
    found = (version for start, version in _ELB_BY_START.items() if policy.startswith(start))
    return _ELB_OLD.get(policy) or next(found, "")


def balancer_leg(world: World, item: Item, port: ServicePort, *, client: bool) -> Leg:
    """One leg of a Service of type LoadBalancer; where no annotation ends TLS, it is what the pod speaks."""
    if port.protocol is not Protocol.TCP:
        return unknown(f"{port.protocol} is not looked into", item)
    if name := next((name for name in sorted(item.annotations) if name.startswith(_MAY_END_TLS)), ""):
        return unknown(
            f"annotation {name} may make the load balancer end TLS", item, item.annotated(name, "TLS")
        )
    if of_upcloud := upcloud_leg(world, item, port, client=client):
        return of_upcloud
    if not _ends_tls(item, port):
        return passed("nothing in front of the pod ends TLS, so the port carries what the pod speaks", item)
    if client:
        policy = _service_policy(world, item)
        return tls(
            f"the load balancer ends TLS on port {port.port} under {policy or 'a policy that was not read'}",
            item.annotated(f"{_AWS}ssl-cert", "a certificate is attached"),
            item.annotated(f"{_AWS}ssl-negotiation-policy", "which versions are accepted"),
            lowest=elb_lowest(policy),
        )
    return _backend(item, port)


def _backend(item: Item, port: ServicePort) -> Leg:
    speaks = item.annotations.get(f"{_AWS}backend-protocol", "")
    sign = item.annotated(f"{_AWS}backend-protocol", "what the balancer speaks to the pods")
    if speaks.lower() in _ENCRYPTED:
        return tls(
            f"the load balancer encrypts again ({speaks}) and does not check the pod's certificate",
            sign,
            verified=Known.NO,
        )
    return leg(
        Security.PLAIN, f"the load balancer ends TLS on port {port.port} and goes on in plain text", sign
    )


def _ends_tls(item: Item, port: ServicePort) -> bool:
    """A certificate is attached, and the port is among `ssl-ports` (all of them where the annotation is absent)."""
    if not item.annotations.get(f"{_AWS}ssl-cert"):
        return False
    ports = item.annotations.get(f"{_AWS}ssl-ports", "*")
    chosen = {text.strip() for text in ports.split(",")}
    return bool(chosen & {"*", str(port.port), port.name}) or not ports.strip()
