"""`frameworks/<id>.yaml`: one framework as data. Its file name is its id."""

from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.assess.reading import FileModel, Mistakes, Text, parse
from app.model.control import (
    RECORD_CHECKS,
    Automation,
    CheckMapping,
    Control,
    Framework,
    ManualRecord,
    Role,
)
from app.model.finding import Severity
from app.model.history import Document
from app.model.scope import Boundary

_FOLDER, _ENDING = "frameworks/", ".yaml"


class ChecksOfControl(FileModel):
    """Check ids by what they mean for the control."""

    direct: tuple[Text, ...] = ()
    """Evidence that decides."""
    supporting: tuple[Text, ...] = ()
    """Evidence that never lifts a state."""

    def value(self) -> tuple[CheckMapping, ...]:
        """Direct checks first, in the file's order."""
        return (
            *(CheckMapping(check, Role.DIRECT) for check in self.direct),
            *(CheckMapping(check, Role.SUPPORTING) for check in self.supporting),
        )


class ManualRecordFile(FileModel):
    """The record that the manual part wants."""

    type: Text
    max_age: Text
    """Its greatest age in words, as a report prints it."""
    months: int | None = Field(default=None, ge=1)
    """The same as a number; left out where the entity sets the interval, then the record says `valid_until`."""
    ends_with_change: bool = False
    """A significant change ends it, whatever its age."""
    interval_set_by: Annotated[str, StringConstraints(pattern="^(standard|entity|product default)$")]
    """Who set the interval, so that nobody reads our default as the publisher's rule."""

    @model_validator(mode="after")
    def _interval_is_known(self) -> Self:
        if self.months is None and self.interval_set_by != "entity":
            raise ValueError(f"an interval set by the {self.interval_set_by} needs 'months'")
        return self

    def value(self) -> ManualRecord:
        """The record as assessment uses it."""
        return ManualRecord(self.type, self.max_age, self.interval_set_by, self.months, self.ends_with_change)


class RegulationFile(FileModel):
    """A rule that may be quoted: public law only."""

    type: Text
    """`standard`, `required` or `addressable`."""
    text: str = ""
    """Verbatim."""

    def __str__(self) -> str:
        """Write `Addressable: “…”`."""
        return f"{self.type.capitalize()}: “{self.text}”" if self.text else f"{self.type.capitalize()}."


class ControlFile(FileModel):
    """One requirement, in our own words; it has checks or says why none can bear on it."""

    model_config = FileModel.model_config | {
        "json_schema_extra": {"anyOf": [{"required": ["checks"]}, {"required": ["outside_tool"]}]}
    }

    id: Text
    """The publisher's number."""
    title: Text
    objective: Text
    chapter: Text
    automation: Automation
    severity: Severity
    scope: Text
    cadence: Text
    checks: ChecksOfControl = ChecksOfControl()
    outside_tool: str = ""
    """Why nothing in a cluster bears on it; required where no check reads the cluster or the scan store."""
    does_not_prove: tuple[Text, ...] = ()
    """What its checks leave open, each after "does not prove"; what their kinds leave open is added by itself."""
    manual_parts: tuple[Text, ...] = ()
    manual_record: ManualRecordFile | None = None
    not_applicable_when: str = ""
    """The ground on which it may be declared not applicable; none means it never may."""
    tool_supports: tuple[Text, ...] = ()
    """Testing procedures for which a scan is evidence."""
    direct_facts: tuple[Text, ...] = ()
    supporting_facts: tuple[Text, ...] = ()
    evidence_expected: tuple[Text, ...] = ()
    auditor_questions: tuple[Text, ...] = ()
    regulation: RegulationFile | None = None
    note: str = ""
    enabled: bool = True
    """False: a readiness item of a proposed rule, listed and never counted."""

    @model_validator(mode="after")
    def _has_checks_or_a_reason(self) -> Self:
        mapped = (*self.checks.direct, *self.checks.supporting)
        if RECORD_CHECKS.issuperset(mapped) and not self.outside_tool:
            raise ValueError("no check reads the cluster for it: say why in 'outside_tool'")
        if len(set(mapped)) < len(mapped):
            raise ValueError("a check is mapped twice")
        return self

    @model_validator(mode="after")
    def _manual_parts_have_a_record(self) -> Self:
        wants = bool(self.manual_parts) and self.enabled
        if wants and self.manual_record is None:
            raise ValueError("its manual parts need a 'manual_record' that can attest them")
        if RECORD_CHECKS.intersection(self.checks.direct) and self.manual_record is None:
            raise ValueError("a check of the attestation store needs a 'manual_record' to look for")
        return self

    def value(self) -> Control:
        """The control as assessment uses it."""
        return Control(
            id=self.id,
            title=self.title,
            objective=self.objective,
            chapter=self.chapter,
            automation=self.automation,
            severity=self.severity.value,
            scope=self.scope,
            cadence=self.cadence,
            checks=self.checks.value(),
            manual_parts=self.manual_parts,
            direct_facts=self.direct_facts,
            supporting_facts=self.supporting_facts,
            evidence_expected=self.evidence_expected,
            auditor_questions=self.auditor_questions,
            tool_supports=self.tool_supports,
            manual_record=self.manual_record.value() if self.manual_record else None,
            note=" ".join(str(part) for part in (self.regulation, self.note) if part),
            does_not_prove=self.does_not_prove,
            outside_tool=self.outside_tool,
            enabled=self.enabled,
        )


def _not_empty(controls: tuple[ControlFile, ...]) -> tuple[ControlFile, ...]:
    if not controls:
        raise ValueError("a framework has at least one control")
    return controls


class FrameworkFile(FileModel):
    """One framework and its controls, in the order in which a report prints them."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    name: Text
    version: Text
    title: Text
    """As a cover prints it."""
    catalogue_version: Text
    """Version of this file's content."""
    boundary: Literal["pci", "hipaa", "soc2", "cluster"]
    """The protected population that it assesses; `cluster` is everybody."""
    prefix: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*-$")]
    """For identifiers that may not start with a digit (OSCAL tokens)."""
    text_licence: Text
    controls: Annotated[tuple[ControlFile, ...], AfterValidator(_not_empty)]


def framework_title(body: bytes) -> str:
    """What a framework is called, by a file of which nothing else is read; empty where it does not say."""
    try:
        root = yaml.compose(body, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return ""
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    titles = (value.value for key, value in entries if key.value == "title")
    return next((title for title in titles if isinstance(title, str)), "")


def read_framework(document: Document, mistakes: Mistakes) -> tuple[Framework, FrameworkFile] | None:
    """Read one framework, with the file model for what only reading needs; None when it holds mistakes."""
    read = parse(document, FrameworkFile, mistakes)
    if read is None:
        return None
    if document.name != f"{_FOLDER}{read.id}{_ENDING}":
        mistakes.add(document.name, "id", f"is '{read.id}'; a framework's file is named by its id")
    framework = Framework(
        id=read.id,
        name=read.name,
        version=read.version,
        title=read.title,
        catalogue_version=read.catalogue_version,
        boundary=None if read.boundary == "cluster" else Boundary(read.boundary),
        prefix=read.prefix,
        text_licence=read.text_licence,
        controls=tuple(control.value() for control in read.controls),
        digest=document.digest,
    )
    return framework, read
