"""What a pod is to Linkerd, and which of its ports the proxy does not see.

The container `linkerd-proxy` decides; the annotation `linkerd.io/inject` only asks for one, and the injector lets pods start
without it when it fails. Source: Linkerd documentation, "Automatic Proxy Injection", "Proxy Configuration".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.detect.meshes.common.ports import NO_PORT, port_list
from app.detect.pods import Program, SeenPod
from app.detect.workloads import Container
from app.model.connections import PortSet
from app.model.encryption import EvidenceStrength, Known
from app.model.identity import ObjectRef
from app.model.platform import Sign

CONTROL_PLANE = "linkerd.io/control-plane-ns"
TRUST_ROOT = "linkerd.io/trust-root-sha256"
INJECT = "linkerd.io/inject"
DEFAULT_POLICY = "config.linkerd.io/default-inbound-policy"
IDENTITY_PORTS = "config.linkerd.io/proxy-require-identity-inbound-ports"

_PROXY, _INIT = "linkerd-proxy", "linkerd-init"
_SKIP_IN = ("config.linkerd.io/skip-inbound-ports", "--inbound-ports-to-ignore", "ignoreInboundPorts")
_SKIP_OUT = ("config.linkerd.io/skip-outbound-ports", "--outbound-ports-to-ignore", "ignoreOutboundPorts")
_NETWORKS = ("config.linkerd.io/skip-subnets", "--subnets-to-ignore", "skipSubnets")
_INGRESS = "ingress"
# the control plane's defaults where they were not read: no list of ports, and networks that nobody knows
UNREAD = {_SKIP_IN[2]: "?", _SKIP_OUT[2]: "?", _NETWORKS[2]: "networks that were not read"}


@dataclass(frozen=True)
class Member:
    """A pod that Linkerd carries, or was meant to.

    Attributes:
        enrolled: YES with a proxy, NO where one was asked for and is missing.
        control_plane: namespace of the control plane that it obeys.
        trust_root: digest of the trust anchors that it was injected with; empty when it is not said.
        ingress: injected in ingress mode, where requests must name their destination.
        skips_in: ports whose connections reach the application past the proxy; None when they cannot be read.
        skips_out: destination ports that the proxy does not see; None when they cannot be read.
        skips_networks: address blocks, as text, whose connections pass the proxy by in both directions.
    """

    enrolled: Known
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...]
    control_plane: str = ""
    trust_root: str = ""
    ingress: bool = False
    skips_in: PortSet | None = NO_PORT
    skips_out: PortSet | None = NO_PORT
    skips_networks: str = ""
    program: Program | None = field(default=None, repr=False)


def member_of(pod: SeenPod, defaults: Mapping[str, str], *, installed: str) -> Member | None:
    """What a pod is; None when it has nothing to do with Linkerd.

    Args:
        pod: the pod.
        defaults: settings of the control plane for redirection, by their name in its values.
        installed: namespace of a control plane that will see to a template; empty when none was found.
    """
    if pod.pod.host_network:
        return None
    program = next((item for item in pod.programs if item.name == _PROXY), None)
    if program is None:
        return _asked(pod, defaults, installed)
    says = "its proxy runs" if program.running is Known.YES else "it has a proxy"
    container = program.container
    sign = Sign(container.owner, f"{container.path}.name", _PROXY, "the proxy of Linkerd", container.digest)
    return Member(
        enrolled=Known.YES,
        strength=pod.seen(program),
        says=says,
        signs=(sign,),
        control_plane=pod.labels.get(CONTROL_PLANE, ""),
        trust_root=pod.annotations.get(TRUST_ROOT, ""),
        ingress=pod.annotations.get(INJECT) == _INGRESS,
        skips_in=_skipped(pod, defaults, _SKIP_IN),
        skips_out=_skipped(pod, defaults, _SKIP_OUT),
        skips_networks=_said(pod, defaults, _NETWORKS),
        program=program,
    )


def wish(pod: SeenPod) -> str:
    """What `linkerd.io/inject` asks for, the pod's before its namespace's; empty when nothing does."""
    return pod.annotations.get(INJECT) or pod.space.get(INJECT, "")


def _asked(pod: SeenPod, defaults: Mapping[str, str], installed: str) -> Member | None:
    said = wish(pod)
    if said not in ("enabled", _INGRESS):
        return None
    sign = _wish_sign(pod)
    if not pod.pod.from_template:
        says = "it asks for a proxy and has none"
        return Member(Known.NO, EvidenceStrength.OBSERVED, says, (sign,))
    if not installed:
        return None
    return Member(
        Known.YES,
        EvidenceStrength.INTENDED,
        "it asks for a proxy",
        (sign,),
        control_plane=installed,
        ingress=said == _INGRESS,
        skips_in=_skipped(pod, defaults, _SKIP_IN),
        skips_out=_skipped(pod, defaults, _SKIP_OUT),
        skips_networks=_said(pod, defaults, _NETWORKS),
    )


def _wish_sign(pod: SeenPod) -> Sign:
    if INJECT in pod.annotations:
        return pod.annotation_sign(INJECT, "asks for a proxy")
    namespace = ObjectRef("", "Namespace", "", pod.pod.namespace)
    return Sign(namespace, f"metadata.annotations['{INJECT}']", pod.space.get(INJECT, ""), "asks for a proxy")


def _skipped(pod: SeenPod, defaults: Mapping[str, str], setting: tuple[str, str, str]) -> PortSet | None:
    """Ports of a setting."""
    return port_list(_said(pod, defaults, setting))


def _said(pod: SeenPod, defaults: Mapping[str, str], setting: tuple[str, str, str]) -> str:
    """By the arguments of `linkerd-init`; where a CNI plugin redirects, by annotations and the control plane's defaults."""
    annotation, flag, default = setting
    init = next((item for item in pod.preparing if item.name == _INIT), None)
    if init:
        return _flag(init, flag)
    own = pod.annotations.get(annotation) or pod.space.get(annotation)
    return own if own is not None else defaults.get(default, "")


def _flag(container: Container, name: str) -> str:
    words = [word for _, word in container.words()]
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag == name:
            return value if equals else (words[index + 1] if index + 1 < len(words) else "")
    return ""
