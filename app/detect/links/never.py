"""Plugins that give pods their network and never encrypt: "in clear" is an answer, too.

Source: the plugins' documentation: GKE (without Dataplane V2), kube-router ("overlay" is IPIP or FOU), kindnet, Amazon VPC CNI, Azure CNI. Some cloud
hardware encrypts below them; the Kubernetes API does not show that, so it counts only by a statement on file.
"""

from collections.abc import Iterator

from app.detect.ground import Ground
from app.detect.links.seals import Finding, SealedLinks, ends_of
from app.model.encryption import EvidenceStrength, Known
from app.model.links import Links
from app.model.platform import Plugin

_NITRO = (
    "some Amazon EC2 instance types encrypt between each other; the Kubernetes API does not show which, so this counts "
    "only by a statement on file"
)
_VNET = (
    "Azure virtual network encryption is not visible from the cluster and counts only by a statement on file"
)
_GOOGLE = (
    "Google encrypts some traffic between its machines; the Kubernetes API does not show which, so this counts only by a "
    "statement on file"
)
_CLOUDS = {"aws://": _NITRO, "azure://": _VNET, "gce://": _GOOGLE}
_PLUGINS = {
    "aws-vpc-cni": (_NITRO,),
    "eks-auto-mode": (_NITRO,),
    "azure-cni": (_VNET,),
    "gke": (_GOOGLE,),
    "kindnet": (),
    "kube-router": (),
}


def clouds(ground: Ground) -> tuple[str, ...]:
    """What the clouds that nodes are of may do below every plugin, one sentence each."""
    seen = {
        start for node in ground.evidence.nodes for start in _CLOUDS if node.provider_id.startswith(start)
    }
    return tuple(_CLOUDS[start] for start in sorted(seen))


def find(ground: Ground) -> Iterator[Links]:
    """One for the plugin that gives pods their network, if it is one that never encrypts."""
    plugin = ground.platform.primary
    if plugin and plugin.id in _PLUGINS:
        yield _links(ground, plugin)


def _links(ground: Ground, plugin: Plugin) -> SealedLinks:
    # signs of a plugin begin with whether it enforces policies and end with what it was told from
    sign = plugin.signs[-1] if plugin.signs else None
    says = f"{plugin.name} has no encryption"
    finding = Finding(Known.NO, EvidenceStrength.CONFIGURED, says, sign)
    return SealedLinks(
        id=plugin.id,
        name=plugin.name,
        fips=Known.UNKNOWN,
        ends=ends_of(ground.inventory, lambda _pod, _family: finding, lambda _pod: ""),
        signs=plugin.signs[-1:],
        cautions=_PLUGINS[plugin.id],
    )
