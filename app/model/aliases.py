"""Names that resolve inside a pod to a fixed address, whatever DNS says.

Source: Kubernetes API, `PodSpec.hostAliases`: the kubelet writes them into the hosts file of every container that is not on the node's network.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.model.fields import dig, mapping, sequence, text
from app.model.identity import ObjectRef
from app.model.snapshot import Snapshot, SnapshotObject

_FIELD = "hostAliases"
# a Pod, a controller with a template, a CronJob
_SPECS = (("spec",), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"))


@dataclass(frozen=True, slots=True, order=True)
class HostAlias:
    """One name of one object's pods, in small letters, and the address that it has there."""

    host: str
    address: str
    ref: ObjectRef

    @property
    def says(self) -> str:
        """It, as a clause."""
        return f"{_FIELD} of {self.ref} gives {self.host} the address {self.address}"


def host_aliases(snapshot: Snapshot) -> Mapping[str, tuple[HostAlias, ...]]:
    """Aliases by name, sorted."""
    found: dict[str, set[HostAlias]] = {}
    for item in snapshot.objects:
        if _FIELD.encode() in item.body:
            for alias in _of(item):
                found.setdefault(alias.host, set()).add(alias)
    return {host: tuple(sorted(found[host])) for host in sorted(found)}


def _of(item: SnapshotObject) -> Iterator[HostAlias]:
    body: Mapping[str, Any] = item.parsed()
    for path in _SPECS:
        for raw in sequence(dig(body, *path, _FIELD)):
            entry = mapping(raw)
            for host in sequence(entry.get("hostnames")):
                yield HostAlias(text(host).lower().rstrip("."), text(entry.get("ip")), item.ref)
