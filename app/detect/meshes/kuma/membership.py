"""What a pod is to Kuma, and which of its ports pass its proxy.

Source: Kuma documentation, "Data plane on Kubernetes", "Transparent proxying", "Kubernetes annotations and labels".
"""

import re
from dataclasses import dataclass

from app.detect.fields import decimal
from app.detect.meshes.common.ports import NO_PORT, port_list
from app.detect.pods import Program, SeenPod
from app.model.connections import PortSet
from app.model.encryption import EvidenceStrength, Known
from app.model.platform import Sign

MESH = "kuma.io/mesh"
INJECTED = "kuma.io/sidecar-injected"
INJECTION = "kuma.io/sidecar-injection"
STRICT_INBOUNDS = "KUMA_DATAPLANE_RUNTIME_STRICT_INBOUND_PORTS_ENABLED"

_PROXY = "kuma-sidecar"
_CONFIG = "traffic.kuma.io/transparent-proxy-config"
_EXCLUDE = "traffic.kuma.io/exclude-{}-ports"
_EXCLUDE_IPS = "traffic.kuma.io/exclude-{}-ips"
_GATEWAY = "kuma.io/gateway"
_PROBE_PROXY, _VIRTUAL_PROBES = "kuma.io/application-probe-proxy-port", "kuma.io/virtual-probes"
# The configuration is YAML that Kuma wrote; a few lines of it are needed, and a stranger's YAML is not parsed for that.
_SECTION = re.compile(r"^  (inbound|outbound):[ \t]*\n((?: {4}.*\n|[ \t]*\n)*)", re.MULTILINE)
_ENABLED = re.compile(r"^    enabled:[ \t]*(true|false)[ \t]*$", re.MULTILINE)
_PORTS = re.compile(r"^    excludePorts:[ \t]*(\[[^\]\n]*\]|)[ \t]*\n?((?:    - .*\n?)*)", re.MULTILINE)
_FOR_SOME = re.compile(r"^    excludePortsFor(?:IPs|UIDs):[ \t]*(?:\[[^\]\n]+\]|\n    - )", re.MULTILINE)
_NUMBER = re.compile(r"\d+(?:-\d+)?")


@dataclass(frozen=True)
class Member:
    """A pod that Kuma carries, or was meant to. Ports are None where they cannot be read; `mesh` is a name."""

    enrolled: Known
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...]
    mesh: str
    skips_in: PortSet | None = NO_PORT
    skips_out: PortSet | None = NO_PORT
    some_addresses: bool = False  # connections with some addresses or programs pass the proxy by
    program: Program | None = None
    checked: int = 0  # port at which the proxy answers health checks for the pod's programs, in plain text


def member_of(pod: SeenPod, *, installed: bool) -> Member | None:
    """What a pod is; None when it has nothing to do with Kuma. Labels ask for a proxy; annotations of that name do not."""
    if pod.pod.host_network:
        return None
    mesh = (
        pod.labels.get(MESH) or pod.annotations.get(MESH) or pod.space_labels.get(MESH) or pod.space.get(MESH)
    )
    program = next((item for item in pod.programs if item.name == _PROXY), None)
    if program is None:
        return _asked(pod, mesh or "default", installed=installed)
    container = program.container
    sign = Sign(container.owner, f"{container.path}.name", _PROXY, "the proxy of Kuma", container.digest)
    return Member(
        enrolled=Known.YES,
        strength=pod.seen(program),
        says="its proxy runs" if program.running is Known.YES else "it has a proxy",
        signs=(sign,),
        mesh=mesh or "default",
        skips_in=PortSet.all() if _is_gateway(pod) else _skipped(pod, "inbound"),
        skips_out=_skipped(pod, "outbound"),
        some_addresses=_some_addresses(pod),
        program=program,
        checked=_checked(pod),
    )


def _asked(pod: SeenPod, mesh: str, *, installed: bool) -> Member | None:
    said = pod.labels.get(INJECTION) or pod.space_labels.get(INJECTION, "")
    if said not in ("enabled", "true") or not installed:
        return None
    sign = pod.label_sign(INJECTION, "asks for a proxy")
    if not pod.pod.from_template:
        return Member(Known.NO, EvidenceStrength.OBSERVED, "it asks for a proxy and has none", (sign,), mesh)
    skips_in = PortSet.all() if _is_gateway(pod) else _skipped(pod, "inbound")
    skips = (skips_in, _skipped(pod, "outbound"), _some_addresses(pod))
    return Member(Known.YES, EvidenceStrength.INTENDED, "it asks for a proxy", (sign,), mesh, *skips)


def _checked(pod: SeenPod) -> int:
    """The port that the injector wrote down: of its proxy for probes, or of virtual probes, as older releases have them."""
    if pod.annotations.get(_PROBE_PROXY):
        return decimal(pod.annotations[_PROBE_PROXY]) or 0
    on = pod.annotations.get(_VIRTUAL_PROBES) in ("enabled", "true")
    return (decimal(pod.annotations.get(f"{_VIRTUAL_PROBES}-port", "")) or 0) if on else 0


def _is_gateway(pod: SeenPod) -> bool:
    """A gateway that is not Kuma's own: the proxy beside it takes no inbound traffic."""
    return "enabled" in (pod.annotations.get(_GATEWAY), pod.labels.get(_GATEWAY))


def _some_addresses(pod: SeenPod) -> bool:
    said = (pod.annotations.get(_EXCLUDE_IPS.format(way)) for way in ("inbound", "outbound"))
    return any(said) or bool(_FOR_SOME.search(pod.annotations.get(_CONFIG, "")))


def _skipped(pod: SeenPod, way: str) -> PortSet | None:
    """By the configuration that redirection was set up with, else by annotation."""
    if _CONFIG not in pod.annotations:
        return port_list(pod.annotations.get(_EXCLUDE.format(way), ""))
    found = dict(_SECTION.findall(pod.annotations[_CONFIG] + "\n"))
    if way not in found:
        return None
    enabled, ports = _ENABLED.search(found[way]), _PORTS.search(found[way])
    if enabled is None:
        return None
    if enabled[1] == "false":
        return PortSet.all()
    return port_list(",".join(_NUMBER.findall("".join(ports.groups())))) if ports else PortSet()
