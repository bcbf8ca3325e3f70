"""IPsec of OVN-Kubernetes: Geneve tunnels between nodes. OpenShift's operator sets a mode; upstream it is part of the chart.

`ipsecConfig: {}` is the old way to write mode Full; mode External is for traffic that leaves the cluster, not for pods.
Source: OpenShift documentation, "Configuring IPsec encryption"; cluster-network-operator, `GetIPsecMode`; the chart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, text
from app.detect.ground import Ground
from app.detect.links.agents import Agents
from app.detect.links.seals import Finding, SealedLinks, ends_of
from app.detect.settings import environment
from app.model.encryption import EvidenceStrength, Known
from app.model.inventory import Pod
from app.model.links import Links
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

_NODE = "ovnkube-node"
_DAEMONS = ("ovn-ipsec", "ovn-ipsec-host", "ovn-ipsec-containerized")
_GROUP, _KIND = "operator.openshift.io", "Network"
_PATH = "spec.defaultNetwork.ovnKubernetesConfig.ipsecConfig"


def find(ground: Ground) -> Iterator[Links]:
    """Recognise DaemonSet `ovnkube-node`."""
    if ground.evidence.named(_NODE):
        reader = _Reader(ground)
        yield SealedLinks(
            id="ovn-kubernetes-ipsec",
            name="OVN-Kubernetes",
            fips=Known.UNKNOWN,
            ends=ends_of(ground.inventory, reader.finding, lambda pod: pod.node),
            signs=(reader.agent,),
        )


@dataclass(frozen=True)
class _Reader:
    ground: Ground

    @property
    def _evidence(self) -> Evidence:
        return self.ground.evidence

    @property
    def agent(self) -> Sign:
        """The DaemonSet that was recognised."""
        return self._evidence.named(_NODE)[0].sign("metadata.name", _NODE, "the agent of OVN-Kubernetes")

    @cached_property
    def _operator(self) -> SnapshotObject | None:
        return self._evidence.object(_GROUP, _KIND, "", "cluster")

    @cached_property
    def _on_openshift(self) -> bool:
        return any(item.ref.namespace.startswith("openshift-") for item in self._evidence.named(_NODE))

    @cached_property
    def _configured(self) -> Finding:
        if self._operator is not None:
            return self._by_operator(self._operator)
        if self._on_openshift:
            why = self._evidence.doubt(_GROUP, _KIND) or "it is not among what was read"
            says = f"its mode is set in {_KIND} cluster of {_GROUP}, which could not be used: {why}"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)
        return self._by_chart()

    @staticmethod
    def _by_operator(item: SnapshotObject) -> Finding:
        found: Mapping[str, Any] = mapping(
            dig(item.parsed(), "spec", "defaultNetwork", "ovnKubernetesConfig")
        )
        config = found.get("ipsecConfig")
        mode = "Disabled" if config is None else text(dig(config, "mode")) or "Full"
        sign = Sign(item.ref, f"{_PATH}.mode", mode, "an empty ipsecConfig means Full", item.digest)
        if mode == "Full":
            return Finding(Known.YES, EvidenceStrength.CONFIGURED, "IPsec mode is Full", sign)
        if mode in ("Disabled", "External"):
            says = f"IPsec mode is {mode}, which leaves traffic between pods in clear"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says, sign)
        return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, f"IPsec mode {mode} is not known", sign)

    def _by_chart(self) -> Finding:
        """Both parts are needed: the daemon, and the database told to ask for it."""
        agent = self._evidence.agent("nb-ovsdb", names=(_NODE,))
        setting = environment(self._evidence, agent.container, "ENABLE_IPSEC") if agent else None
        if agent and any(item.rolling for item in agent.daemon_sets):
            says = "its switch for IPsec stands in a template from which not all of its pods were started yet"
            sign = setting.sign("the chart's switch for IPsec") if setting else None
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, sign)
        daemon = self._evidence.named(*_DAEMONS)
        if setting is not None and setting.truth and daemon:
            sign = setting.sign("the chart's switch for IPsec")
            return Finding(
                Known.YES, EvidenceStrength.CONFIGURED, "IPsec is on and its daemon is there", sign
            )
        if setting is not None and setting.truth is None and setting.value != "":
            sign = setting.sign("the chart's switch for IPsec")
            return Finding(
                Known.UNKNOWN, EvidenceStrength.CONFIGURED, "ENABLE_IPSEC was not understood", sign
            )
        says = (
            "IPsec is off"
            if not (setting and setting.truth)
            else "IPsec is asked for, but its daemon is missing"
        )
        return Finding(
            Known.NO,
            EvidenceStrength.CONFIGURED,
            says,
            setting.sign("the chart's switch for IPsec") if setting else None,
        )

    @cached_property
    def _daemons(self) -> Agents:
        return Agents.of(self._evidence, self._evidence.named(*_DAEMONS))

    def finding(self, pod: Pod, _family: int) -> Finding:
        """What holds on a pod's node: as configured, and where the IPsec daemon is ready."""
        usual = self._configured
        if usual.state is not Known.YES:
            return usual
        if pod.host_network:
            says = "traffic of pods on the host network does not use OVN's tunnels"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says)
        if not self._evidence.named(*_DAEMONS):
            says = f"{usual.says}, but its daemon was not seen"
            return replace(usual, state=Known.UNKNOWN if not self._evidence.live else Known.NO, says=says)
        return self._on_node(pod.node, usual)

    def _on_node(self, name: str, usual: Finding) -> Finding:
        match self._daemons.on(name):
            case Known.YES:
                says = f"{usual.says}, and its daemon is ready on the node"
                return replace(usual, strength=EvidenceStrength.OBSERVED, says=says)
            case Known.NO:
                says = f"{usual.says}, but its daemon is not on the node"
                return replace(usual, state=Known.NO, strength=EvidenceStrength.OBSERVED, says=says)
            case Known.UNKNOWN if self._evidence.live or self._daemons.known:
                says = f"{usual.says}, but whether its daemon is ready on the node cannot be told"
                return replace(usual, state=Known.UNKNOWN, says=says)
            case _:
                return usual
