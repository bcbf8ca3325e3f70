"""WireGuard between Calico's nodes. It always fails open: a peer without a key is sent to in clear.

A node that encrypts publishes its key in an annotation, one for each family; a pair is encrypted when both have one.
Pods on the host network are covered only with `wireguardHostEncryptionEnabled`.
Source: Calico documentation, "Encrypt in-cluster pod traffic"; felix/wireguard in its source.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.detect.evidence import Agent
from app.detect.ground import Ground
from app.detect.links.agents import Agents
from app.detect.links.felix import Felix, Wanted
from app.detect.links.seals import Finding, SealedLinks, ends_of
from app.detect.nodes import Node
from app.detect.settings import environment
from app.model.encryption import EvidenceStrength, Known
from app.model.inventory import Pod
from app.model.links import Links
from app.model.platform import Sign

_AGENT = "calico-node"
_NAMES = (_AGENT, "canal", "rke2-canal")
_VPP = "calico-vpp-node"
_KEYS = {4: "projectcalico.org/WireguardPublicKey", 6: "projectcalico.org/WireguardPublicKeyV6"}
_SWITCHES = {
    4: ("wireguardEnabled", "FELIX_WIREGUARDENABLED"),
    6: ("wireguardEnabledV6", "FELIX_WIREGUARDENABLEDV6"),
}
_HOST = ("wireguardHostEncryptionEnabled", "FELIX_WIREGUARDHOSTENCRYPTIONENABLED")


def find(ground: Ground) -> Iterator[Links]:
    """Recognise `calico-node` by container and by name or label `k8s-app`, as detection of the plugin does."""
    agent = ground.evidence.agent(_AGENT, names=_NAMES, apps=(_AGENT, "canal"))
    if agent:
        reader = _Reader(ground, agent)
        yield SealedLinks(
            id="calico-wireguard",
            name="Calico WireGuard",
            fips=Known.NO,  # ChaCha20-Poly1305 and Curve25519 are not FIPS-approved
            ends=ends_of(ground.inventory, reader.finding, lambda pod: pod.node),
            signs=(agent.container.sign("the agent of Calico"),),
        )


@dataclass(frozen=True)
class _Reader:
    ground: Ground
    agent: Agent

    @cached_property
    def _felix(self) -> Felix:
        return Felix(self.ground.evidence, self.agent.container)

    @cached_property
    def _nodes(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.ground.evidence.nodes}

    @cached_property
    def _agents(self) -> Agents:
        return Agents.of(self.ground.evidence, self.agent.daemon_sets)

    @cached_property
    def _published(self) -> Counter[str]:
        """How many nodes publish each key."""
        annotations = (node.annotations for node in self._nodes.values())
        return Counter(each[key] for each in annotations for key in _KEYS.values() if each.get(key))

    @cached_property
    def _outside_api(self) -> bool:
        """With its etcd store Calico writes no annotations."""
        store = environment(self.ground.evidence, self.agent.container, "DATASTORE_TYPE")
        return store is not None and (store.value or "").lower() == "etcdv3"

    @cached_property
    def _known(self) -> dict[tuple[str, int, bool], Finding]:
        return {}

    def finding(self, pod: Pod, family: int) -> Finding:
        """What holds for a pod; pods of one node share it."""
        key = (pod.node, family, pod.host_network)
        if key not in self._known:
            self._known[key] = self._pod(*key)
        return self._known[key]

    def _pod(self, name: str, family: int, host_network: bool) -> Finding:
        if self.ground.evidence.named(_VPP):
            says = "its VPP data plane has an encryption of its own that this version does not read"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)
        if host_network:
            covered = self._felix.switch(*_HOST, self._nodes.get(name))
            if covered.on is not Known.YES:
                says = f"traffic of pods on the host network is left out: {covered.says}"
                return Finding(covered.on, covered.strength, says, covered.sign)
        return self._node(name, family)

    def _node(self, name: str, family: int) -> Finding:
        node = self._nodes.get(name)
        wanted = self._felix.switch(*_SWITCHES[family], node)
        if node is None:
            return self._unseen(name, wanted)
        if self._agents.on(name) is Known.NO:
            says = "no agent of Calico runs on the node"
            return Finding(Known.NO, EvidenceStrength.OBSERVED, says)
        key = node.annotations.get(_KEYS[family], "")
        if key:
            return self._with_key(node, family, key, wanted)
        return self._without_key(wanted, _annotation(node, family, "(not set)"))

    def _unseen(self, name: str, wanted: Wanted) -> Finding:
        """Without the Node object only the settings speak; in a cluster a key has to be seen."""
        doubt = self.ground.evidence.doubt("", "Node")
        if wanted.on is Known.YES and (name or self._nodes or doubt):
            says = f"{wanted.says}, but whether the node has a key cannot be told"
            return Finding(Known.UNKNOWN, wanted.strength, says, wanted.sign)
        return Finding(wanted.on, wanted.strength, wanted.says, wanted.sign or self._agent)

    @property
    def _agent(self) -> Sign:
        """Evidence where a setting is absent: the agent that would have read it."""
        return self.agent.container.sign("the agent of Calico, which encrypts only where it is told to")

    def _with_key(self, node: Node, family: int, key: str, wanted: Wanted) -> Finding:
        sign = _annotation(node, family, key)
        if wanted.on is Known.NO and wanted.strength is not EvidenceStrength.INTENDED:
            says = f"the node has published a WireGuard key, but {wanted.says}"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, sign)
        if self._published[key] > 1:
            says = "the node's WireGuard key is also another node's, and Calico then leaves it out"
            return Finding(Known.NO, EvidenceStrength.OBSERVED, says, sign)
        if self._agents.unready(node.name):
            says = "the agent on the node is not ready, so its WireGuard key may be left from before"
            return Finding(Known.UNKNOWN, EvidenceStrength.OBSERVED, says, sign)
        says = f"the node has published a WireGuard key for IPv{family}"
        return Finding(Known.YES, self._agents.strength(node.name), says, sign)

    def _without_key(self, wanted: Wanted, absent: Sign) -> Finding:
        if wanted.on is Known.NO:
            return Finding(Known.NO, wanted.strength, wanted.says, wanted.sign or self._agent)
        if self._outside_api:
            says = f"{wanted.says}, and with its etcd store Calico does not show keys of nodes"
            return Finding(Known.UNKNOWN, wanted.strength, says, wanted.sign)
        says = f"the node has published no WireGuard key, although {wanted.says}"
        if wanted.on is Known.UNKNOWN:
            says = "the node has published no WireGuard key"
        return Finding(Known.NO, EvidenceStrength.OBSERVED, says, absent)


def _annotation(node: Node, family: int, value: str) -> Sign:
    path = f"metadata.annotations['{_KEYS[family]}']"
    return Sign(node.ref, path, value, "the key that this node has published", node.digest)
