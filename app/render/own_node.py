"""Traffic from a pod's own node: always allowed, so a path that exists by it alone is a residual and not a missing policy.

Source: Kubernetes API, `NetworkPolicySpec.ingress`: traffic is allowed "if the traffic source is the pod's local node". A
hostNetwork pod sends from its node's address.
"""

from app.model.connections import Connections
from app.model.reachability import Reachability


class OwnNode:
    """Tells paths that own-node traffic alone explains from those that a policy leaves open.

    Args:
        engine: the engine whose paths are asked about.
    """

    def __init__(self, engine: Reachability) -> None:
        self._engine = engine
        self._hosts = frozenset(item.id for item in engine.workloads if item.host_network)

    def only(self, source: str, destination: str, allowed: Connections) -> bool:
        """True when `allowed` is everything, and policies alone would allow less."""
        if source not in self._hosts or not allowed.is_all:
            return False
        return not self._engine.by_policies(source, destination).is_all
