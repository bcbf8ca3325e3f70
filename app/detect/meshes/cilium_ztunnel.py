"""Cilium's own mutual TLS by a node proxy (beta since 1.19), for pods of namespaces that are enrolled by label.

It carries TCP between two enrolled pods and never refuses what comes in clear, so it is opportunistic at best. The proxy is
Istio's, under another name and with another control plane. Source: Cilium documentation, "Ztunnel Transparent Encryption".
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from app.detect.ground import Ground
from app.detect.meshes.cilium_settings import CiliumSettings
from app.detect.pods import SeenPod
from app.detect.settings import Setting
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

_SWITCH = "enable-ztunnel"
_PROXY = "ztunnel-cilium"
_ENROLLED = "io.cilium/mtls-enabled"
_MODE = "not enforcing"


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
    switch = settings.switch(_SWITCH) if settings else None
    if settings is None or (switch is not None and switch.truth is False):
        return
    members = {pod.ref: _member(pod, _runs(ground, switch)) for pod in ground.pods if _enrolled(pod)}
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


def _member(pod: SeenPod, runs: Known) -> Membership:
    namespace = ObjectRef("", "Namespace", "", pod.pod.namespace)
    sign = Sign(namespace, f"metadata.labels['{_ENROLLED}']", "true", "enrols its pods")
    says = "its namespace is enrolled with Cilium's ztunnel"
    if runs is not Known.YES:
        says = f"{says}, but whether the node proxy works was not seen"
    enrolled = Known.UNKNOWN if runs is Known.UNKNOWN else runs
    return Membership("ambient", enrolled, pod.strength, "", says, (sign,))


def _runs(ground: Ground, switch: Setting | None) -> Known:
    """Whether the node proxy works: switched on, its DaemonSet there, with as many ready pods as a status says it wants."""
    if switch is None or switch.truth is None:
        return Known.UNKNOWN
    found = ground.evidence.named(_PROXY)
    if not found:
        doubt = ground.evidence.doubt("apps", "DaemonSet")
        return Known.UNKNOWN if doubt or not ground.evidence.live else Known.NO
    short = any(item.desired is not None and item.ready != item.desired for item in found)
    return Known.UNKNOWN if short else Known.YES
