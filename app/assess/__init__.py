"""Findings → controls: documents read strictly, check results rolled up to states (pure)."""

from app.assess.acceptance import Acceptance
from app.assess.assessment import assess, duties
from app.assess.configuration import Configuration, read_documents
from app.assess.exceptions_file import exception_ids, exceptions_of
from app.assess.placing import Placed, RuleReach, placed
from app.assess.registers_reading import baseline_document
from app.assess.retention_file import read_retention
from app.assess.schemas import schemas
from app.assess.scope_reading import scope_of

__all__ = [
    "Acceptance",
    "Configuration",
    "Placed",
    "RuleReach",
    "assess",
    "baseline_document",
    "duties",
    "exception_ids",
    "exceptions_of",
    "placed",
    "read_documents",
    "read_retention",
    "schemas",
    "scope_of",
]
