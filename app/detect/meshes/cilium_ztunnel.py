"""Cilium's own mutual TLS by a node proxy (beta since 1.19), for pods of namespaces that are enrolled by label.

It carries TCP between two enrolled pods and never refuses what comes in clear, so it is opportunistic at best. The proxy is
Istio's, under another name and with another control plane. Source: Cilium documentation, "Ztunnel Transparent Encryption".
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.detect.ground import Ground
from app.detect.links.agents import Agents
from app.detect.meshes.cilium_settings import ZTUNNEL, CiliumSettings
from app.detect.pods import SeenPod
from app.detect.settings import Setting
from app.detect.workloads import DaemonSet
from app.model.encryption import (
    Accepting,
    Authorisation,
    Authorised,
    ClientTls,
    EvidenceStrength,
    Guard,
    Known,
    Membership,
    Sending,
    weakest,
)
from app.model.identity import ObjectRef
from app.model.platform import Sign

_PROXY = "ztunnel-cilium"
_ENROLLED = "io.cilium/mtls-enabled"
_MODE = "not enforcing"
_FIRST = (1, 19)
_UNSEEN = "whether the node proxy works was not seen"


@dataclass(frozen=True, slots=True)
class Side:
    """One class of pods: enrolled or not, and how that is known."""

    enrolled: Known
    strength: EvidenceStrength


_OUTSIDE = Side(Known.NO, EvidenceStrength.OBSERVED)


@dataclass(frozen=True)
class CiliumZtunnel:
    """See `Mesh`. Keys are sides."""

    version: str
    signs: tuple[Sign, ...]
    members: Mapping[ObjectRef, Membership] = field(repr=False)
    cautions: tuple[str, ...] = ()
    fips: Known = Known.UNKNOWN
    id: str = "cilium-ztunnel"
    name: str = "Cilium ztunnel"

    def member(self, pod: ObjectRef) -> Membership | None:
        """A pod's membership."""
        return self.members.get(pod)

    def key(self, pod: ObjectRef) -> Hashable:
        """Its side."""
        found = self.members.get(pod)
        return Side(found.enrolled, found.strength) if found else _OUTSIDE

    def sends(self, client: Side, server: Side, port: int) -> Sending:  # noqa: ARG002  every port alike
        """Mutual TLS between two enrolled pods."""
        strength = weakest(client.strength, server.strength)
        if Known.NO in (client.enrolled, server.enrolled):
            return Sending(
                ClientTls.PLAIN, strength, "one end is in no namespace that is enrolled with Cilium's ztunnel"
            )
        if Known.UNKNOWN in (client.enrolled, server.enrolled):
            return Sending(
                ClientTls.UNKNOWN, strength, "whether Cilium's ztunnel carries both ends cannot be told"
            )
        return Sending(ClientTls.MESH_MTLS, strength, "both ends are enrolled with Cilium's ztunnel")

    def accepts(self, server: Side, port: int) -> Accepting | None:  # noqa: ARG002  every port alike
        """Always plain text too, whether it carries the pod or not."""
        if server.enrolled is Known.NO:
            return None
        return Accepting(Known.YES, _MODE, server.strength, "Cilium's ztunnel refuses no plain text")

    def ports(self, client: Side | None, server: Side) -> tuple[int, ...]:  # noqa: ARG002  every port alike
        """None differs."""
        return ()

    def authorises(self, client: Side | None, server: Side, port: int) -> Authorisation:  # noqa: ARG002
        """Nothing of its own: network policies decide."""
        return Authorisation(Authorised.UNRESTRICTED, "Cilium's ztunnel has no authorisation of its own")

    def guard(self, server: Side) -> Guard | None:  # noqa: ARG002
        """It has no authorisation."""
        return None


def find(ground: Ground) -> Iterable[CiliumZtunnel]:
    """Cilium's ztunnel, where its agent is told to use it."""
    settings = CiliumSettings.of(ground.evidence)
    switch = settings.switch(ZTUNNEL) if settings else None
    if settings is None or (switch is not None and switch.truth is False):
        return
    proxies = _Proxies(ground, settings, switch)
    members = {pod.ref: _member(pod, proxies) for pod in ground.pods if _enrolled(pod)}
    if switch is None and not (settings.doubt and members):
        return  # off where nothing says it is on, unless that could not be read and namespaces ask for it
    yield CiliumZtunnel(
        version=settings.agent.version,
        signs=(switch.sign("mutual TLS by Cilium's node proxy"),) if switch else (),
        members=members,
        cautions=(
            "Cilium's ztunnel is a beta feature and refuses no plain text",
            *filter(None, [settings.doubt]),
        ),
    )


def _enrolled(pod: SeenPod) -> bool:
    return not pod.pod.host_network and pod.space_labels.get(_ENROLLED) == "true"


def _member(pod: SeenPod, proxies: "_Proxies") -> Membership:
    namespace = ObjectRef("", "Namespace", "", pod.pod.namespace)
    sign = Sign(namespace, f"metadata.labels['{_ENROLLED}']", "true", "enrols its pods")
    says = "its namespace is enrolled with Cilium's ztunnel"
    runs, why = proxies.on(pod.pod.node)
    return Membership("ambient", runs, pod.strength, "", f"{says}, but {why}" if why else says, (sign,))


@dataclass(frozen=True)
class _Proxies:
    """Where the node proxy works: a release that has one, switched on, its pod ready on the node."""

    ground: Ground
    settings: CiliumSettings
    switch: Setting | None

    def on(self, node: str) -> tuple[Known, str]:
        """Whether it works on a node, and why that is not seen, as a clause; `node` is empty where it is not known."""
        if node not in self._answers:
            self._answers[node] = self._general if self._general[0] is Known.NO else self._on(node)
        return self._answers[node]

    @cached_property
    def _answers(self) -> dict[str, tuple[Known, str]]:
        return {}

    @cached_property
    def _general(self) -> tuple[Known, str]:
        """What holds on every node alike."""
        release = self.settings.version
        if release is not None and release < _FIRST:
            return Known.NO, f"release {self.settings.agent.version} of Cilium has no node proxy"
        if self.switch is None or self.switch.truth is None or release is None:
            return Known.UNKNOWN, _UNSEEN
        if not self._daemons:
            doubt = self.ground.evidence.doubt("apps", "DaemonSet")
            missing = not doubt and self.ground.evidence.live
            return (Known.NO, f"its DaemonSet {_PROXY} is not there") if missing else (Known.UNKNOWN, _UNSEEN)
        short = any(item.desired is not None and item.ready != item.desired for item in self._daemons)
        return (Known.UNKNOWN, _UNSEEN) if short else (Known.YES, "")

    def _on(self, node: str) -> tuple[Known, str]:
        if unsettled := self.settings.unsettled(ZTUNNEL, nodes=(node,) if node else ()):
            return Known.UNKNOWN, unsettled
        if not node or not (self._pods.pods or self.ground.evidence.live):
            return self._general
        match self._pods.on(node):
            case Known.NO:
                return Known.NO, f"no pod of {_PROXY} runs on its node"
            case Known.UNKNOWN:
                return Known.UNKNOWN, f"whether the pod of {_PROXY} on its node is ready was not seen"
            case Known.YES:
                # a DaemonSet that is short of pods elsewhere says nothing about this node
                known = self.switch is not None and self.switch.truth and self.settings.version is not None
                return (Known.YES, "") if known else (Known.UNKNOWN, _UNSEEN)

    @cached_property
    def _daemons(self) -> tuple[DaemonSet, ...]:
        return self.ground.evidence.named(_PROXY)

    @cached_property
    def _pods(self) -> Agents:
        return Agents.of(self.ground.evidence, self._daemons)
