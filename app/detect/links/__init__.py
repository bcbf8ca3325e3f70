"""Encryption between nodes: one file for each network plugin, one line in LINKS.

A plugin that never encrypts has an answer too: "in clear"; where no finder answers, the link is unknown. `seals` has what
they share: single findings about pods and nodes, sorted into classes.
"""

from collections.abc import Callable, Iterable

from app.detect.ground import Ground
from app.detect.links import (
    antrea,
    calico,
    cilium,
    flannel,
    k3s,
    never,
    ovn_kubernetes,
    weave_net,
)
from app.model.links import Links

FindLinks = Callable[[Ground], Iterable[Links]]

LINKS: tuple[FindLinks, ...] = (
    antrea.find,
    calico.find,
    cilium.find,
    flannel.find,
    k3s.find,
    never.find,
    ovn_kubernetes.find,
    weave_net.find,
)

__all__ = ["LINKS", "FindLinks"]
