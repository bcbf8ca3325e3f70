"""k3s: its built-in Flannel encrypts with backend `wireguard-native`; nodes show the backend that they use.

Source: K3s documentation, "Basic Network Options".
"""

from collections.abc import Iterator
from dataclasses import replace

from app.detect.ground import Ground
from app.detect.k3s import flannel_backends, flannel_doubt
from app.detect.links.flannel import backend_of
from app.detect.links.seals import Finding, SealedLinks, ends_of
from app.detect.nodes import Node
from app.model.encryption import EvidenceStrength, Known
from app.model.inventory import Pod
from app.model.links import Links


def find(ground: Ground) -> Iterator[Links]:
    """Recognise k3s whose own Flannel is not switched off."""
    backends = flannel_backends(ground.evidence)
    if backends is None or backends == ("none",):
        return
    nodes = {node.name: node for node in ground.evidence.nodes}
    doubt = flannel_doubt(ground.evidence)

    def finding(pod: Pod, _family: int) -> Finding:
        if pod.host_network:
            says = "traffic of pods on the host network does not use Flannel's backend"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says)
        found = _on_node(nodes.get(pod.node), backends)
        return _doubted(found, doubt) if doubt else found

    yield SealedLinks(
        id="k3s-flannel",
        name="Flannel of k3s",
        fips=Known.NO if "wireguard-native" in backends else Known.UNKNOWN,
        ends=ends_of(ground.inventory, finding, lambda pod: pod.node),
    )


def _doubted(found: Finding, doubt: str) -> Finding:
    """Without a server's word an annotation may be left from before another plugin took over."""
    says = f"{doubt}, and what the node shows may be left from before"
    return replace(found, state=Known.UNKNOWN, strength=EvidenceStrength.CONFIGURED, says=says)


def _on_node(node: Node | None, backends: tuple[str, ...]) -> Finding:
    """What the node shows; the servers' command line tells only what was asked for."""
    shown = backend_of(node, None) if node else None
    if shown:
        return shown
    asked = ", ".join(backends) or "vxlan"
    says = f"servers ask for backend {asked}, and the node does not show which one runs there"
    return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)
