"""`checks.yaml`: what each check asks, and whether this version performs it."""

from collections.abc import Mapping

from app.assess.reading import FileModel, Mistakes, Text, parse
from app.model.finding import CheckGroup, CheckMeta, Severity
from app.model.history import Document


class CheckFile(FileModel):
    """One check; its id is permanent."""

    id: Text
    group: CheckGroup
    severity: Severity
    title: Text
    fails_when: Text
    insufficient_when: str = ""
    guard: str = ""
    reads: str = ""
    performed: bool
    """False: the identifier exists and this version does not perform it."""

    def value(self) -> CheckMeta:
        """The line of the catalogue as checks use it."""
        return CheckMeta(
            id=self.id,
            group=self.group,
            severity=self.severity,
            title=self.title,
            fails_when=self.fails_when,
            insufficient_when=self.insufficient_when,
            guard=self.guard,
            reads=self.reads,
            performed=self.performed,
        )


class ChecksFile(FileModel):
    """The catalogue of checks."""

    catalogue_version: str = ""
    checks: tuple[CheckFile, ...]


def read_checks(document: Document | None, mistakes: Mistakes) -> Mapping[str, CheckMeta]:
    """Read `checks.yaml`, which is required: without it nothing is known about any check."""
    if document is None:
        mistakes.add("checks.yaml", "", "is required and was not given")
        return {}
    read = parse(document, ChecksFile, mistakes)
    if read is None:
        return {}
    return {check.id: check.value() for check in read.checks}
