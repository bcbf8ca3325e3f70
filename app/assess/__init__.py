"""Findings → controls: documents read strictly, check results rolled up to states (pure)."""

from app.assess.acceptance import Acceptance
from app.assess.assessment import assess, duties
from app.assess.configuration import Configuration, attested_links, mistakes_in, read_documents
from app.assess.drafting import REGISTERS, SCOPE, Draft, drafted, with_empty_registers
from app.assess.exceptions_file import exception_ids, exceptions_of
from app.assess.framework_file import framework_title
from app.assess.lines import line_of
from app.assess.others_file import OTHERS, with_others
from app.assess.placing import Placed, RuleReach, placed
from app.assess.reading import Mistake
from app.assess.recording import observed_flows, read_recording
from app.assess.registers_reading import baseline_document
from app.assess.retention_file import read_retention
from app.assess.review import Concern, Remark, review
from app.assess.schemas import schemas
from app.assess.scope_reading import scope_of
from app.assess.unmatched import unmatched
from app.assess.unreported import unreported

__all__ = [
    "OTHERS",
    "REGISTERS",
    "SCOPE",
    "Acceptance",
    "Concern",
    "Configuration",
    "Draft",
    "Mistake",
    "Placed",
    "Remark",
    "RuleReach",
    "assess",
    "attested_links",
    "baseline_document",
    "drafted",
    "duties",
    "exception_ids",
    "exceptions_of",
    "framework_title",
    "line_of",
    "mistakes_in",
    "observed_flows",
    "placed",
    "read_documents",
    "read_recording",
    "read_retention",
    "review",
    "schemas",
    "scope_of",
    "unmatched",
    "unreported",
    "with_empty_registers",
    "with_others",
]
