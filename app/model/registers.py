"""Registers that people own, beside the map of zones: what they approved, decided or declared, and why.

The tool never invents an entry. None in a register means "none supplied", which is not the same as an empty one.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from app.model.connections import Connections, Protocol
from app.model.finding import Outcome
from app.model.scope import Boundary
from app.model.snapshot import CollectionGap, SnapshotObject


@dataclass(frozen=True, slots=True)
class InsecureService:
    """A service that the entity classifies as insecure (PCI DSS 1.2.6), and what makes it safe to use.

    `destination` is the id of a scope rule or a namespace; empty means anywhere. Without a mitigation the entry only
    classifies.
    """

    id: str
    service: str
    ports: Connections
    destination: str
    mitigation: str
    owner: str
    approver: str
    approved_on: date | None
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class PolicyWriter:
    """An identity that may change network or mesh policy: `User ann`, `Group net-admins`, `ServiceAccount ns/name`."""

    id: str
    identity: str
    namespaces: tuple[str, ...]  # shell patterns; empty: everywhere
    reason: str
    owner: str
    approver: str
    approved_on: date | None
    review_by: date | None = None

    def covers(self, namespace: str) -> bool:
        """True when it may write there; an empty namespace stands for the whole cluster."""
        return not self.namespaces or (
            bool(namespace) and any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)
        )


@dataclass(frozen=True, slots=True)
class ChangeReference:
    """An approved change: a ticket or a merged pull request, the objects it may touch, and until when.

    Attributes:
        objects: `Kind namespace/name`, a document's name such as `scope.yaml`, or shell patterns of them.
        owner: who asked for it.
        until: last day on which it may be carried out.
        link: where it is.
    """

    id: str
    objects: tuple[str, ...]
    owner: str
    approver: str
    approved_on: date | None
    until: date
    link: str = ""

    @property
    def review_by(self) -> date:
        """It counts until it had to be carried out."""
        return self.until

    def names(self, changed: str) -> bool:
        """True when it may touch an object or document of this name."""
        return any(fnmatchcase(changed, pattern.replace("[", "[[]")) for pattern in self.objects)


@dataclass(frozen=True, slots=True)
class FlowLog:
    """A record of allowed and denied flows that is kept outside of what the cluster shows."""

    id: str
    source: str
    namespaces: tuple[str, ...]  # shell patterns; empty: the whole cluster
    retention: str
    owner: str
    approver: str
    approved_on: date | None
    review_by: date | None = None

    def covers(self, namespace: str) -> bool:
        """True when it records the flows of a namespace."""
        return not self.namespaces or any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """The entity's rule for TLS; its source is the standard that it follows."""

    source: str
    minimum_version: str
    forbidden_ciphers: tuple[str, ...]
    owner: str
    approver: str
    approved_on: date | None
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class ExternalControl:
    """A control outside the cluster that the entity relies on: a cloud firewall, a provider's attestation.

    It is never tested and closes nothing; `objects` are the ways in that it stands in front of, exact or as patterns.
    """

    id: str
    control: str
    covers: tuple[str, ...]  # ids of framework controls
    evidence: str
    owner: str
    approver: str
    approved_on: date | None
    review_by: date | None = None
    objects: tuple[str, ...] = ()

    def stands_before(self, way_in: str) -> bool:
        """True for a way in that it names; square brackets stand for themselves."""
        return any(fnmatchcase(way_in, pattern.replace("[", "[[]")) for pattern in self.objects)


class Choice(StrEnum):
    """What was decided about an addressable specification (45 CFR 164.306(d)(3))."""

    IMPLEMENTED = "implemented"
    ALTERNATIVE = "equivalent alternative"
    NOT_REASONABLE = "not reasonable and appropriate"


@dataclass(frozen=True, slots=True)
class AddressableDecision:
    """A documented decision about an addressable specification of the Security Rule."""

    id: str
    control: str
    choice: Choice
    rationale: str
    alternative: str
    owner: str
    approver: str
    approved_on: date | None
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class EntityControl:
    """The entity's own control, which an auditor tests: check → this control → criterion."""

    id: str
    wording: str
    frequency: str
    checks: tuple[str, ...]
    criteria: tuple[str, ...]
    owner: str
    approver: str
    approved_on: date | None
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The approved configuration source, rendered: policy objects as they should be, and what of it was not readable."""

    objects: tuple[SnapshotObject, ...]
    gaps: tuple[CollectionGap, ...] = ()
    digest: str = ""


class Answer(StrEnum):
    """What a probe got back."""

    CONNECTED = "connected"
    REFUSED = "refused"  # something answered that the port is closed
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Probe:
    """One attempt to connect that somebody made from inside the cluster; ends are workload ids or `namespace/name`."""

    source: str
    destination: str
    protocol: Protocol
    port: int
    answer: Answer
    at: datetime


@dataclass(frozen=True, slots=True)
class Probes:
    """A file of probe results: who ran them, with what."""

    tool: str
    person: str
    results: tuple[Probe, ...]


@dataclass(frozen=True, slots=True)
class RecordDuty:
    """A record that a control wants, and what the attestation store says about it on the day of the scan."""

    check: str
    control: str
    type: str
    outcome: Outcome
    says: str
    boundary: Boundary | None
    framework: str = ""  # its name, as a remark prints it


@dataclass(frozen=True)
class Registers:
    """`registers.yaml`, the rendered baseline and the probe results, as far as they were given."""

    given: bool = False
    owner: str = ""
    reviewed_on: date | None = None
    insecure_services: tuple[InsecureService, ...] | None = None
    policy_writers: tuple[PolicyWriter, ...] | None = None
    changes: tuple[ChangeReference, ...] | None = None
    flow_logs: tuple[FlowLog, ...] | None = None
    tls_policy: TlsPolicy | None = None
    external_controls: tuple[ExternalControl, ...] | None = None
    addressable_decisions: tuple[AddressableDecision, ...] | None = None
    entity_controls: tuple[EntityControl, ...] | None = None
    baseline: Baseline | None = None
    probes: Probes | None = None
    digest: str = ""
