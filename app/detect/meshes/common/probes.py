"""Ports of HTTP probes: what the kubelet asks for there is served by proxies without an identity. Paths are not kept in a snapshot."""

from collections.abc import Iterator

from app.detect.fields import decimal, dig, mapping, sequence, text
from app.detect.pods import SeenPod
from app.model.connections import Protocol

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_CONTAINERS = ("containers", "initContainers")


def probed(pod: SeenPod) -> tuple[int, ...]:
    """Container ports that HTTP probes ask, sorted; a port by name is one of the pod's, and a name that it has not is left out."""
    return tuple(sorted({port for port in _asked(pod) if port}))


def _asked(pod: SeenPod) -> Iterator[int]:
    for part in _CONTAINERS:
        for container in sequence(pod.spec.get(part)):
            for name in _PROBES:
                yield _number(pod, mapping(dig(container, name, "httpGet")).get("port"))


def _number(pod: SeenPod, said: object) -> int:
    if isinstance(said, int):
        return said
    name = text(said)
    tcp = (item for item in pod.pod.ports if item.protocol is Protocol.TCP)
    return decimal(name) or next((item.container_port for item in tcp if item.name == name), 0)
