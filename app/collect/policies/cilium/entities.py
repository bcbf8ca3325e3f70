"""`fromEntities` and `toEntities`, and selectors by a `reserved:` label, which mean the same.

Source: Cilium `pkg/policy/api/entity.go` (EntitySelectorMapping, InitEntities) and its manual, "Layer 3 Policies", chapter
"Entities based". `cluster` includes the API server wherever it runs; here it is the pods and nodes that were read.
"""

from collections.abc import Iterable, Sequence

from app.collect.policies.cilium.parts import EVERY_ADDRESS, PeerPart, nodes, outside
from app.model.policy import EVERYTHING, Peer, SelectorPeer

_OWN_NODE = "only the node that the pod itself runs on"
_OTHER_NODES = "only nodes other than the pod's own"
_API_SERVER = "only the addresses of the Kubernetes API server"
_PROXY = "only through Cilium's own ingress proxy"
_UNMANAGED = "only pods that Cilium does not manage"
_NODES_TOGETHER = ("host", "remote-node")

_PODS = SelectorPeer(EVERYTHING)
_CLUSTER = (_PODS, nodes("nodes of the cluster"))

# name → (peers or None for anyone, conditions); entities that are no pod, node or outside address match no one here
_ENTITIES: dict[str, tuple[tuple[Peer, ...] | None, tuple[str, ...]]] = {
    "all": (None, ()),
    "world": ((outside("world"),), ()),
    "world-ipv4": ((outside("world-ipv4", EVERY_ADDRESS[:1]),), ()),
    "world-ipv6": ((outside("world-ipv6", EVERY_ADDRESS[1:]),), ()),
    "cluster": (_CLUSTER, ()),
    "cluster-mesh": (_CLUSTER, ()),  # and the same of other clusters, which are not in this snapshot
    "host": ((nodes("host"),), (_OWN_NODE,)),
    "remote-node": ((nodes("remote-node"),), (_OTHER_NODES,)),
    "kube-apiserver": ((nodes("kube-apiserver"), outside("kube-apiserver")), (_API_SERVER,)),
    "ingress": ((outside("ingress"),), (_PROXY,)),
    "unmanaged": ((_PODS,), (_UNMANAGED,)),
    "init": ((), ()),  # pods whose labels Cilium has not seen yet
    "health": ((), ()),  # Cilium's own probes
    "none": ((), ()),
}


def entity_parts(names: Sequence[str], path: str, unclear: list[str]) -> Iterable[PeerPart]:
    """What a list of entities stands for; a name that is not known goes to `unclear`.

    The pod's own node and all others together are all nodes, without a condition.
    """
    together = set(_NODES_TOGETHER) <= set(names)
    for index, name in enumerate(names):
        where = f"{path}[{index}]"
        if together and name in _NODES_TOGETHER:
            yield PeerPart(where, (nodes("host and remote-node"),))
        elif name in _ENTITIES:
            peers, conditions = _ENTITIES[name]
            yield PeerPart(where, peers, conditions)
        else:
            unclear.append(f"{where}: entity `{name}` is not known")
