"""JSON Schemas of the files in `config/`, for editors and for whoever writes such a file."""

from collections.abc import Mapping
from typing import Any

from app.assess.attestations_file import AttestationsFile
from app.assess.checks_file import ChecksFile
from app.assess.exceptions_file import ExceptionsFile
from app.assess.flows_file import FlowsFile
from app.assess.framework_file import FrameworkFile
from app.assess.probes_file import ProbesFile
from app.assess.reading import FileModel
from app.assess.registers_file import RegistersFile
from app.assess.retention_file import RetentionFile
from app.assess.scope_file import ScopeFile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: Mapping[str, type[FileModel]] = {
    "attestations": AttestationsFile,
    "checks": ChecksFile,
    "exceptions": ExceptionsFile,
    "flows": FlowsFile,
    "framework": FrameworkFile,
    "probes": ProbesFile,
    "registers": RegistersFile,
    "retention": RetentionFile,
    "scope": ScopeFile,
}


def schemas() -> dict[str, dict[str, Any]]:
    """Schema of each file by name; `config/schema/<name>.schema.json` holds the same."""
    return {name: {"$schema": _DIALECT, **model.model_json_schema()} for name, model in _MODELS.items()}
