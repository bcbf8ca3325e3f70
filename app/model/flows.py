"""The register of declared flows: what an application needs. Read from `flows.yaml` by `app.assess`, or observed.

A declared flow says what must keep working, so that a change can be proven to break none of it. It is not an approval:
what may be open between zones stands in the scope file (`approved_flows`).
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
class FlowRegister:
    """`config/flows.yaml`; `given` is False when there is none, which is not the same as an empty one."""

    given: bool = False
    owner: str = ""
    flows: tuple[DeclaredFlow, ...] = ()
    digest: str = ""
