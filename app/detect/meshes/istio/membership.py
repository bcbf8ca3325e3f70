"""What a pod is to Istio: behind a sidecar, in ambient mode, a gateway, a waypoint, without a proxy, or none of it.

Containers decide, not names: ztunnel, gateways, waypoints and other products' node proxies also call their container
`istio-proxy`. Labels and namespaces only ask for a proxy. Source: Istio documentation, "Installing the Sidecar", "Ambient
data plane"; `manifests/charts/istio-control/istio-discovery/files`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import orjson

from app.detect.fields import mapping, text
from app.detect.pods import Program, SeenPod
from app.model.encryption import EvidenceStrength, Known
from app.model.identity import ObjectRef
from app.model.platform import Sign

TLS_MODE = "security.istio.io/tlsMode"
TUNNEL = "networking.istio.io/tunnel"
REVISION = "istio.io/rev"
INJECTION = "istio-injection"
INJECT = "sidecar.istio.io/inject"
STATUS = "sidecar.istio.io/status"
MODE = "istio.io/dataplane-mode"
REDIRECTION = "ambient.istio.io/redirection"
BYPASS = "ambient.istio.io/bypass-inbound-capture"
TEMPLATES = "inject.istio.io/templates"
HBONE = "ISTIO_META_ENABLE_HBONE"
NO_HBONE = "ISTIO_META_DISABLE_HBONE_SEND"

# Namespaces that the injector's webhook leaves out, whatever their labels.
_NEVER = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})
_PROXY = "istio-proxy"
_AGENT = re.compile(r"(?:.*/)?(?:pilot-agent|proxy)\Z")


class Role(StrEnum):
    """What a proxy container runs as: the word after `proxy` in its arguments."""

    SIDECAR = "sidecar"
    ROUTER = "router"
    WAYPOINT = "waypoint"
    ZTUNNEL = "ztunnel"


class Kind(StrEnum):
    """What a pod is to the mesh."""

    SIDECAR = "sidecar"
    AMBIENT = "ambient"
    GATEWAY = "gateway"
    WAYPOINT = "waypoint"
    PROXYLESS = "proxyless"  # the application speaks xDS itself: what it does cannot be told from objects
    UNCERTAIN = "uncertain"  # meant to be in the mesh, and whether it is cannot be told
    OUTSIDE = "outside"

    @property
    def has_envoy(self) -> bool:
        """Its connections leave through an Envoy that follows DestinationRules."""
        return self in (Kind.SIDECAR, Kind.GATEWAY, Kind.WAYPOINT)


@dataclass(frozen=True, slots=True)
class Place:
    """What one pod is, and the field that shows it. `meant`: what an outsider's labels ask for."""

    kind: Kind
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...] = ()
    meant: Kind = Kind.SIDECAR
    proxy: Program | None = None


def role_of(program: Program) -> Role | None:
    """The role that a container's arguments name; None when it runs no Istio proxy. Neither name nor arguments are enough."""
    if program.name != _PROXY:
        return None
    words = [word for _, word in program.container.words()]
    for word, following in pairwise(words):
        if _AGENT.match(word) and following in set(Role):
            return Role(following)
    return None


def place(
    pod: SeenPod, *, ztunnel: Known, installed: bool, revisions: frozenset[str] = frozenset()
) -> Place | None:
    """What a pod is; None when it has nothing to do with Istio.

    Args:
        pod: the pod.
        ztunnel: whether a node proxy of Istio works on its node.
        installed: a control plane or its objects were found, so that labels of a template will have an effect.
        revisions: those that an injector answers for; empty where no injector's webhook was read.
    """
    roles = {role: program for program in pod.programs if (role := role_of(program))}
    if Role.ZTUNNEL in roles or (pod.pod.host_network and Role.ROUTER not in roles):
        return None
    if Role.SIDECAR in roles:
        return _sidecar(pod, roles[Role.SIDECAR])
    for role, kind in ((Role.WAYPOINT, Kind.WAYPOINT), (Role.ROUTER, Kind.GATEWAY)):
        if role in roles:
            says = f"runs Istio's proxy as {role}"
            return Place(
                kind, pod.seen(roles[role]), says, (_arguments(roles[role], says),), proxy=roles[role]
            )
    if "grpc-" in pod.annotations.get(TEMPLATES, ""):
        return _proxyless(pod, None)
    if REDIRECTION in pod.annotations or _asks_for_ambient(pod):
        return _ambient(pod, ztunnel, installed=installed)
    return _asked(pod, revisions, installed=installed) if asks_for_sidecar(pod) else None


def asks_for_sidecar(pod: SeenPod) -> bool:
    """Whether labels ask for a sidecar, as the four webhooks of the injector read them; the pod's label wins."""
    if pod.pod.namespace in _NEVER or pod.pod.host_network:
        return False
    space = pod.space_labels.get(INJECTION)
    own = pod.labels.get(INJECT) or pod.annotations.get(INJECT, "")
    if own == "false" or space == "disabled":
        return False
    revisioned = REVISION in pod.space_labels and space is None
    return own == "true" or space == "enabled" or revisioned or (space is None and REVISION in pod.labels)


def revision_of(pod: SeenPod) -> str:
    """Revision that injected the pod, else the one its labels name; empty for the default."""
    status = injected(pod)
    return text(status.get("revision")) or pod.labels.get(REVISION, "") or pod.space_labels.get(REVISION, "")


def injected(pod: SeenPod) -> Mapping[str, object]:
    """What the injector wrote about the pod."""
    try:
        return mapping(orjson.loads(pod.annotations.get(STATUS, "")))
    except orjson.JSONDecodeError:
        return {}


def _sidecar(pod: SeenPod, program: Program) -> Place:
    if _without_envoy(pod, program):
        return _proxyless(pod, program)
    says = "its sidecar runs" if program.running is Known.YES else "it has a sidecar"
    return Place(
        Kind.SIDECAR,
        pod.seen(program),
        says,
        (_arguments(program, "a sidecar of Istio"),),
        proxy=program,
    )


def _without_envoy(pod: SeenPod, program: Program) -> bool:
    generator = program.container.variable("ISTIO_META_GENERATOR").get("value")
    return generator == "grpc" or "grpc-" in pod.annotations.get(TEMPLATES, "")


def _proxyless(pod: SeenPod, program: Program | None) -> Place:
    says = "its application is asked to speak mutual TLS itself (gRPC without a proxy), which no object shows"
    signs = (pod.annotation_sign(TEMPLATES, "an agent without a proxy"),)
    return Place(Kind.PROXYLESS, pod.strength, says, signs, proxy=program)


def _ambient(pod: SeenPod, ztunnel: Known, *, installed: bool) -> Place | None:
    """Redirection is written by the node's plugin when it is done; without it a label is only a wish."""
    state = pod.annotations.get(REDIRECTION)
    if state == "enabled":
        sign = pod.annotation_sign(REDIRECTION, "its traffic is redirected to the node's ztunnel")
        if ztunnel is Known.NO:
            says = "its traffic is redirected, but no ztunnel works on its node"
            return Place(Kind.UNCERTAIN, EvidenceStrength.OBSERVED, says, (sign,), meant=Kind.AMBIENT)
        strength = EvidenceStrength.OBSERVED if ztunnel is Known.YES else EvidenceStrength.CONFIGURED
        return Place(Kind.AMBIENT, strength, "its traffic is redirected to ztunnel", (sign,))
    label = _mode_sign(pod)
    if pod.pod.from_template:
        if not installed:
            return None
        return Place(Kind.AMBIENT, EvidenceStrength.INTENDED, "its labels ask for ambient mode", (label,))
    if state is None and ztunnel is Known.UNKNOWN and not installed:
        return None
    says = "its labels ask for ambient mode, but its traffic is not redirected"
    signs = (pod.annotation_sign(REDIRECTION, "`enabled` when redirection is done"), label)
    return Place(Kind.OUTSIDE, EvidenceStrength.OBSERVED, says, signs, meant=Kind.AMBIENT)


def _asks_for_ambient(pod: SeenPod) -> bool:
    return (pod.labels.get(MODE) or pod.space_labels.get(MODE)) == "ambient"


def _mode_sign(pod: SeenPod) -> Sign:
    if MODE in pod.labels:
        return pod.label_sign(MODE, "asks for ambient mode")
    return Sign(
        _namespace(pod), f"metadata.labels['{MODE}']", pod.space_labels.get(MODE, ""), "asks for ambient mode"
    )


def _asked(pod: SeenPod, revisions: frozenset[str], *, installed: bool) -> Place | None:
    """No sidecar, although labels ask for one: a template will get it, a pod has missed it.

    A revision that no webhook answers for injects nothing, and nothing complains.
    """
    sign = _wish(pod)
    unanswered = bool(revisions) and sign.field.endswith(f"['{REVISION}']") and sign.value not in revisions
    if unanswered and (installed or not pod.pod.from_template):
        says = f"its labels ask for a sidecar of revision {sign.value}, which no injector answers for"
        strength = pod.strength if pod.pod.from_template else EvidenceStrength.OBSERVED
        return Place(Kind.OUTSIDE, strength, says, (sign,))
    if not pod.pod.from_template:
        says = "its labels ask for a sidecar and it has none"
        return Place(Kind.OUTSIDE, EvidenceStrength.OBSERVED, says, (sign,))
    if not installed:
        return None
    return Place(Kind.SIDECAR, EvidenceStrength.INTENDED, "its labels ask for a sidecar", (sign,))


def _wish(pod: SeenPod) -> Sign:
    for key in (INJECT, REVISION):
        if key in pod.labels:
            return pod.label_sign(key, "asks for a sidecar")
    key = INJECTION if INJECTION in pod.space_labels else REVISION
    value = pod.space_labels.get(key, "")
    return Sign(_namespace(pod), f"metadata.labels['{key}']", value, "asks for a sidecar")


def _namespace(pod: SeenPod) -> ObjectRef:
    return ObjectRef("", "Namespace", "", pod.pod.namespace)


def _arguments(program: Program, says: str) -> Sign:
    words = " ".join(word for _, word in list(program.container.words())[:2])
    container = program.container
    return Sign(container.owner, f"{container.path}.args", words, says, container.digest)
