"""Cilium's transparent encryption, WireGuard or IPsec: between nodes, per endpoint, and open where a peer is not known.

A pod is encrypted to by the key that its endpoint announces; with WireGuard its node must have published a key. Traffic of
nodes and of pods on the host network is covered by WireGuard alone, with `encrypt-node`, and never on opted-out nodes.
Strict mode (WireGuard, IPv4) drops what cannot be encrypted within one CIDR; it counts only where that holds the pod.
Source: Cilium documentation, "Transparent Encryption", "WireGuard", "IPsec".
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Network, ip_address, ip_network

from app.detect.cilium_nodes import KIND
from app.detect.evidence import Agent
from app.detect.fields import dig, sequence, text
from app.detect.ground import Ground
from app.detect.links.agents import Agents
from app.detect.links.cilium_endpoints import WIREGUARD, Endpoints
from app.detect.links.cilium_settings import Settings
from app.detect.links.seals import Finding, SealedLinks, ends_of
from app.detect.nodes import Node
from app.detect.settings import ConfigMap, config_map
from app.model.encryption import EvidenceStrength, Known
from app.model.inventory import Pod
from app.model.links import Links
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

_AGENT = "cilium-agent"
_NAMES = ("cilium", "anetd")
_CONFIG = "cilium-config"
_VOLUMES = ("cilium-config-path", "config-map")
_KEY = "network.cilium.io/wg-pub-key"
_OFF = "neither WireGuard nor IPsec is on"
_IPSEC_KEYS = (
    "whether each pair of nodes has an IPsec key of its own is said by a Secret, which is never read"
)


def find(ground: Ground) -> Iterator[Links]:
    """Recognise Cilium as detection of the plugin does."""
    agent = ground.evidence.agent(_AGENT, names=_NAMES, apps=("cilium",))
    if not agent:
        return
    sign = agent.container.sign("the agent of Cilium")
    namespace = agent.first.ref.namespace
    name = agent.first.config_map(*_VOLUMES) or _CONFIG
    config = config_map(ground.evidence, namespace, name)
    if config is None or not config.readable:
        doubt = ground.evidence.doubt("", "ConfigMap", namespace, name) or "it is not among what was read"
        says = f"its encryption is set in ConfigMap {namespace}/{name}, which could not be used: {doubt}"
        unread = Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)
        ends = ends_of(ground.inventory, lambda _pod, _family: unread, lambda _pod: "")
        yield SealedLinks("cilium", "Cilium", Known.UNKNOWN, ends, (sign,))
        return
    reader = _Reader(ground, agent, config)
    mode = reader.usual_mode
    yield SealedLinks(
        id=f"cilium-{mode}" if mode else "cilium",
        name={"wireguard": "Cilium WireGuard", "ipsec": "Cilium IPsec"}.get(mode, "Cilium"),
        fips=Known.NO if mode == "wireguard" else Known.UNKNOWN,
        ends=ends_of(ground.inventory, reader.finding, reader.place),
        signs=(sign,),
        cautions=(_IPSEC_KEYS,) if mode == "ipsec" else (),
    )


@dataclass(frozen=True)
class _Reader:
    ground: Ground
    agent: Agent
    config: ConfigMap

    @cached_property
    def _settings(self) -> Settings:
        return Settings(self.ground.evidence, self.agent, self.config)

    @cached_property
    def _agents(self) -> Agents:
        return Agents.of(self.ground.evidence, self.agent.daemon_sets)

    @cached_property
    def _endpoints(self) -> Endpoints:
        return Endpoints.of(self.ground.evidence, self.config)

    @cached_property
    def _nodes(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.ground.evidence.nodes}

    @cached_property
    def _cilium_nodes(self) -> Mapping[str, SnapshotObject]:
        found = self.ground.evidence.snapshot.of_kind("cilium.io", "CiliumNode")
        return {item.ref.name: item for item in found}

    @property
    def usual_mode(self) -> str:
        """`wireguard`, `ipsec`, or empty; single nodes may differ."""
        for mode in ("wireguard", "ipsec"):
            if self._settings.read(f"enable-{mode}", "").truth:
                return mode
        return ""

    def place(self, pod: Pod) -> str:
        """Endpoints differ pod by pod, hosts node by node."""
        return (
            pod.node if pod.host_network or not self._endpoints.given else f"{pod.namespace}/{pod.ref.name}"
        )

    def finding(self, pod: Pod, family: int) -> Finding:
        """What holds for a pod: the first of settings, host network, node and endpoint that is not sealed."""
        here = self._on_node(pod.node)
        if here.state is not Known.YES:
            return self._contradicted(pod, here)
        if pod.host_network:
            return self._host(pod.node, here)
        found = self._endpoint(pod, here)
        if found.state is Known.YES and self._strict(pod, family):
            says = f"{found.says}, and strict mode covers its address"
            signs = self._settings.strict_signs(pod.node)
            return replace(found, says=says, strict=not self._settings.weak, more=signs)
        return found

    def _contradicted(self, pod: Pod, here: Finding) -> Finding:
        """Settings that say off, and an endpoint that is announced as encrypted, cannot both hold."""
        found = self._endpoints.of_pod(pod.ref)
        if found is None or not found.key or here.state is not Known.NO or here.says != _OFF:
            return here
        says = f"{_OFF}, yet the pod's endpoint announces key {found.key}"
        return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, found.sign)

    @cached_property
    def _known(self) -> dict[str, Finding]:
        return {}

    def _on_node(self, name: str) -> Finding:
        if name not in self._known:
            self._known[name] = self._node(name)
        return self._known[name]

    def _node(self, name: str) -> Finding:
        wireguard = self._settings.read("enable-wireguard", name)
        ipsec = self._settings.read("enable-ipsec", name)
        if None in (wireguard.truth, ipsec.truth):
            unclear = wireguard if wireguard.truth is None else ipsec
            says = f"{unclear.field} has a value that was not understood"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, unclear.sign("a boolean"))
        if not wireguard.truth and not ipsec.truth:
            return self._off(name, wireguard.sign("neither WireGuard nor IPsec is on"))
        on = wireguard if wireguard.truth else ipsec
        if name and self._agents.on(name) is Known.NO:
            return Finding(Known.NO, EvidenceStrength.OBSERVED, "no agent of Cilium runs on the node")
        says = "WireGuard is on" if wireguard.truth else "IPsec is on"
        sign = on.sign("transparent encryption is on")
        return self._published(
            name, Finding(Known.YES, EvidenceStrength.CONFIGURED, says, sign, weak=self._settings.weak)
        )

    def _off(self, name: str, sign: Sign) -> Finding:
        """Off, unless the agent has not read that yet, or the node still shows a key."""
        if self._agents.stale(name, self.config):
            says = "encryption is off in a configuration that is newer than the agent that runs it"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, sign)
        return Finding(Known.NO, EvidenceStrength.CONFIGURED, _OFF, sign)

    def _published(self, name: str, on: Finding) -> Finding:
        """Whether the node has a key to show for it. With IPsec the node names the key's number."""
        item = self._cilium_nodes.get(name)
        wireguard = on.says.startswith("WireGuard")
        if item is None:
            doubt = self.ground.evidence.doubt("cilium.io", "CiliumNode")
            if not self.ground.evidence.live and not self._cilium_nodes:
                return on
            if doubt or not name:
                why = doubt or "its node is not known"
                says = f"{on.says}, but whether the node has a key cannot be told: {why}"
                return replace(on, state=Known.UNKNOWN, says=says)
            says = f"{on.says}, but the node has no CiliumNode object"
            return replace(on, state=Known.NO, strength=EvidenceStrength.OBSERVED, says=says)
        body = item.parsed()
        value = (
            text(dig(body, "metadata", "annotations", _KEY))
            if wireguard
            else dig(body, "spec", "encryption", "key")
        )
        path = f"metadata.annotations['{_KEY}']" if wireguard else "spec.encryption.key"
        said = "the key that this node has published"
        sign = Sign(item.ref, path, str(value) if value else "(not set)", said, item.digest)
        if not value:
            what = "the node has published no WireGuard key" if wireguard else "the node names no IPsec key"
            says = f"{on.says}, but {what}"
            return replace(on, state=Known.NO, strength=EvidenceStrength.OBSERVED, says=says, sign=sign)
        if wireguard and self._published_by[str(value)] > 1:
            says = (
                f"{on.says}, but the node's key is also another node's, and agents refuse the second of them"
            )
            return replace(on, state=Known.UNKNOWN, strength=EvidenceStrength.OBSERVED, says=says, sign=sign)
        says = f"{on.says} and the node has a key"
        return replace(on, strength=self._agents.strength(name), says=says, sign=sign)

    @cached_property
    def _published_by(self) -> Counter[str]:
        """How many nodes publish each WireGuard key."""
        found = (dig(item.parsed(), "metadata", "annotations", _KEY) for item in self._cilium_nodes.values())
        return Counter(text(key) for key in found)

    def _host(self, name: str, here: Finding) -> Finding:
        setting = self._settings.read("encrypt-node", name)
        if not self._settings.read("enable-wireguard", name).truth:
            says = "IPsec leaves out traffic of nodes and of pods on the host network"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says, here.sign)
        if setting.truth is not True:
            state = Known.NO if setting.truth is False else Known.UNKNOWN
            says = "traffic of nodes and of pods on the host network is left out (encrypt-node is not on)"
            return Finding(state, EvidenceStrength.CONFIGURED, says, setting.sign("whether nodes encrypt"))
        flag = setting.ref == self.agent.first.ref
        if self._agents.stale(name, self.config) or (flag and self._rolling):
            says = "encrypt-node is on in a configuration that is newer than the agent that runs it"
            return Finding(
                Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, setting.sign("whether nodes encrypt")
            )
        if self._others:
            says = f"encrypt-node is on, but whether single nodes have other settings cannot be told: {self._others}"
            return Finding(
                Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, setting.sign("whether nodes encrypt")
            )
        return self._opted_out(name) or replace(here, says=f"{here.says}, encrypt-node included")

    def _opted_out(self, name: str) -> Finding | None:
        """Nodes with these labels leave out their own traffic; control-plane nodes do by default."""
        setting = self._settings.read("node-encryption-opt-out-labels", name)
        node, key = self._nodes.get(name), setting.value or ""
        if setting.value == "":
            return None
        simple = key.replace("/", "").replace(".", "").replace("-", "").replace("_", "").isalnum()
        sign = setting.sign("nodes with this label leave out their own traffic")
        if node is None or not simple:
            says = "whether the node is one of those that leave out their own traffic cannot be told"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, sign)
        if key in node.labels:
            says = f"the node leaves out its own traffic (label {key})"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says, sign)
        return None

    def _endpoint(self, pod: Pod, here: Finding) -> Finding:
        """What peers know of the pod itself."""
        if pod.from_template or (not self.ground.evidence.live and not self._endpoints.given):
            return here
        found = self._endpoints.of_pod(pod.ref)
        if found is None and self._endpoints.doubt:
            says = f"{here.says}, but whether the pod is encrypted to cannot be told: {self._endpoints.doubt}"
            return replace(here, state=Known.UNKNOWN, says=says)
        if found is None:
            says = "the pod has no CiliumEndpoint, so Cilium does not manage it and does not encrypt to it"
            sign = Sign(pod.ref, "metadata.name", pod.ref.name, "no CiliumEndpoint has this name", pod.digest)
            return Finding(Known.NO, EvidenceStrength.OBSERVED, says, sign)
        wireguard = here.says.startswith("WireGuard")
        if (found.key == WIREGUARD) if wireguard else (0 < found.key < WIREGUARD):
            return replace(here, says=f"{here.says}, and the pod's endpoint announces it", sign=found.sign)
        says = f"{here.says}, but the pod's endpoint announces key {found.key}, so peers send to it in clear"
        return Finding(Known.NO, EvidenceStrength.OBSERVED, says, found.sign)

    def _strict(self, pod: Pod, family: int) -> bool:
        if family != 4 or not self._settled(pod.node):  # noqa: PLR2004  IP version
            return False
        network = self._settings.strict(pod.node)
        return network is not None and self._within(pod, network)

    def _settled(self, node: str) -> bool:
        """False where the agent may not run by what was read: it is older, of another version, not ready, or has settings of its own."""
        stale = self._agents.stale(node, self.config)
        return not (stale or self._rolling or self._agents.unready(node) or self._others)

    @property
    def _others(self) -> str:
        """Why single nodes may have settings that were not read."""
        return self.ground.evidence.doubt(*KIND, self.agent.first.ref.namespace)

    @property
    def _rolling(self) -> bool:
        return any(item.rolling for item in self.agent.daemon_sets)

    def _within(self, pod: Pod, network: IPv4Network) -> bool:
        """The pod's own addresses where they are known, else every range that pods of the cluster come from."""
        own = [ip for ip in pod.ips if ":" not in ip]
        if own:
            return all(ip_address(ip) in network for ip in own)
        ranges = [IPv4Network(item) for item in self._pod_ranges if ":" not in item]
        return bool(ranges) and all(item.subnet_of(network) for item in ranges)

    @cached_property
    def _pod_ranges(self) -> tuple[str, ...]:
        pool = self.config.get("cluster-pool-ipv4-cidr")
        found = set((pool.value or "").split()) if pool else set()
        for node in self.ground.inventory.nodes:
            found |= set(node.pod_cidrs)
        for item in self._cilium_nodes.values():
            found |= {text(cidr) for cidr in sequence(dig(item.parsed(), "spec", "ipam", "podCIDRs"))}
        return tuple(sorted(str(ip_network(item, strict=False)) for item in found if _is_network(item)))


def _is_network(value: str) -> bool:
    try:
        ip_network(value, strict=False)
    except ValueError:
        return False
    return True
