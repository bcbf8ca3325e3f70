"""Flannel's backends `wireguard` and `ipsec` encrypt between nodes; all others that are known do not.

Each node's agent writes the backend that it uses into an annotation; the ConfigMap is what it will use once restarted.
Source: Flannel documentation, "Backends"; pkg/subnet/kube in its source.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson

from app.detect.evidence import Agent, Evidence
from app.detect.fields import dig, text
from app.detect.ground import Ground
from app.detect.links.agents import Agents
from app.detect.links.seals import Finding, SealedLinks, ends_of
from app.detect.nodes import Node
from app.detect.settings import REDACTED, config_map
from app.model.encryption import EvidenceStrength, Known
from app.model.inventory import Pod
from app.model.links import Links
from app.model.platform import Sign

BACKEND = "flannel.alpha.coreos.com/backend-type"
_AGENT = "kube-flannel"
_VOLUMES = ("flannel-cfg",)
_CONFIG = "kube-flannel-cfg"
_FILE = "net-conf.json"
_SEALED = ("wireguard", "ipsec")
_CLEAR = ("vxlan", "host-gw", "udp", "ipip", "alloc", "tencent-vpc", "ali-vpc", "aws-vpc", "gce")
_PSK = "its pre-shared key stands in plain text in ConfigMap {}; whoever can read that can read the traffic"


def find(ground: Ground) -> Iterator[Links]:
    """Recognise DaemonSets with container `kube-flannel`, Canal's too."""
    agent = ground.evidence.agent(_AGENT)
    if agent:
        reader = _Reader(ground, agent)
        yield SealedLinks(
            id="flannel",
            name="Flannel",
            fips=reader.fips,
            ends=ends_of(ground.inventory, reader.finding, lambda pod: pod.node),
            signs=(agent.container.sign("the network agent of Flannel"),),
            cautions=reader.cautions,
        )


def backend_of(node: Node, agents: Agents | None) -> Finding | None:
    """What the node's own annotation says, written by whoever runs Flannel there (k3s itself where `agents` is None); None where there is none."""
    value = node.annotations.get(BACKEND, "")
    if not value:
        return None
    sign = Sign(
        node.ref, f"metadata.annotations['{BACKEND}']", value, "the backend that runs here", node.digest
    )
    strength = agents.strength(node.name) if agents else EvidenceStrength.OBSERVED
    return by_backend(value, strength, sign)


def by_backend(value: str, strength: EvidenceStrength, sign: Sign | None) -> Finding:
    """A backend's name as a finding."""
    if value in _SEALED:
        return Finding(Known.YES, strength, f"backend {value} encrypts", sign)
    if value in _CLEAR:
        return Finding(Known.NO, strength, f"backend {value} does not encrypt", sign)
    return Finding(
        Known.UNKNOWN, strength, f"whether backend {value or 'without a name'} encrypts is not known", sign
    )


@dataclass(frozen=True)
class _Reader:
    ground: Ground
    agent: Agent

    @property
    def _evidence(self) -> Evidence:
        return self.ground.evidence

    @cached_property
    def _agents(self) -> Agents:
        return Agents.of(self._evidence, self.agent.daemon_sets)

    @cached_property
    def _nodes(self) -> Mapping[str, Node]:
        return {node.name: node for node in self._evidence.nodes}

    @cached_property
    def _configured(self) -> Finding:
        """What the ConfigMap says."""
        namespace = self.agent.first.ref.namespace
        name = self.agent.first.config_map(*_VOLUMES) or _CONFIG
        config = config_map(self._evidence, namespace, name)
        setting = config.get(_FILE) if config else None
        if setting is None or (setting.value is None and not self._text):
            doubt = self._evidence.doubt("", "ConfigMap", namespace, name) or "it is not among what was read"
            says = f"its backend is named in ConfigMap {namespace}/{name}, which could not be used: {doubt}"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)
        value = self._type
        sign = Sign(setting.ref, f"{setting.field}.Backend.Type", value, "the backend", setting.digest)
        return by_backend(value, EvidenceStrength.CONFIGURED, sign)

    @cached_property
    def _text(self) -> str:
        """The settings file itself; a masked key in it does not matter here."""
        name = self.agent.first.config_map(*_VOLUMES) or _CONFIG
        config = config_map(self._evidence, self.agent.first.ref.namespace, name)
        return text(dig(config.item.parsed(), "data", _FILE)) if config else ""

    @cached_property
    def _type(self) -> str:
        """Backend.Type; Flannel takes `udp` where nothing is said."""
        try:
            found = orjson.loads(self._text)
        except orjson.JSONDecodeError:
            return ""
        return text(dig(found, "Backend", "Type")).lower() or "udp"

    @property
    def fips(self) -> Known:
        """WireGuard's algorithms are not FIPS-approved; of IPsec nothing is shown."""
        return Known.NO if self._type == "wireguard" else Known.UNKNOWN

    @property
    def cautions(self) -> tuple[str, ...]:
        """A key in the ConfigMap can be read by whoever may read ConfigMaps."""
        name = self.agent.first.config_map(*_VOLUMES) or _CONFIG
        shown = '"PSK"' in self._text and REDACTED in self._text
        return (_PSK.format(f"{self.agent.first.ref.namespace}/{name}"),) if shown else ()

    def finding(self, pod: Pod, _family: int) -> Finding:
        """What holds on a pod's node."""
        if pod.host_network:
            says = "traffic of pods on the host network does not use Flannel's backend"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says)
        node = self._nodes.get(pod.node)
        if node is None:
            return self._unseen(pod.node)
        if self._agents.on(node.name) is Known.NO:
            return Finding(Known.NO, EvidenceStrength.OBSERVED, "no agent of Flannel runs on the node")
        says = "the node does not show which backend runs there"
        return backend_of(node, self._agents) or Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)

    def _unseen(self, name: str) -> Finding:
        doubt = self._evidence.doubt("", "Node")
        if self._configured.state is Known.YES and (name or self._nodes or doubt):
            says = f"{self._configured.says} by its ConfigMap, but what runs on the node was not seen"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, self._configured.sign)
        return self._configured
