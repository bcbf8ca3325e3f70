"""Antrea: `trafficEncryptionMode` ipsec or wireGuard, which only `trafficEncapMode: encap` honours.

With WireGuard each node publishes its key. IPsec leaves no trace that the API shows; with a pre-shared key it is whatever
Secret `antrea-ipsec` holds, and the install manifest ships a well-known one.
Source: Antrea documentation, "Traffic Encryption"; pkg/agent in its source.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from app.detect.evidence import Agent
from app.detect.fields import dig, mapping
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
_FILE = "antrea-agent.conf"
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

    def _key(self, name: str, default: str) -> Sign | None:
        """A top-level key of the agent's file, lower case; a stranger's YAML is not parsed for one key."""
        setting = self._config.get(_FILE) if self._config else None
        if setting is None or setting.value is None:
            return None
        found = re.search(rf'^{name}:\s*"?([\w-]+)', setting.value, re.MULTILINE)
        value = found.group(1).lower() if found else default
        return Sign(setting.ref, f"{setting.field}.{name}", value, "a setting of the agent", setting.digest)

    @cached_property
    def mode(self) -> str:
        """`none`, `ipsec`, `wireguard`; empty where it could not be read."""
        sign = self._key("trafficEncryptionMode", "none")
        return sign.value if sign else ""

    @property
    def pre_shared(self) -> bool:
        """IPsec with a pre-shared key, which is the default."""
        setting = self._config.get(_FILE) if self._config else None
        by_certificate = re.search(
            r'^\s+authenticationMode:\s*"?cert\b', (setting and setting.value) or "", re.MULTILINE
        )
        return self.mode == "ipsec" and not by_certificate

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
            why = doubt or "it is not among what was read"
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
        key = node.annotations.get(_KEY, "")
        path, said = f"metadata.annotations['{_KEY}']", "the key that this node has published"
        sign = Sign(node.ref, path, key or "(not set)", said, node.digest)
        if not key:
            says = f"{usual.says}, but the node has published no WireGuard key"
            return replace(usual, state=Known.NO, strength=EvidenceStrength.OBSERVED, says=says, sign=sign)
        says = f"{usual.says} and the node has published a key"
        return replace(usual, strength=self._agents.strength(name), says=says, sign=sign)

    def _unproven(self, name: str, usual: Finding) -> Finding:
        """IPsec is as configured, unless the agent has not read that yet."""
        return _stale(usual) if self._agents.stale(name, self._config) else usual


def _stale(usual: Finding) -> Finding:
    says = f"{usual.says} in a configuration that is newer than the agent that runs it"
    return replace(usual, state=Known.UNKNOWN, says=says)
