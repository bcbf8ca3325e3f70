"""The shape of `scope.yaml`: who owns the map of zones, its rules, and the registers that belong to it."""

from datetime import date
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.assess.port_text import PATTERN, ports
from app.assess.reading import FileModel, Narrowing, Text
from app.model.policy import LabelSelector, Operator, Requirement
from app.model.scope import (
    ApprovedExposure,
    ApprovedFlow,
    DeclaredTls,
    EncryptionClaims,
    RegisteredCertificate,
    ScopeRule,
    Thresholds,
    Zone,
)

EXPOSURE = r"^[A-Z][A-Za-z]* [a-z0-9.-]+/[a-z0-9.-]+$"
WORKLOAD = r"^[a-z0-9.-]+/[a-z0-9.-]+\[[A-Z][A-Za-z]*\](#[1-9][0-9]*)?$"
EXTERNAL = "external"


class EncryptionControl(StrEnum):
    """Layers of encryption that an entity can claim as its control."""

    NODE_TO_NODE = "node-to-node"
    MESH = "mesh"
    IDENTITY = "workload-identity"


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"not a CIDR: {error}") from None
    return text


def _port(text: str) -> str:
    ports([text])
    return text


def _placed(zone: Zone | None) -> Zone | None:
    if zone is Zone.UNKNOWN:
        raise ValueError("'unknown' is what no rule places; leave the field out instead")
    return zone


Cidr = Annotated[str, AfterValidator(_network)]
PortText = Annotated[str, StringConstraints(pattern=PATTERN), AfterValidator(_port)]


class ExpressionFile(FileModel):
    """One condition of `matchExpressions`."""

    key: Text
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _values_fit(self) -> Self:
        wants = self.operator in (Operator.IN, Operator.NOT_IN)
        if wants != bool(self.values):
            raise ValueError(f"{self.operator} {'needs values' if wants else 'takes no values'}")
        return self


class SelectorFile(FileModel):
    """A Kubernetes `LabelSelector`; all conditions must hold."""

    match_labels: dict[str, str] = Field(default={}, alias="matchLabels")
    match_expressions: tuple[ExpressionFile, ...] = Field(default=(), alias="matchExpressions")

    def value(self) -> LabelSelector:
        """The selector in normal form: sorted, `matchLabels` as `In` with one value."""
        equal = [Requirement(key, Operator.IN, (text,)) for key, text in self.match_labels.items()]
        said = [
            Requirement(item.key, Operator(item.operator), tuple(sorted(item.values)))
            for item in self.match_expressions
        ]
        return LabelSelector(tuple(sorted({*equal, *said})))


class RuleFile(FileModel):
    """One rule: what it matches and what it says. Later rules override earlier ones, field by field."""

    id: Text
    clusters: Narrowing = ()
    """Names or shell patterns, as `--cluster` has them; left out: any cluster."""
    namespaces: Narrowing = ()
    """Names or shell patterns; left out: any namespace."""
    namespace_selector: SelectorFile = Field(default=SelectorFile(), alias="namespaceSelector")
    pod_selector: SelectorFile = Field(default=SelectorFile(), alias="podSelector")
    zone: Annotated[Zone | None, AfterValidator(_placed)] = None
    """PCI DSS scoping category."""
    ephi: bool | None = None
    """Maintains or transmits electronic protected health information."""
    soc2: bool | None = None
    """Inside the system description of the SOC 2 report."""
    confidential: bool | None = None
    """Holds confidential information in the SOC 2 sense."""
    data_store: bool | None = None
    """Stores sensitive data."""
    public: bool | None = None
    """Meant to be reached from untrusted networks."""
    shared: bool | None = None
    """A component that every zone may talk to: DNS, ingress, monitoring."""
    tenant: Text | None = None
    """The customer it belongs to."""
    meshed: bool | None = None
    """Claimed to be in a service mesh."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set - {"id", "clusters", "namespaces", "namespace_selector", "pod_selector"}:
            raise ValueError("the rule says nothing; give it a zone, a flag or a tenant")
        return self

    def value(self) -> ScopeRule:
        """The rule as checks use it."""
        return ScopeRule(
            id=self.id,
            clusters=self.clusters,
            namespaces=self.namespaces,
            namespace_selector=self.namespace_selector.value(),
            pod_selector=self.pod_selector.value(),
            zone=self.zone,
            ephi=self.ephi,
            soc2=self.soc2,
            confidential=self.confidential,
            data_store=self.data_store,
            public=self.public,
            shared=self.shared,
            tenant=self.tenant,
            meshed=self.meshed,
        )


class FlowFile(FileModel):
    """One approved flow (PCI DSS 1.2.5)."""

    id: Text
    source: Text
    """Id of a scope rule, a namespace, or `external`."""
    destination: Text
    """Id of a scope rule, a namespace, or `external`."""
    ports: tuple[PortText, ...] = Field(min_length=1)
    justification: str = ""
    owner: str = ""
    approver: str = ""
    approved_on: date | None = None
    review_by: date | None = None
    """Last day on which it counts without another review; left out: the entity sets none."""

    @model_validator(mode="after")
    def _has_an_end_inside(self) -> Self:
        if self.source == self.destination == EXTERNAL:
            raise ValueError("one end must be inside the cluster")
        return self

    def value(self) -> ApprovedFlow:
        """The flow as checks use it."""
        return ApprovedFlow(
            id=self.id,
            source=self.source,
            destination=self.destination,
            ports=ports(self.ports),
            justification=self.justification,
            owner=self.owner,
            approver=self.approver,
            approved_on=self.approved_on,
            review_by=self.review_by,
        )


class ExposureFile(FileModel):
    """One object that is meant to be reachable from outside, and who approved it."""

    id: Text
    object: Annotated[str, StringConstraints(pattern=EXPOSURE)]
    """`Kind namespace/name`, for example `Ingress shop/front`."""
    owner: str = ""
    approver: str = ""
    approved_on: date | None = None
    reason: str = ""
    review_by: date | None = None
    """Last day on which it counts without another review; left out: the entity sets none."""

    def value(self) -> ApprovedExposure:
        """The exposure as checks use it."""
        return ApprovedExposure(
            self.id, self.object, self.owner, self.approver, self.approved_on, self.reason, self.review_by
        )


class CertificateFile(FileModel):
    """One entry of the inventory of keys and certificates (PCI DSS 4.2.1.1)."""

    id: Text
    certificate: Text
    """An object (`Secret shop/web-tls`), a served endpoint (`served shop.example:443`) or a SHA-256 fingerprint."""
    owner: str = ""
    purpose: str = ""

    def value(self) -> RegisteredCertificate:
        """The entry as checks use it."""
        return RegisteredCertificate(self.id, self.certificate, self.owner, self.purpose)


class DeclaredTlsFile(FileModel):
    """Ports on which a program asks for TLS itself, which the cluster does not show."""

    id: Text
    destination: Text
    """Id of a scope rule, or a namespace."""
    ports: tuple[PortText, ...] = Field(min_length=1)
    how: Text
    """The setting or document that says so, for example `postgresql.conf: ssl = on; pg_hba.conf: hostssl only`."""
    owner: str = ""
    approver: str = ""
    approved_on: date | None = None

    def value(self) -> DeclaredTls:
        """The entry as checks use it."""
        return DeclaredTls(
            id=self.id,
            destination=self.destination,
            ports=ports(self.ports),
            how=self.how,
            owner=self.owner,
            approver=self.approver,
            approved_on=self.approved_on,
        )


class EncryptionFile(FileModel):
    """What the entity claims about its own encryption in transit."""

    controls: tuple[EncryptionControl, ...] = ()
    """Claimed as controls; only then can their absence be a failure: `node-to-node`, `mesh`, `workload-identity`."""
    application_tls: tuple[DeclaredTlsFile, ...] | None = None
    """Left out: no register was supplied. `[]`: no program is declared to use TLS itself."""

    def value(self) -> EncryptionClaims:
        """The claims as checks use them."""
        declared = self.application_tls
        return EncryptionClaims(
            node_to_node=EncryptionControl.NODE_TO_NODE in self.controls,
            mesh=EncryptionControl.MESH in self.controls,
            identity=EncryptionControl.IDENTITY in self.controls,
            application_tls=None if declared is None else tuple(item.value() for item in declared),
        )


class ThresholdsFile(FileModel):
    """The entity's configuration standard (PCI DSS 1.2.1) as numbers."""

    owner: str = ""
    document: str = ""
    widest_port_range: int = Field(default=Thresholds().widest_port_range, ge=1, le=65535)
    shortest_prefix_v4: int = Field(default=Thresholds().shortest_prefix_v4, ge=0, le=32)
    shortest_prefix_v6: int = Field(default=Thresholds().shortest_prefix_v6, ge=0, le=128)
    empty_selector_nights: int = Field(default=Thresholds().empty_selector_nights, ge=1)

    def value(self) -> Thresholds:
        """The thresholds as checks use them."""
        return Thresholds(**self.model_dump())


class ScopeFile(FileModel):
    """The map of zones and the registers that belong to it."""

    owner: Text
    """Who answers for this file."""
    reviewed_on: date
    """When the owner last confirmed it."""
    rules: tuple[RuleFile, ...] = ()
    untrusted: tuple[Cidr, ...] = ()
    """Untrusted networks; none means every address that is neither private nor special."""
    approved_flows: tuple[FlowFile, ...] | None = None
    """Left out: no register was supplied. `[]`: nothing is approved."""
    approved_exposures: tuple[ExposureFile, ...] | None = None
    """Left out: no register was supplied. `[]`: nothing is approved."""
    approved_host_network: tuple[Annotated[str, StringConstraints(pattern=WORKLOAD)], ...] = ()
    """Workload ids, for example `monitoring/node-exporter[DaemonSet]`."""
    certificates: tuple[CertificateFile, ...] | None = None
    """Left out: no inventory was supplied. `[]`: it is empty."""
    node_isolation: str = ""
    """Declared isolation between zones that share nodes: dedicated pools, a sandboxed runtime."""
    thresholds: ThresholdsFile = ThresholdsFile()
    encryption: EncryptionFile = EncryptionFile()
