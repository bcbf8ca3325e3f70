"""All documents that judge a scan, read together: one list of mistakes, one frozen configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from app.assess.attestations_file import SignificantChange, read_attestations
from app.assess.checks_file import read_checks
from app.assess.exceptions_file import read_exceptions
from app.assess.flows_file import read_flows
from app.assess.framework_file import read_framework
from app.assess.others_file import OTHERS, OtherFramework, read_others
from app.assess.reading import Mistake, Mistakes
from app.assess.references import Known, check_references
from app.assess.registers_reading import read_registers
from app.assess.scope_reading import read_scope
from app.model.cluster import IDENTITY
from app.model.context import RunContext
from app.model.control import AcceptedException, Attestation, Framework, NotApplicable
from app.model.finding import CheckMeta
from app.model.flows import FlowRegister
from app.model.history import Document
from app.model.registers import Registers
from app.model.scope import Scope
from app.model.transit import AttestedLink

_SINGLE = (
    "attestations.yaml",
    "baseline.json",
    "checks.yaml",
    IDENTITY,
    "context.json",
    "exceptions.yaml",
    "flows.yaml",
    OTHERS,
    "probes.yaml",
    "registers.yaml",
    "scope.yaml",
)
_FRAMEWORKS = "frameworks/"


@dataclass(frozen=True)
class Configuration:
    """What people decided, as far as a verdict depends on it. Documents that were not given are empty here."""

    scope: Scope
    exceptions: tuple[AcceptedException, ...]  # by id
    declarations: tuple[NotApplicable, ...]
    attestations: tuple[Attestation, ...]  # oldest first
    catalogue: Mapping[str, CheckMeta]
    frameworks: tuple[Framework, ...]  # by id
    context: RunContext
    changes: tuple[SignificantChange, ...] = field(default=())  # oldest first
    links: tuple[AttestedLink, ...] = ()
    flows: FlowRegister = field(default_factory=FlowRegister)
    registers: Registers = field(default_factory=Registers)
    others: tuple[OtherFramework, ...] = ()  # that do not judge, as far as entries name them

    def links_on(self, at: datetime) -> tuple[AttestedLink, ...]:
        """Statements about the provider's links that are valid on the day of a time, in UTC."""
        return _valid(self.links, at)


def attested_links(documents: Sequence[Document], at: datetime) -> tuple[AttestedLink, ...]:
    """The same from documents of which nothing else is wanted; a file that cannot be read states nothing."""
    found = next((item for item in documents if item.name == "attestations.yaml"), None)
    return _valid(read_attestations(found, Mistakes()).links, at)


def _valid(links: Sequence[AttestedLink], at: datetime) -> tuple[AttestedLink, ...]:
    day = at.astimezone(UTC).date()
    return tuple(item for item in links if item.performed_on <= day <= item.valid_until)


def read_documents(documents: Sequence[Document]) -> Configuration:
    """Read every document strictly; `checks.yaml` is required, all others may be left out.

    Raises:
        ConfigurationError: at least one document holds a mistake; the message lists all of them with file, place and
            what is expected there.
    """
    mistakes = Mistakes()
    read = _read(documents, mistakes)
    mistakes.settle()
    return read


def mistakes_in(documents: Sequence[Document]) -> tuple[Mistake, ...]:
    """Every mistake of the documents, as `read_documents` would tell them."""
    mistakes = Mistakes()
    _read(documents, mistakes)
    return mistakes.found


def _read(documents: Sequence[Document], mistakes: Mistakes) -> Configuration:
    """What could be read; what could not counts as not given, and stands among the mistakes."""
    given = _by_name(documents, mistakes)
    scope = read_scope(given.get("scope.yaml"), mistakes)
    registers = read_registers(given, mistakes)
    exceptions = read_exceptions(given.get("exceptions.yaml"), mistakes)
    records = read_attestations(given.get("attestations.yaml"), mistakes)
    flows = read_flows(given.get("flows.yaml"), mistakes)
    catalogue = read_checks(given.get("checks.yaml"), mistakes)
    names = sorted(name for name in given if name.startswith(_FRAMEWORKS))
    read = [pair for name in names if (pair := read_framework(given[name], mistakes))]
    context = _context(given.get("context.json"), mistakes)
    others = read_others(given.get(OTHERS), mistakes)
    known = Known(catalogue, tuple(file for _, file in read), others)
    check_references(known, exceptions, records, registers, mistakes)
    return Configuration(
        scope=scope,
        exceptions=exceptions,
        declarations=records.declarations,
        attestations=tuple(sorted(records.attestations, key=_oldest_first)),
        catalogue=catalogue,
        frameworks=tuple(sorted((framework for framework, _ in read), key=lambda item: item.id)),
        context=context,
        changes=tuple(sorted(records.changes)),
        links=records.links,
        flows=flows,
        registers=registers,
        others=others,
    )


def _oldest_first(item: Attestation) -> tuple[date, str, bool]:
    """Of two records of one day the one that leaves something open comes last, and so counts."""
    return item.performed_on, item.type, bool(item.unresolved)


def _by_name(documents: Sequence[Document], mistakes: Mistakes) -> Mapping[str, Document]:
    given: dict[str, Document] = {}
    for document in documents:
        if document.name in given:
            mistakes.add(document.name, "", "is given twice")
        if document.name not in _SINGLE and not document.name.startswith(_FRAMEWORKS):
            mistakes.add(
                document.name,
                "",
                f"is not a known document; known are {', '.join(_SINGLE)} and frameworks/*.yaml",
            )
        given[document.name] = document
    return given


def _context(document: Document | None, mistakes: Mistakes) -> RunContext:
    if document is None:
        return RunContext()
    try:
        return RunContext.from_document(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        mistakes.add(document.name, "", f"is not a run's context as this program writes it: {error!r}")
        return RunContext()
