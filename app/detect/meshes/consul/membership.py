"""What a pod is to Consul, which of its ports pass its proxy, and the names of its services.

Source: Consul on Kubernetes documentation, "Annotations and labels", "Transparent proxy".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from app.detect.fields import mapping, sequence, text
from app.detect.meshes.common.ports import NO_PORT, port_list
from app.detect.meshes.common.probes import probed
from app.detect.pods import Program, SeenPod
from app.model.connections import PortSet
from app.model.encryption import EvidenceStrength, Known
from app.model.platform import Sign

_PREFIX = "consul.hashicorp.com/"
INJECT = f"{_PREFIX}connect-inject"
STATUS = f"{_PREFIX}connect-inject-status"
_TRANSPARENT = f"{_PREFIX}transparent-proxy-status"
_WANTS_TRANSPARENT = f"{_PREFIX}transparent-proxy"
_REDIRECT = f"{_PREFIX}redirect-traffic-config"
SERVICE = f"{_PREFIX}connect-service"
# Where the injector redirects probes to; the proxy serves there what they ask for, and nothing else (consul-k8s, `redirect_traffic.go`).
_CHECKED = range(20300, 20600)


@dataclass(frozen=True)
class Member:
    """A pod that Consul carries, or was meant to. Ports are None where they cannot be read."""

    enrolled: Known
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...]
    transparent: bool = False
    skips_in: PortSet | None = NO_PORT
    skips_out: PortSet | None = NO_PORT
    some_addresses: bool = False  # some destination ranges or programs pass the proxy by
    checked: tuple[int, ...] = ()  # ports at which the proxy serves health checks in plain text


def member_of(pod: SeenPod, *, installed: bool, by_default: bool, transparent: bool) -> Member | None:
    """What a pod is; None when it has nothing to do with Consul.

    Args:
        pod: the pod.
        installed: an injector was found, or pods that it saw to.
        by_default: the injector sees to pods that do not ask.
        transparent: it redirects where pods do not say otherwise.
    """
    if pod.pod.host_network:
        return None
    program = next((item for item in pod.programs if _is_proxy(item, pod)), None)
    if program is None:
        return _asked(pod, installed=installed, by_default=by_default, transparent=transparent)
    container = program.container
    sign = Sign(
        container.owner, f"{container.path}.name", container.name, "the proxy of Consul", container.digest
    )
    return Member(
        enrolled=Known.YES,
        strength=pod.seen(program),
        says="its proxy runs" if program.running is Known.YES else "it has a proxy",
        signs=(sign,),
        transparent=pod.annotations.get(_TRANSPARENT) == "enabled",
        skips_in=_skipped(pod, "ExcludeInboundPorts", "transparent-proxy-exclude-inbound-ports"),
        skips_out=_skipped(pod, "ExcludeOutboundPorts", "transparent-proxy-exclude-outbound-ports"),
        some_addresses=_some_addresses(pod),
        checked=tuple(port for port in probed(pod) if port in _CHECKED),
    )


def services_of(pod: SeenPod, in_front: Sequence[str]) -> tuple[str, ...]:
    """Names under which Consul knows a pod: its annotation, else the Services in front of it."""
    said = pod.annotations.get(SERVICE, "")
    return tuple(name.strip() for name in said.split(",")) if said else tuple(dict.fromkeys(in_front))


def _is_proxy(program: Program, pod: SeenPod) -> bool:
    injected = STATUS in pod.annotations or STATUS in pod.labels
    return injected and (program.name.startswith("consul-dataplane") or program.name == "envoy-sidecar")


def _asked(pod: SeenPod, *, installed: bool, by_default: bool, transparent: bool) -> Member | None:
    said = pod.annotations.get(INJECT, "true" if by_default else "false")
    if said not in ("true", "1", "t") or not installed:
        return None
    sign = pod.annotation_sign(INJECT, "asks for a proxy")
    if not pod.pod.from_template:
        if INJECT not in pod.annotations:
            return None  # left out by namespace or by rule, as the injector's own pods are
        return Member(Known.NO, EvidenceStrength.OBSERVED, "it asks for a proxy and has none", (sign,))
    wants = pod.annotations.get(_WANTS_TRANSPARENT)
    return Member(
        Known.YES,
        EvidenceStrength.INTENDED,
        "it asks for a proxy",
        (sign,),
        transparent=transparent if wants is None else wants == "true",
        skips_in=_skipped(pod, "ExcludeInboundPorts", "transparent-proxy-exclude-inbound-ports"),
        skips_out=_skipped(pod, "ExcludeOutboundPorts", "transparent-proxy-exclude-outbound-ports"),
        some_addresses=_some_addresses(pod),
    )


def _skipped(pod: SeenPod, key: str, annotation: str) -> PortSet | None:
    """By the redirection that was set up, where the CNI plugin wrote it down; else by annotation."""
    if _REDIRECT in pod.annotations:
        try:
            said = mapping(orjson.loads(pod.annotations[_REDIRECT]))
        except orjson.JSONDecodeError:
            return None
        return port_list(",".join(text(item) for item in sequence(said.get(key))))
    return port_list(pod.annotations.get(_PREFIX + annotation, ""))


def _some_addresses(pod: SeenPod) -> bool:
    """Whether destination ranges, or programs by their user, pass the proxy by."""
    said = (f"{_PREFIX}transparent-proxy-exclude-{what}" for what in ("outbound-cidrs", "uids"))
    if any(pod.annotations.get(name) for name in said):
        return True
    try:
        redirected = mapping(orjson.loads(pod.annotations.get(_REDIRECT, "{}")))
    except orjson.JSONDecodeError:
        return True
    return bool(redirected.get("ExcludeOutboundCIDRs"))
