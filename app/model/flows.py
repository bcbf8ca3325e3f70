"""The register of declared flows: what an application needs. Read from `flows.yaml` by `app.assess`, or observed.

A declared flow says what must keep working, so that a change can be proven to break none of it. It is not an approval:
what may be open between zones stands in the scope file (`approved_flows`). An observed flow says less: that somebody's
recording has it, wanted or not.
"""

from dataclasses import dataclass

from app.model.connections import Connections
from app.model.policy import AddressRange
from app.model.reachability import ExternalRange, Workload


@dataclass(frozen=True, slots=True, order=True)
class FlowEnd:
    """One end of a flow, as somebody wrote it in `text`.

    Attributes:
        namespace: of the workloads that it means; empty for addresses outside the cluster.
        name: of one workload; empty means every workload of the namespace.
        kind: of that workload; empty means any kind.
        network: addresses outside as a CIDR; empty with an empty namespace means any of them.
        range: the same as a range.
    """

    text: str
    namespace: str = ""
    name: str = ""
    kind: str = ""
    network: str = ""
    range: AddressRange | None = None

    def covers(self, other: "FlowEnd") -> bool:
        """True when whatever the other end means is part of this one."""
        if self.outside or other.outside:
            return self.outside and other.outside and self._holds(other)
        same = self.namespace == other.namespace and self.name in ("", other.name)
        return same and self.kind in ("", other.kind)

    def _holds(self, other: "FlowEnd") -> bool:
        if self.range is None or other.range is None:
            return self.range is None
        one, two = self.range, other.range
        return one.version == two.version and one.first <= two.first and two.last <= one.last

    @property
    def outside(self) -> bool:
        """True for addresses outside the cluster."""
        return not self.namespace

    def means(self, workload: Workload) -> bool:
        """True when a workload is (part of) this end."""
        key = workload.key
        return self.namespace == key.namespace and self.name in ("", key.name) and self.kind in ("", key.kind)

    def touches(self, external: ExternalRange) -> bool:
        """True when some addresses of a range outside are part of this end."""
        if not self.outside or self.range is None:
            return self.outside
        one, other = self.range, external.range
        return one.version == other.version and one.first <= other.last and other.first <= one.last


@dataclass(frozen=True, slots=True)
class DeclaredFlow:
    """One flow that is needed, on ports of the destination's pods; `observed` when traffic says so, not a person."""

    id: str
    source: FlowEnd
    destination: FlowEnd
    ports: Connections
    reason: str = ""
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """One row of a recording, as it was written; what the ends are here is asked of an inventory.

    Attributes:
        line: of the file, from 1.
        source: a workload, a pod by its name, or an address.
        destination: likewise.
        ports: of the destination.
    """

    line: int
    source: FlowEnd
    destination: FlowEnd
    ports: Connections


@dataclass(frozen=True, slots=True)
class Recording:
    """What somebody observed.

    Attributes:
        sightings: rows that say who spoke to whom, in the order of the file.
        left_out: rows that say nothing about what is needed: why, and how many, sorted.
    """

    sightings: tuple[Sighting, ...]
    left_out: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """A recording held against a cluster: one flow for each pair of ends, without what is declared already.

    Attributes:
        flows: each named by the line where it was first seen.
        left_out: rows that became no flow: why, and how many, sorted.
    """

    flows: tuple[DeclaredFlow, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FlowRegister:
    """`config/flows.yaml`; `given` is False when there is none, which is not the same as an empty one."""

    given: bool = False
    owner: str = ""
    flows: tuple[DeclaredFlow, ...] = ()
    digest: str = ""
