"""Names of endpoints: what a person types, and what a person reads."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network

from app.errors import NotFoundError
from app.model.policy import AddressRange
from app.model.reachability import Connection, ExternalRange, Reachability, Workload

_EXTERNAL = "external"
OUTSIDE = f"{_EXTERNAL}:"
_SHOWN = 8


class Names:
    """Shorter words for endpoint ids in lists."""

    def __init__(self, workloads: Sequence[Workload]) -> None:
        self._by_namespace: dict[str, set[str]] = {}
        for workload in workloads:
            self._by_namespace.setdefault(workload.namespace, set()).add(workload.id)
        self._all = {workload.id for workload in workloads}

    def one(self, endpoint: str) -> str:
        """A single endpoint in words."""
        return _OUTSIDE.get(endpoint, endpoint)

    def several(self, endpoints: Sequence[str]) -> str:
        """Endpoints that do the same, in words."""
        if set(endpoints) == set(_OUTSIDE):
            return _ANY_ADDRESS
        return _some([self.one(endpoint) for endpoint in endpoints])

    def grouped(self, source: str, rows: Iterable[Connection]) -> Iterator[str]:
        """Destinations of one source, those with the same ports and notes together."""
        groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for row in rows:
            groups.setdefault((str(row.allowed), row.notes), []).append(row.destination)
        width = max(len(ports) for ports, _ in groups)
        for (ports, notes), destinations in groups.items():
            first = ports.ljust(width)
            for line in self._summary(source, destinations):
                yield f"{first}  {line}"
                first = " " * width
            yield from (f"{first}  note: {note}" for note in notes)

    def _summary(self, source: str, destinations: Sequence[str]) -> Iterator[str]:
        """Lines for some destinations; a whole namespace, and everything, is one line."""
        inside = {item for item in destinations if item in self._all}
        others = self._all - {source}
        if len(others) > 1 and inside == others:
            yield f"every other workload ({len(others)})"
        else:
            for namespace in sorted(self._by_namespace):
                yield from self._in_namespace(namespace, source, inside)
        outside = [item for item in destinations if item not in self._all]
        if set(outside) >= set(_OUTSIDE):
            yield _ANY_ADDRESS
            outside = [item for item in outside if item not in _OUTSIDE]
        yield from (self.one(item) for item in outside)

    def _in_namespace(self, namespace: str, source: str, inside: set[str]) -> Iterator[str]:
        others = self._by_namespace[namespace] - {source}
        if len(others) > 1 and others <= inside:
            yield f"every {'other ' if source.startswith(f'{namespace}/') else ''}workload of {namespace} ({len(others)})"
        else:
            yield from sorted(others & inside)


_ANY_ADDRESS = "any address outside the cluster"
_OUTSIDE = {
    ExternalRange(AddressRange(4, 0, 2**32 - 1)).id: "any IPv4 address outside the cluster",
    ExternalRange(AddressRange(6, 0, 2**128 - 1)).id: "any IPv6 address outside the cluster",
}


def resolve(reachability: Reachability, text: str, addresses: dict[str, str]) -> tuple[str, ...]:
    """Endpoint ids that a name, an address, a CIDR or `external` stands for.

    Args:
        reachability: of the cluster.
        text: `ns/name[Kind]`, `ns/name`, `name`, the name of a pod, an address, a CIDR, or `external`.
        addresses: pod address to workload id.

    Raises:
        NotFoundError: it is nothing in this cluster, or more than one workload; the message lists candidates.
    """
    if text == _EXTERNAL:
        return tuple(item.id for item in reachability.externals)
    if text in addresses:
        return (addresses[text],)
    if (wanted := _range(text)) is not None:
        return tuple(item.id for item in reachability.externals if _overlap(item.range, wanted))
    if text.startswith(OUTSIDE):
        return (text,)
    return (_workload(reachability.workloads, text),)


def _range(text: str) -> AddressRange | None:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return AddressRange(network.version, int(network.network_address), int(network.broadcast_address))


def _overlap(one: AddressRange, other: AddressRange) -> bool:
    return one.version == other.version and one.first <= other.last and other.first <= one.last


def _workload(workloads: Sequence[Workload], text: str) -> str:
    found = [item.id for item in workloads if text in _spellings(item)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFoundError(
            f"{text!r} can be {len(found)} workloads: {_some(found)}",
            advice="write the whole name, ns/name[Kind]",
        )
    near = [
        item.id for item in workloads if text.rsplit("/", maxsplit=1)[-1].split("[", maxsplit=1)[0] in item.id
    ]
    raise NotFoundError(
        f"there is no workload, pod or address {text!r}",
        advice=f"did you mean {_some(near)}?"
        if near
        else f"known are: {_some([item.id for item in workloads])}",
    )


def _spellings(workload: Workload) -> set[str]:
    bare = workload.id.split("#")[0]
    pods = {f"{ref.namespace}/{ref.name}" for ref in workload.pod_refs}
    pods |= {f"{pod}[Pod]" for pod in pods} | {ref.name for ref in workload.pod_refs}
    key = workload.key
    return {workload.id, bare, f"{key.namespace}/{key.name}", key.name} | pods


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "") if names else "none"
