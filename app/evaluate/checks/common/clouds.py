"""On which clouds the nodes run, and the addresses of their instance metadata services.

Sources: each cloud's documentation of its metadata service; `Node.spec.providerID` as the cloud's controller manager writes it.
"""

import re
from collections.abc import Iterable

from app.model.facts import Facts

_LINK_LOCAL = "169.254.169.254"

# name → addresses, IPv4 first
METADATA = {
    "AWS": (_LINK_LOCAL, "fd00:ec2::254"),
    "Alibaba Cloud": ("100.100.100.200",),
    "Azure": (_LINK_LOCAL,),
    "DigitalOcean": (_LINK_LOCAL,),
    "Google Cloud": (_LINK_LOCAL, "fd20:ce::254"),
    "Hetzner Cloud": (_LINK_LOCAL,),
    "IBM Cloud": (_LINK_LOCAL,),
    "Linode": (_LINK_LOCAL, "fd00:a9fe:a9fe::1"),
    "OpenStack": (_LINK_LOCAL, "fe80::a9fe:a9fe"),
    "Oracle Cloud": (_LINK_LOCAL, "fd00:c1::a9fe:a9fe"),
    "Scaleway": ("169.254.42.42", "fd00:42::42"),
}
_SCHEMES = {
    "alicloud": "Alibaba Cloud",
    "aws": "AWS",
    "azure": "Azure",
    "digitalocean": "DigitalOcean",
    "gce": "Google Cloud",
    "hcloud": "Hetzner Cloud",
    "ibm": "IBM Cloud",
    "linode": "Linode",
    "oci": "Oracle Cloud",
    "openstack": "OpenStack",
    "scaleway": "Scaleway",
}
# Identifiers without a scheme: `cn-hangzhou.i-bp1…` and `ocid1.instance.oc1…`.
_BARE = (
    (re.compile(r"[a-z]+(-[a-z0-9]+)+\.i-[a-z0-9]+\Z"), "Alibaba Cloud"),
    (re.compile(r"ocid1\.instance\."), "Oracle Cloud"),
)
_DISTRIBUTIONS = {"AKS": "Azure", "EKS": "AWS", "GKE": "Google Cloud"}


def clouds_of(facts: Facts) -> tuple[str, ...]:
    """Names of the clouds that the nodes say they run on, sorted; a distribution of one cloud says it too."""
    found = {cloud for node in facts.inventory.nodes if (cloud := _cloud(node.provider_id))}
    told = facts.platform.distribution.split(", ")
    return tuple(sorted(found | {cloud for name, cloud in _DISTRIBUTIONS.items() if name in told}))


def metadata_of(clouds: Iterable[str]) -> tuple[str, ...]:
    """Addresses of the metadata services of some clouds; of all there are where none is named."""
    chosen = tuple(clouds) or tuple(METADATA)
    return tuple(dict.fromkeys(address for cloud in chosen for address in METADATA[cloud]))


def _cloud(provider_id: str) -> str:
    scheme, colon, _ = provider_id.partition("://")
    if colon:
        return _SCHEMES.get(scheme, "")
    return next((cloud for pattern, cloud in _BARE if pattern.match(provider_id)), "")
