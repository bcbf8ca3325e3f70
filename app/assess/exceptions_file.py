"""`exceptions.yaml`: failures that the entity accepts for a time.

A lapsed or self-approved entry is no mistake of the file: it is read, does not count, and is a finding of its own
(`exception-expired-or-unsigned`). An entry that runs longer than a year, or that names no check, cannot be meant.
"""

from collections.abc import Iterable
from datetime import date

from pydantic import Field

from app.assess.reading import FileModel, Mistakes, Text, parse
from app.model.control import AcceptedException
from app.model.dates import months_after
from app.model.finding import ARROW
from app.model.history import Document

LONGEST_MONTHS = 12


class ExceptionFile(FileModel):
    """One accepted exception."""

    id: Text
    check: Text
    """Check id whose failures are accepted."""
    subjects: tuple[Text, ...] = Field(min_length=1)
    """Subject ids as a report prints them; `*` and `?` work outside the PCI boundary only."""
    reason: Text
    owner: str = ""
    approver: str = ""
    """Someone else than the owner."""
    starts_on: date
    expires_on: date
    """Last day on which it counts; 12 months after the start at most."""
    compensating_control: str = ""
    """For PCI DSS: the compensating-control worksheet, or the measure itself."""

    def value(self) -> AcceptedException:
        """The exception as assessment uses it; `->` in a path id may be written for `→`."""
        return AcceptedException(
            id=self.id,
            check=self.check,
            subjects=tuple(subject.replace(" -> ", ARROW) for subject in self.subjects),
            reason=self.reason,
            owner=self.owner.strip(),
            approver=self.approver.strip(),
            starts_on=self.starts_on,
            expires_on=self.expires_on,
            compensating_control=self.compensating_control,
        )


class ExceptionsFile(FileModel):
    """The register of accepted exceptions."""

    exceptions: tuple[ExceptionFile, ...]


def read_exceptions(document: Document | None, mistakes: Mistakes) -> tuple[AcceptedException, ...]:
    """Read `exceptions.yaml`; without it nothing is accepted."""
    read = parse(document, ExceptionsFile, mistakes) if document else None
    if document is None or read is None:
        return ()
    for index, item in enumerate(read.exceptions):
        if item.expires_on < item.starts_on:
            mistakes.add(document.name, f"exceptions[{index}].expires_on", "lies before starts_on")
        if item.expires_on > months_after(item.starts_on, LONGEST_MONTHS):
            mistakes.add(
                document.name,
                f"exceptions[{index}].expires_on",
                f"lies more than {LONGEST_MONTHS} months after starts_on; accept it again when it ends",
            )
    return tuple(sorted((item.value() for item in read.exceptions), key=lambda item: item.id))


def exceptions_of(documents: Iterable[Document]) -> tuple[AcceptedException, ...]:
    """The exceptions that some documents hold, by id, whatever else is wrong with them; none if they cannot be read."""
    found = next((item for item in documents if item.name == "exceptions.yaml"), None)
    return read_exceptions(found, Mistakes())


def exception_ids(documents: Iterable[Document]) -> frozenset[str]:
    """Ids of the exceptions that some documents hold, whatever else is wrong with them."""
    return frozenset(item.id for item in exceptions_of(documents))
