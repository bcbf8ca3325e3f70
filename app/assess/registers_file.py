"""The shape of `registers.yaml`: what people approved, decided or declared beside the map of zones."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from app.assess.port_text import ports
from app.assess.reading import FileModel, Narrowing, Text
from app.assess.scope_file import PortText
from app.model.registers import (
    AddressableDecision,
    ChangeReference,
    Choice,
    EntityControl,
    ExternalControl,
    FlowLog,
    InsecureService,
    PolicyWriter,
    TlsPolicy,
)

IDENTITY = r"^(User .+|Group .+|ServiceAccount [a-z0-9.-]+/[a-z0-9.-]+)$"


class EntryFile(FileModel):
    """What every entry has: somebody owns it, somebody else approved it."""

    id: Text
    owner: str = ""
    """Who answers for it."""
    approver: str = ""
    """Somebody else than the owner."""
    approved_on: date | None = None
    review_by: date | None = None
    """Last day on which it counts without another review; left out: the entity sets none."""

    @property
    def signed(self) -> dict[str, object]:
        """The fields that all entries share."""
        names = ("id", "owner", "approver", "approved_on", "review_by")
        return {name: getattr(self, name) for name in names}


class InsecureServiceFile(EntryFile):
    """A service that the entity classifies as insecure (PCI DSS 1.2.6)."""

    service: Text
    ports: tuple[PortText, ...] = Field(min_length=1)
    destination: str = ""
    """Id of a scope rule, or a namespace; empty means anywhere."""
    mitigation: str = ""
    """The feature that makes its use safe; empty: the entry only classifies."""

    def value(self) -> InsecureService:
        """The entry as checks use it."""
        return InsecureService(
            service=self.service,
            ports=ports(self.ports),
            destination=self.destination,
            mitigation=self.mitigation.strip(),
            **self.signed,  # type: ignore[arg-type]  # the names are InsecureService's own
        )


class PolicyWriterFile(EntryFile):
    """An identity that may change network or mesh policy."""

    identity: Annotated[str, StringConstraints(pattern=IDENTITY)]
    """`User name`, `Group name` or `ServiceAccount namespace/name`."""
    namespaces: Narrowing = ()
    """Names or shell patterns; none means everywhere, cluster-wide rights included."""
    reason: str = ""

    def value(self) -> PolicyWriter:
        """The entry as checks use it."""
        return PolicyWriter(
            identity=self.identity,
            namespaces=self.namespaces,
            reason=self.reason,
            **self.signed,  # type: ignore[arg-type]  # the names are PolicyWriter's own
        )


class ChangeReferenceFile(FileModel):
    """An approved change: a ticket or a merged pull request."""

    id: Text
    """Also what an object's annotation `netattest.io/change` may name."""
    objects: tuple[Text, ...] = ()
    """`Kind namespace/name`, `scope.yaml`, or shell patterns; none: objects name it by their annotation."""
    owner: str = ""
    """Who asked for it."""
    approver: str = ""
    """Somebody else."""
    approved_on: date | None = None
    until: date
    """Last day on which it may be carried out."""
    link: str = ""

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.approved_on and self.until < self.approved_on:
            raise ValueError("until lies before approved_on")
        return self

    def value(self) -> ChangeReference:
        """The entry as checks use it."""
        return ChangeReference(
            self.id, self.objects, self.owner, self.approver, self.approved_on, self.until, self.link
        )


class FlowLogFile(EntryFile):
    """A record of allowed and denied flows that is kept outside of what the cluster shows."""

    source: Text
    """What writes it, for example `VPC flow logs of vpc-0a1, to the SIEM`."""
    namespaces: Narrowing = ()
    """Names or shell patterns; none means the whole cluster."""
    retention: Text

    def value(self) -> FlowLog:
        """The entry as checks use it."""
        return FlowLog(
            source=self.source,
            namespaces=self.namespaces,
            retention=self.retention,
            **self.signed,  # type: ignore[arg-type]  # the names are FlowLog's own
        )


class TlsPolicyFile(FileModel):
    """The entity's rule for TLS."""

    source: Text
    """The standard it follows, for example `NIST SP 800-52 Rev. 2`."""
    minimum_version: Annotated[str, StringConstraints(pattern=r"^TLS 1\.[0-3]$")]
    forbidden_ciphers: tuple[Text, ...] = ()
    owner: str = ""
    approver: str = ""
    approved_on: date | None = None
    review_by: date | None = None

    def value(self) -> TlsPolicy:
        """The rule as checks use it."""
        return TlsPolicy(**self.model_dump())


class ExternalControlFile(EntryFile):
    """A control outside the cluster that the entity relies on."""

    control: Text
    """What it is, for example `AWS security group sg-0a1 in front of the load balancer`."""
    covers: tuple[Text, ...] = Field(min_length=1)
    """Ids of framework controls."""
    objects: tuple[Text, ...] = ()
    """Ways in that it stands in front of, as `netattest reach` names them, or shell patterns; none: it is printed in the register only."""
    evidence: str = ""
    """Where its evidence is: a document, an attestation of the provider."""

    def value(self) -> ExternalControl:
        """The entry as reports print it."""
        return ExternalControl(
            control=self.control,
            covers=self.covers,
            objects=self.objects,
            evidence=self.evidence,
            **self.signed,  # type: ignore[arg-type]  # the names are ExternalControl's own
        )


class AddressableDecisionFile(EntryFile):
    """A decision about an addressable specification of the HIPAA Security Rule."""

    control: Text
    choice: Choice
    rationale: Text
    alternative: str = ""
    """The measure taken instead; required for an equivalent alternative."""

    @model_validator(mode="after")
    def _an_alternative_is_named(self) -> Self:
        if (self.choice is Choice.ALTERNATIVE) != bool(self.alternative.strip()):
            raise ValueError("'alternative' belongs to the choice 'equivalent alternative', and to no other")
        return self

    def value(self) -> AddressableDecision:
        """The entry as reports print it."""
        return AddressableDecision(
            control=self.control,
            choice=self.choice,
            rationale=self.rationale,
            alternative=self.alternative,
            **self.signed,  # type: ignore[arg-type]  # the names are AddressableDecision's own
        )


class EntityControlFile(EntryFile):
    """The entity's own control, which an auditor tests."""

    wording: str = ""
    """In your own words, as the auditor tests it; without it, the entry only names checks and criteria."""
    frequency: str = ""
    checks: tuple[Text, ...] = Field(min_length=1)
    """Ids of checks that are evidence for it."""
    criteria: tuple[Text, ...] = Field(min_length=1)
    """Ids of framework controls that it serves."""

    def value(self) -> EntityControl:
        """The entry as reports print it."""
        return EntityControl(
            wording=self.wording,
            frequency=self.frequency,
            checks=self.checks,
            criteria=self.criteria,
            **self.signed,  # type: ignore[arg-type]  # the names are EntityControl's own
        )


class RegistersFile(FileModel):
    """Registers that people own. One that is left out was not supplied; `[]` says that it is empty."""

    owner: Text
    """Who answers for this file."""
    reviewed_on: date
    """When the owner last confirmed it."""
    insecure_services: tuple[InsecureServiceFile, ...] | None = None
    policy_writers: tuple[PolicyWriterFile, ...] | None = None
    changes: tuple[ChangeReferenceFile, ...] | None = None
    flow_logs: tuple[FlowLogFile, ...] | None = None
    tls_policy: TlsPolicyFile | None = None
    external_controls: tuple[ExternalControlFile, ...] | None = None
    addressable_decisions: tuple[AddressableDecisionFile, ...] | None = None
    entity_controls: tuple[EntityControlFile, ...] | None = None
