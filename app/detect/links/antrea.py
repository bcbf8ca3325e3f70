"""Antrea: `trafficEncryptionMode` ipsec or wireGuard, which only `trafficEncapMode: encap` honours.

With WireGuard each node publishes its key. IPsec leaves no trace that the API shows; with a pre-shared key it is whatever
Secret `antrea-ipsec` holds, and the install manifest ships a well-known one.
Source: Antrea documentation, "Traffic Encryption"; pkg/agent in its source.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from app.detect.antrea_files import AGENT_FILE, settings_of
from app.detect.evidence import Agent
from app.detect.fields import dig, mapping, text
from app.detect.ground import Ground
from app.detect.links.agents import Agents
from app.detect.links.seals import Finding, SealedLinks, ends_of
from app.detect.nodes import Node
from app.detect.settings import ConfigMap, config_map
from app.model.encryption import EvidenceStrength, Known
from app.model.inventory import Pod
from app.model.links import Links
from app.model.platform import Sign

_AGENT = "antrea-agent"
_CONFIG = "antrea-config"
_KEY = "node.antrea.io/wireguard-public-key"
_DEFAULT_PSK = (
    "Antrea's IPsec manifest ships a well-known pre-shared key; whether it was replaced is said by Secret antrea-ipsec, "
    "which is never read"
)
_PER_NODE = ("trafficEncryptionMode", "trafficEncapMode")


def find(ground: Ground) -> Iterator[Links]:
    """Recognise DaemonSet `antrea-agent` by its container."""
    agent = ground.evidence.agent(_AGENT, names=(_AGENT,))
    if agent:
        reader = _Reader(ground, agent)
        mode = reader.mode
        yield SealedLinks(
            id=f"antrea-{mode}" if mode in ("wireguard", "ipsec") else "antrea",
            name={"wireguard": "Antrea WireGuard", "ipsec": "Antrea IPsec"}.get(mode, "Antrea"),
            fips=Known.NO if mode == "wireguard" else Known.UNKNOWN,
            ends=ends_of(ground.inventory, reader.finding, lambda pod: pod.node),
            signs=(agent.container.sign("the agent of Antrea"),),
            cautions=(_DEFAULT_PSK,) if reader.pre_shared else (),
        )


@dataclass(frozen=True)
class _Reader:
    ground: Ground
    agent: Agent

    @cached_property
    def _name(self) -> str:
        return self.agent.first.config_map(_CONFIG) or _CONFIG

    @cached_property
    def _config(self) -> ConfigMap | None:
        return config_map(self.ground.evidence, self.agent.first.ref.namespace, self._name)

    @cached_property
    def _agents(self) -> Agents:
        return Agents.of(self.ground.evidence, self.agent.daemon_sets)

    @cached_property
    def _nodes(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.ground.evidence.nodes}

    @cached_property
    def _settings(self) -> Mapping[str, Any] | None:
        return settings_of(self._config, AGENT_FILE)

    def _key(self, name: str, default: str) -> Sign | None:
        """A key of the agent's file, lower case as Antrea compares it; None where the file could not be read."""
        setting = self._config.get(AGENT_FILE) if self._config else None
        if setting is None or self._settings is None:
            return None
        value = str(self._settings.get(name) or default).lower()
        return Sign(setting.ref, f"{setting.field}.{name}", value, "a setting of the agent", setting.digest)

    @cached_property
    def mode(self) -> str:
        """`none`, `ipsec`, `wireguard`; empty where it could not be read."""
        sign = self._key("trafficEncryptionMode", "none")
        return sign.value if sign else ""

    @property
    def pre_shared(self) -> bool:
        """IPsec with a pre-shared key, which is the default."""
        asked = text(dig(self._settings or {}, "ipsec", "authenticationMode"))
        return self.mode == "ipsec" and asked.lower() != "cert"

    def finding(self, pod: Pod, _family: int) -> Finding:
        """What holds on a pod's node."""
        usual = self._configured
        if usual.state is Known.NO and self._agents.stale(pod.node, self._config):
            return _stale(usual)
        if usual.state is not Known.YES:
            return usual
        if pod.host_network:
            says = "traffic of pods on the host network does not use Antrea's tunnels"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says)
        return self._on_node(pod.node, usual)

    @cached_property
    def _configured(self) -> Finding:
        encryption, encap = self._key("trafficEncryptionMode", "none"), self._key("trafficEncapMode", "encap")
        namespace = self.agent.first.ref.namespace
        if encryption is None or encap is None:
            doubt = self.ground.evidence.doubt("", "ConfigMap", namespace, self._name)
            why = doubt or self._unusable
            says = (
                f"its encryption is set in ConfigMap {namespace}/{self._name}, which could not be used: {why}"
            )
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)
        if self._per_node:
            says = f"{self._per_node} changes it on some nodes, which this version does not read"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, encryption)
        if encryption.value == "none":
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, "trafficEncryptionMode is none", encryption)
        if encryption.value not in ("ipsec", "wireguard"):
            says = f"trafficEncryptionMode {encryption.value} is not known"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, encryption)
        if encap.value != "encap":
            says = f"trafficEncryptionMode has no effect with trafficEncapMode {encap.value}"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says, encap)
        says = f"trafficEncryptionMode is {encryption.value}"
        return Finding(Known.YES, EvidenceStrength.CONFIGURED, says, encryption)

    @property
    def _unusable(self) -> str:
        """Why a file that nobody refused says nothing."""
        setting = self._config.get(AGENT_FILE) if self._config else None
        if setting is None:
            return f"its {AGENT_FILE} is not among what was read"
        return f"its {AGENT_FILE} is masked" if setting.value is None else f"its {AGENT_FILE} is no YAML"

    @cached_property
    def _per_node(self) -> str:
        found = self.ground.evidence.snapshot.of_kind("crd.antrea.io", "AntreaNodeConfig")
        return next(
            (
                str(item.ref)
                for item in found
                if any(key in mapping(dig(item.parsed(), "spec")) for key in _PER_NODE)
            ),
            "",
        )

    def _on_node(self, name: str, usual: Finding) -> Finding:
        node = self._nodes.get(name)
        if node is None:
            if name or self._nodes or self.ground.evidence.doubt("", "Node"):
                says = f"{usual.says}, but its node was not read or is not known"
                return replace(usual, state=Known.UNKNOWN, says=says)
            return usual
        if self._agents.on(name) is Known.NO:
            return Finding(Known.NO, EvidenceStrength.OBSERVED, "no agent of Antrea runs on the node")
        if self.mode == "ipsec":
            return self._unproven(name, usual)
        return self._by_key(node, usual)

    def _by_key(self, node: Node, usual: Finding) -> Finding:
        """With WireGuard a node is encrypted to by the key that it has published, if that is its alone."""
        key = node.annotations.get(_KEY, "")
        path, said = f"metadata.annotations['{_KEY}']", "the key that this node has published"
        sign = Sign(node.ref, path, key or "(not set)", said, node.digest)
        if not key:
            says = f"{usual.says}, but the node has published no WireGuard key"
            return replace(usual, state=Known.NO, strength=EvidenceStrength.OBSERVED, says=says, sign=sign)
        if self._published[key] > 1:
            says = f"{usual.says}, but the node's key is also another node's"
            return replace(
                usual, state=Known.UNKNOWN, strength=EvidenceStrength.OBSERVED, says=says, sign=sign
            )
        says = f"{usual.says} and the node has published a key"
        return replace(usual, strength=self._agents.strength(node.name), says=says, sign=sign)

    @cached_property
    def _published(self) -> Counter[str]:
        """How many nodes publish each key."""
        return Counter(node.annotations.get(_KEY, "") for node in self._nodes.values())

    def _unproven(self, name: str, usual: Finding) -> Finding:
        """IPsec is as configured, unless the agent has not read that yet."""
        return _stale(usual) if self._agents.stale(name, self._config) else usual


def _stale(usual: Finding) -> Finding:
    says = f"{usual.says} in a configuration that is newer than the agent that runs it"
    return replace(usual, state=Known.UNKNOWN, says=says)
