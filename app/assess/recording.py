"""Flows that somebody observed: CSV, JSON or YAML rows, or what `hubble observe -o json` wrote, told apart by content.

A row that cannot be read refuses the whole file: a proof over what happens to be readable would claim more than it shows.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from app.assess.recording_hubble import UnneededError, hubble_sighting, is_hubble
from app.assess.recording_rows import Row, rows_of
from app.assess.sighting import read_row
from app.errors import InputError
from app.model.connections import Connections
from app.model.flows import DeclaredFlow, FlowEnd, Observed, Recording, Sighting
from app.model.identity import WorkloadKey
from app.model.inventory import Inventory

_TOLD = 20  # bad rows that are named one by one
_BOTH_OUTSIDE = "both ends are outside the cluster"


def read_recording(name: str, body: bytes) -> Recording:
    """Read a file of observed flows.

    Args:
        name: the file, as a person named it.
        body: its bytes.

    Raises:
        InputError: it holds rows that cannot be read, all of which are named by line, or none at all.
    """
    mistakes: list[str] = []
    left_out: Counter[str] = Counter()
    found: list[Sighting] = []
    for row in _rows(name, body):
        try:
            found.append(_sighting(row))
        except UnneededError as reason:
            left_out[str(reason)] += 1
        except ValueError as error:
            mistakes.append(f"line {row.line}: {error}")
    _refuse(name, mistakes)
    if not found and not left_out:
        raise InputError(
            f"{name} holds no flow", advice="give rows of source, destination, port and protocol"
        )
    return Recording(tuple(found), tuple(sorted(left_out.items())))


def observed_flows(
    recording: Recording, inventory: Inventory, declared: Sequence[DeclaredFlow] = ()
) -> Observed:
    """Hold a recording against a cluster: pods and their addresses become the workloads they belong to.

    Args:
        recording: what was read.
        inventory: the cluster.
        declared: flows that a person declared; what they name is not told again.
    """
    known, left_out = _Known(inventory), Counter(dict(recording.left_out))
    pairs: dict[tuple[FlowEnd, FlowEnd], tuple[int, Connections]] = {}
    for item in recording.sightings:
        source, destination = known.end(item.source), known.end(item.destination)
        if source.outside and destination.outside:
            left_out[_BOTH_OUTSIDE] += 1
            continue
        line, ports = pairs.get((source, destination), (item.line, Connections()))
        pairs[source, destination] = (line, ports | item.ports)
    flows = (
        DeclaredFlow(f"line {line}", *ends, ports - _said(declared, *ends), observed=True)
        for ends, (line, ports) in pairs.items()
    )
    return Observed(tuple(item for item in flows if item.ports), tuple(sorted(left_out.items())))


def _said(declared: Sequence[DeclaredFlow], source: FlowEnd, destination: FlowEnd) -> Connections:
    """Ports that people declared between two ends."""
    found = Connections()
    for item in declared:
        if item.source.covers(source) and item.destination.covers(destination):
            found |= item.ports
    return found


def _rows(name: str, body: bytes) -> Iterator[Row]:
    try:
        yield from rows_of(body)
    except ValueError as error:
        raise InputError(
            f"{name} cannot be read as a list of flows: {error}",
            advice="write a CSV file with the columns source, destination, port and protocol; docs/fixes.md shows all forms",
        ) from None


def _sighting(row: Row) -> Sighting:
    if row.problem:
        raise ValueError(row.problem)
    return hubble_sighting(row) if is_hubble(row.values) else read_row(row)


def _refuse(name: str, mistakes: Sequence[str]) -> None:
    if not mistakes:
        return
    lines = [f"  {item}" for item in mistakes[:_TOLD]]
    if len(mistakes) > _TOLD:
        lines.append(f"  … and {len(mistakes) - _TOLD} more")
    count = "1 row" if len(mistakes) == 1 else f"{len(mistakes):,} rows"
    raise InputError(
        "\n".join([f"{name}: {count} cannot be read, so that none is used", *lines]),
        advice="correct the rows, or take them out",
    )


class _Known:
    """Workloads by the names and addresses of their pods."""

    def __init__(self, inventory: Inventory) -> None:
        pods = [item for item in inventory.pods if not item.from_template]
        self._workloads: dict[tuple[str, str], set[WorkloadKey]] = {}
        for item in inventory.pods:
            self._workloads.setdefault((item.owner.namespace, item.owner.name), set()).add(item.owner)
        self._pods: Mapping[tuple[str, str], WorkloadKey] = {
            (item.namespace, item.ref.name): item.owner for item in pods
        }
        self._addresses: Mapping[str, WorkloadKey] = {
            address: item.owner for item in pods if not item.host_network for address in item.ips
        }

    def end(self, end: FlowEnd) -> FlowEnd:
        """The workload that a pod's name or address stands for; the end itself where it stands for none."""
        named = self._workloads.get((end.namespace, end.name), set())
        if named:
            return end if end.kind or len(named) > 1 else _end(next(iter(named)))
        if end.outside:
            owner = self._addresses.get(end.network.partition("/")[0]) if _single(end) else None
        else:
            owner = self._pods.get((end.namespace, end.name))
        return _end(owner) if owner else end


def _end(key: WorkloadKey) -> FlowEnd:
    return FlowEnd(str(key), key.namespace, key.name, key.kind)


def _single(end: FlowEnd) -> bool:
    return end.range is not None and end.range.first == end.range.last
