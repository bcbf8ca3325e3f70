"""`attestations.yaml`: manual records, declarations that a control does not apply, and significant changes."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from app.assess.reading import FileModel, Mistakes, Narrowing, Text, parse
from app.model.control import Attestation, NotApplicable
from app.model.history import Document
from app.model.transit import AttestedLink


class AttestationFile(FileModel):
    """One manual record: what was done, by whom, when, and the document that shows it."""

    type: Text
    """The record type that the framework file names, for example `scope confirmation`."""
    person: Text
    performed_on: date
    controls: Narrowing = ()
    """Control ids; none means every control that wants this type."""
    valid_until: date | None = None
    """The entity's own interval; required where the framework leaves the interval to the entity."""
    unresolved: str = ""
    """What the record itself leaves open, for example failed segmentation tests; such a record is an exception."""
    document: str = ""
    document_digest: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""
    """SHA-256 of the document."""

    def value(self) -> Attestation:
        """The record as assessment uses it."""
        return Attestation(
            type=self.type,
            person=self.person,
            performed_on=self.performed_on,
            controls=self.controls,
            document=self.document,
            document_digest=self.document_digest,
            valid_until=self.valid_until,
            unresolved=self.unresolved,
        )


class NotApplicableFile(FileModel):
    """A signed declaration that a control does not apply."""

    framework: Text
    control: Text
    reason: Text
    """How it was tested that the control does not apply."""
    declared_by: Text
    declared_on: date

    def value(self) -> NotApplicable:
        """The declaration as assessment uses it."""
        return NotApplicable(self.framework, self.control, self.reason, self.declared_by, self.declared_on)


class ChangeFile(FileModel):
    """A change that ends the validity of records made before it."""

    changed_on: date
    what: Text
    controls: Narrowing = ()
    """Control ids; none means every control whose record ends with a significant change."""

    def value(self) -> "SignificantChange":
        """The change as assessment uses it."""
        return SignificantChange(self.changed_on, self.what, self.controls)


class ProviderLinkFile(FileModel):
    """A statement of the provider that it encrypts between nodes; nothing in the Kubernetes API shows it."""

    feature: Text
    """As the provider names it."""
    person: Text
    """Who obtained and checked the statement."""
    performed_on: date
    valid_until: date
    """The entity's own interval."""
    document: str = ""
    node_labels: dict[str, str] = Field(default={}, min_length=1)
    """The nodes that it covers carry all of these; none means every node."""

    def value(self) -> AttestedLink:
        """The statement as verdicts use it."""
        return AttestedLink(
            feature=self.feature,
            person=self.person,
            performed_on=self.performed_on,
            valid_until=self.valid_until,
            document=self.document,
            node_labels=tuple(sorted(self.node_labels.items())),
        )


class AttestationsFile(FileModel):
    """The attestation store."""

    attestations: tuple[AttestationFile, ...] = ()
    not_applicable: tuple[NotApplicableFile, ...] = ()
    significant_changes: tuple[ChangeFile, ...] = ()
    provider_links: tuple[ProviderLinkFile, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class SignificantChange:
    """A change after which older records no longer count where the interval says so (PCI DSS 11.4.5, 12.5.2)."""

    changed_on: date
    what: str
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that people attested, in the order of the file, so that a mistake can name its place."""

    attestations: tuple[Attestation, ...] = ()
    declarations: tuple[NotApplicable, ...] = ()
    changes: tuple[SignificantChange, ...] = ()
    links: tuple[AttestedLink, ...] = ()


def read_attestations(document: Document | None, mistakes: Mistakes) -> Records:
    """Read `attestations.yaml`; without it there is no record of anything."""
    read = parse(document, AttestationsFile, mistakes) if document else None
    if document is None or read is None:
        return Records()
    for index, item in enumerate(read.attestations):
        if item.valid_until is not None and item.valid_until < item.performed_on:
            mistakes.add(document.name, f"attestations[{index}].valid_until", "lies before performed_on")
    declared = [(item.framework, item.control) for item in read.not_applicable]
    for index, pair in enumerate(declared):
        if pair in declared[:index]:
            mistakes.add(document.name, f"not_applicable[{index}]", f"{' '.join(pair)} is declared before")
    for index, link in enumerate(read.provider_links):
        if link.valid_until < link.performed_on:
            mistakes.add(document.name, f"provider_links[{index}].valid_until", "lies before performed_on")
    return Records(
        tuple(item.value() for item in read.attestations),
        tuple(item.value() for item in read.not_applicable),
        tuple(item.value() for item in read.significant_changes),
        tuple(item.value() for item in read.provider_links),
    )
