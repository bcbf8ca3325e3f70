"""Zones, boundaries and registers that people own. Read from files by `app.assess`, used by checks and assessment.

The tool never invents an entry: what no rule places is *unknown*, and unknown is never out of scope.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from app.model.approval import unapproved
from app.model.connections import Connections
from app.model.inventory import Labels
from app.model.policy import EVERYTHING, AddressRange, LabelSelector
from app.model.selection import meets


class Zone(StrEnum):
    """PCI DSS scoping categories (Guidance for PCI DSS Scoping and Network Segmentation), and *unknown*."""

    CDE = "cde"
    CONNECTED = "connected-to"
    SECURITY = "security-impacting"
    OUT = "out-of-scope"
    UNKNOWN = "unknown"


class Boundary(StrEnum):
    """A protected population, one per framework family; a framework file names the one it assesses, or `cluster`.

    PCI: zones cde, connected-to and security-impacting, sensitive part cde. HIPAA: workloads that maintain or transmit
    ePHI. SOC2: workloads inside the system description, sensitive part those marked confidential.
    """

    PCI = "pci"
    HIPAA = "hipaa"
    SOC2 = "soc2"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where scope rules put one workload or namespace.

    Attributes:
        zone: PCI zone.
        ephi: maintains or transmits ePHI; None when no rule says.
        soc2: inside the SOC 2 system boundary; None when no rule says.
        confidential: holds confidential information in the SOC 2 sense; None when no rule says.
        data_store: stores sensitive data.
        public: meant to be reached from untrusted networks.
        shared: a shared component (DNS, ingress, monitoring) that every zone may talk to as declared.
        tenant: customer tenant; empty when none.
        meshed: declared to be in a service mesh, or not to be; None where no rule speaks of it.
        rules: ids of the scope rules that said so, in file order.
    """

    zone: Zone = Zone.UNKNOWN
    ephi: bool | None = None
    soc2: bool | None = None
    confidential: bool | None = None
    data_store: bool = False
    public: bool = False
    shared: bool = False
    tenant: str = ""
    meshed: bool | None = None
    rules: tuple[str, ...] = ()

    def inside(self, boundary: Boundary | None) -> bool | None:
        """In the boundary's population? None means unknown, which counts as inside for evidence.

        The boundary None is the whole cluster: everybody is inside.
        """
        match boundary:
            case None:
                return True
            case Boundary.PCI:
                return None if self.zone is Zone.UNKNOWN else self.zone is not Zone.OUT
            case Boundary.HIPAA:
                return self.ephi
            case Boundary.SOC2:
                return self.soc2

    def sensitive(self, boundary: Boundary | None) -> bool | None:
        """In the boundary's most protected part (CDE, ePHI, confidential)? None means unknown.

        A framework for the whole cluster has no such part by itself: what stores sensitive data stands for it.
        """
        match boundary:
            case None:
                return self.data_store
            case Boundary.PCI:
                return None if self.zone is Zone.UNKNOWN else self.zone is Zone.CDE
            case Boundary.HIPAA:
                return self.ephi
            case Boundary.SOC2:
                return self.confidential


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """One rule of `scope.yaml`: what it matches and what it says. Later rules override earlier ones, field by field.

    `clusters` and `namespaces` are names or shell patterns (empty: any); names and both selectors must match; None in a
    field says nothing.
    """

    id: str
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector = EVERYTHING
    pod_selector: LabelSelector = EVERYTHING
    zone: Zone | None = None
    ephi: bool | None = None
    soc2: bool | None = None
    confidential: bool | None = None
    data_store: bool | None = None
    public: bool | None = None
    shared: bool | None = None
    tenant: str | None = None
    meshed: bool | None = None
    clusters: tuple[str, ...] = ()

    @property
    def says(self) -> dict[str, object]:
        """The fields of a placement that it speaks about, with what it says."""
        return {name: value for name in _FIELDS if (value := getattr(self, name)) is not None}

    def reaches(self, namespace: str, pod_labels: Labels) -> bool:
        """True when names and pod selector match; the namespace's labels are not asked."""
        return _named(self.namespaces, namespace) and selects(self.pod_selector, pod_labels)


def _named(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def selects(selector: LabelSelector, labels: Labels) -> bool:
    """Apply a label selector (Kubernetes API concepts, "Labels and Selectors")."""
    return all(meets(item, labels) for item in selector.requirements)


_FIELDS = ("zone", "ephi", "soc2", "confidential", "data_store", "public", "shared", "tenant", "meshed")


@dataclass(frozen=True, slots=True)
class ApprovedFlow:
    """A flow that the entity approved (PCI DSS 1.2.5): scope-rule ids, namespaces or `external`, and ports."""

    id: str
    source: str
    destination: str
    ports: Connections
    justification: str
    owner: str
    approver: str
    approved_on: date | None
    review_by: date | None = None

    def problem(self, on: date) -> str:
        """Why it approves nothing on a day, as the end of a sentence; a flow nobody says the need of is not approved."""
        if not self.justification.strip():
            return "it gives no business justification"
        return unapproved(self, on)


@dataclass(frozen=True, slots=True)
class ApprovedExposure:
    """An exposure object (`Kind namespace/name`) that is meant to be reachable from outside, and who approved it."""

    id: str
    object: str
    owner: str
    approver: str
    approved_on: date | None
    reason: str = ""
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """An entry of the entity's inventory of keys and certificates (PCI DSS 4.2.1.1).

    `certificate` is an object (`Secret shop/web-tls`, `Certificate shop/web`), a served endpoint (`served shop.example:443`)
    or a SHA-256 fingerprint in lower-case hexadecimal digits.
    """

    id: str
    certificate: str
    owner: str
    purpose: str


@dataclass(frozen=True, slots=True)
class DeclaredTls:
    """Ports on which a workload's own program asks for TLS: the entity's word, as nothing in the cluster shows it.

    `destination` is the id of a scope rule or a namespace; `how` names the setting or document that says so.
    """

    id: str
    destination: str
    ports: Connections
    how: str
    owner: str
    approver: str
    approved_on: date | None

    @property
    def review_by(self) -> None:
        """The file asks for no day of review of such an entry."""
        return


@dataclass(frozen=True, slots=True)
class EncryptionClaims:
    """What the entity says about its own encryption in transit. Only what is claimed as a control can fail as one.

    `application_tls` is None where no register was supplied.
    """

    node_to_node: bool = False
    mesh: bool = False
    identity: bool = False  # segmentation relies on workload identities of a mesh
    application_tls: tuple[DeclaredTls, ...] | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The entity's configuration standard (PCI DSS 1.2.1) as numbers; owner and document are printed with findings.

    Attributes:
        widest_port_range: ports in one rule above which it is overly broad.
        shortest_prefix_v4: IPv4 prefix lengths below this are overly broad; likewise v6.
        empty_selector_nights: consecutive scans after which a policy that selects nothing is a finding.
    """

    owner: str = ""
    document: str = ""
    widest_port_range: int = 100
    shortest_prefix_v4: int = 16
    shortest_prefix_v6: int = 48
    empty_selector_nights: int = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """`config/scope.yaml`: who owns the map, its rules, and the registers that belong to it.

    `given` is False when no file was given; then everything is unknown. None in a register means "none supplied",
    which is not the same as an empty one. `digest` is that of the file's bytes and is printed on each report.
    """

    given: bool = False
    owner: str = ""
    reviewed_on: date | None = None
    rules: tuple[ScopeRule, ...] = ()
    untrusted: tuple[
        AddressRange, ...
    ] = ()  # empty: every address that is neither private nor special is untrusted
    approved_flows: tuple[ApprovedFlow, ...] | None = None
    approved_exposures: tuple[ApprovedExposure, ...] | None = None
    approved_host_network: tuple[str, ...] = ()  # workload ids
    certificates: tuple[RegisteredCertificate, ...] | None = None
    node_isolation: str = (
        ""  # declared isolation between zones on one node (dedicated pools, sandboxed runtime)
    )
    thresholds: Thresholds = field(default_factory=Thresholds)
    encryption: EncryptionClaims = field(default_factory=EncryptionClaims)
    digest: str = ""

    def for_cluster(self, name: str) -> "Scope":
        """The scope as it holds in one cluster: rules that name other clusters are left out."""
        rules = tuple(item for item in self.rules if _named(item.clusters, name))
        return replace(self, rules=rules)

    def place(self, namespace: str, namespace_labels: Labels | None, pod_labels: Labels) -> Placement:
        """Apply all rules in order; the last one that speaks about a field wins.

        `namespace_labels` None means that they could not be read: a rule that asks for them may or may not match, so
        every field that it speaks about is unknown from there on.
        """
        said: dict[str, object] = {}
        ids: list[str] = []
        for rule in self.rules:
            if not rule.reaches(namespace, pod_labels):
                continue
            speaks = rule.says
            if namespace_labels is None and rule.namespace_selector.requirements:
                said = {name: value for name, value in said.items() if name not in speaks}
            elif selects(rule.namespace_selector, namespace_labels or {}):
                ids.append(rule.id)
                said |= speaks
        return Placement(rules=tuple(ids), **said)  # type: ignore[arg-type]  # _FIELDS names Placement's own fields
