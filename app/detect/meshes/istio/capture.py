"""Which connections of a pod its sidecar sees: ports and ranges that redirection includes and leaves out.

The arguments of the init container that sets up redirection say it (`istio-init`; `istio-validation` repeats them where a
CNI plugin redirects), and the pod's annotations where no such container is there. What is not redirected meets neither
mutual TLS nor authorisation. Source: Istio documentation, "Resource Annotations"; `tools/istio-iptables`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.detect.fields import text
from app.detect.meshes.common.ports import EVERY_PORT, port_list
from app.detect.pods import Program, SeenPod
from app.detect.workloads import Container
from app.model.connections import PortSet
from app.model.encryption import Known

_PREFIX = "traffic.sidecar.istio.io/"
_MODE, _TOLD = "sidecar.istio.io/interceptionMode", "ISTIO_META_INTERCEPTION_MODE"
_SETUP = ("istio-init", "istio-validation")
# (annotation, short flag, long flag of the setup program, default)
_INCLUDE_IN = ("includeInboundPorts", "-b", "--istio-inbound-ports", "*")
_EXCLUDE_IN = ("excludeInboundPorts", "-d", "--istio-local-exclude-ports", "")
_EXCLUDE_OUT = ("excludeOutboundPorts", "-o", "--istio-local-outbound-ports-exclude", "")
_RANGES = ("includeOutboundIPRanges", "-i", "--istio-service-cidr", "*")
_EXCEPT = ("excludeOutboundIPRanges", "-x", "--istio-service-exclude-cidr", "")
_INCLUDE_OUT = ("includeOutboundPorts", "-q", "--istio-outbound-ports", "")
# The sidecar's own ports, which no application serves.
OWN = PortSet.of([(15020, 15021), (15090, 15090)])


@dataclass(frozen=True, slots=True)
class Capture:
    """What redirection sends through a sidecar.

    Attributes:
        inbound: container ports whose connections pass it.
        outbound: destination ports whose connections pass it.
        addresses: YES when every destination address does; NO when none, UNKNOWN when only some ranges.
        says: the fields that narrow it, as text; empty when everything is redirected.
        doubt: why it is not known, naming object and field; empty when it is.
    """

    inbound: PortSet = EVERY_PORT
    outbound: PortSet = EVERY_PORT
    addresses: Known = Known.YES
    says: str = ""
    doubt: str = ""


EVERYTHING = Capture()


def capture(pod: SeenPod, proxy: Program | None = None) -> Capture:
    """Read what is redirected in a pod that has a sidecar, or waits for one (`proxy` None)."""
    if pod.annotations.get(_MODE) == "NONE":
        return Capture(PortSet(), PortSet(), Known.NO, f"{_MODE}: NONE")
    if _told(proxy) == "NONE":
        return Capture(PortSet(), PortSet(), Known.NO, f"{_TOLD}: NONE, in the sidecar's environment")
    setup = next((item for item in pod.preparing if item.name in _SETUP), None)
    said = _Said(pod, _flags(setup) if setup else {})
    includes, excludes = said.ports(_INCLUDE_IN), said.ports(_EXCLUDE_IN)
    leaves_out, also = said.ports(_EXCLUDE_OUT), said.ports(_INCLUDE_OUT)
    if includes is None or excludes is None or leaves_out is None or also is None:
        return Capture(PortSet(), PortSet(), Known.UNKNOWN, doubt=said.doubt())
    return Capture(
        inbound=includes - excludes - OWN,
        outbound=PortSet.all() - leaves_out,
        addresses=_addresses(said),
        says=said.narrowing(),
    )


@dataclass(frozen=True)
class _Said:
    """Values of the setup's flags, else of the annotations, else the defaults."""

    pod: SeenPod
    flags: Mapping[str, str]

    def text(self, setting: tuple[str, str, str, str]) -> str:
        name, short, long, default = setting
        for flag in (short, long):
            if flag in self.flags:
                return self.flags[flag]
        return self.pod.annotations.get(_PREFIX + name, default)

    def ports(self, setting: tuple[str, str, str, str]) -> PortSet | None:
        return port_list(self.text(setting))

    def doubt(self) -> str:
        """The first list that cannot be read."""
        for setting in (_INCLUDE_IN, _EXCLUDE_IN, _EXCLUDE_OUT, _INCLUDE_OUT):
            if self.ports(setting) is None:
                return f"{_PREFIX}{setting[0]} of {self.pod.ref} is `{self.text(setting)}`, which is no list of ports"
        return ""

    def narrowing(self) -> str:
        settings = (_INCLUDE_IN, _EXCLUDE_IN, _EXCLUDE_OUT, _RANGES, _EXCEPT)
        found = (f"{name[0]}: `{self._own(name)}`" for name in settings if self._narrows(name))
        return ", ".join(found)

    def _narrows(self, setting: tuple[str, str, str, str]) -> bool:
        return self._own(setting) != setting[3]

    def _own(self, setting: tuple[str, str, str, str]) -> str:
        """The text without the sidecar's own ports, which every pod leaves out."""
        own = {"15020", "15021", "15090"}
        return ",".join(item for item in self.text(setting).split(",") if item.strip() not in own)


def _told(proxy: Program | None) -> str:
    """The mode as the injector worked it out: by the pod, its proxy configuration, or the settings of the mesh."""
    return text(proxy.container.variable(_TOLD).get("value")) if proxy else ""


def _addresses(said: _Said) -> Known:
    ranges, without = said.text(_RANGES).strip(), said.text(_EXCEPT).strip()
    if not ranges:
        return Known.NO
    return Known.YES if ranges == "*" and not without else Known.UNKNOWN


def _flags(container: Container) -> Mapping[str, str]:
    """Flags with their values, `-b 1,2`, `-b=1,2` alike; the last one wins."""
    found: dict[str, str] = {}
    waiting = ""
    for _, word in container.words():
        if waiting and not (word.startswith("-") and len(word) > 1):
            found[waiting] = word
            waiting = ""
            continue
        flag, equals, value = word.partition("=")
        if equals:
            found[flag] = value
        waiting = "" if equals or not word.startswith("-") else word
        if waiting:
            found[waiting] = ""
    return found
