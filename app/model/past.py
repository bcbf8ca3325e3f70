"""What the past contributes to a report's pages, as a document: with it the pages can be printed again from evidence.

Failing results that still stand are left out here and taken from the judgement, which is worked out anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from app.errors import EvidenceError
from app.model.canonical import NOT_THAT_JSON, canonical_json
from app.model.finding import CheckResult, Outcome, Subject
from app.model.history import FindingLife, Trend
from app.model.judgement import Judgement
from app.model.report import ReportDefinition
from app.model.results import encode_result

_SCHEMA = "netattest/history/v1"


@dataclass(frozen=True)
class Past:
    """Lines and changes over time, lives of findings, and the definition of the report that shows them."""

    framework: str
    definition: ReportDefinition
    trend: Trend
    lives: tuple[FindingLife, ...]


class _HistoryFile(msgspec.Struct):
    """The form of `history.json`. `standing` are fingerprints of lives whose result is that of this scan."""

    schema: Literal["netattest/history/v1"]
    framework: str
    definition: ReportDefinition
    trend: Trend
    lives: tuple[FindingLife, ...]
    standing: tuple[dict[str, Any], ...]


def history_document(past: Past, judgement: Judgement) -> bytes:
    """Write `netattest/history/v1`."""
    failing = _failing(judgement)
    lives = sorted(past.lives, key=_by_check)
    standing = [life for life in lives if _stands(life, failing)]
    others = [life for life in lives if not _stands(life, failing)]
    return canonical_json(
        {
            "schema": _SCHEMA,
            "framework": past.framework,
            "definition": _values(past.definition),
            "trend": _values(past.trend),
            "lives": _values(others),
            "standing": [_without_result(life) for life in standing],
        }
    )


def read_history_document(data: bytes, judgement: Judgement) -> Past:
    """Read back what `history_document` wrote, for the judgement of the same snapshot.

    Raises:
        EvidenceError: it is not such a document, or it names a finding that the judgement does not have.
    """
    try:
        value = msgspec.json.decode(data, type=_HistoryFile)
        standing = [_with_result(item, _failing(judgement)) for item in value.standing]
    except NOT_THAT_JSON as error:
        raise EvidenceError(f"history.json is not a {_SCHEMA} document: {error}") from None
    except KeyError as error:
        raise EvidenceError(
            f"history.json names finding {error}, which this version does not find in the snapshot"
        ) from None
    lives = sorted((*value.lives, *standing), key=_by_check)
    return Past(value.framework, value.definition, value.trend, tuple(lives))


def _by_check(life: FindingLife) -> tuple[str, Subject, str]:
    return life.check, life.subject, life.fingerprint


def _values(value: Any) -> Any:
    return msgspec.to_builtins(value, order="deterministic")


def _failing(judgement: Judgement) -> Mapping[str, CheckResult]:
    return {
        result.fingerprint: result
        for run in judgement.runs
        for result in run.results
        if result.outcome is Outcome.FAIL
    }


def _stands(life: FindingLife, failing: Mapping[str, CheckResult]) -> bool:
    result = failing.get(life.fingerprint)
    return result is not None and encode_result(result) == encode_result(life.result)


def _without_result(life: FindingLife) -> dict[str, Any]:
    values: dict[str, Any] = _values(life)
    return {name: value for name, value in values.items() if name != "result"}


def _with_result(values: dict[str, Any], failing: Mapping[str, CheckResult]) -> FindingLife:
    result = failing[values["fingerprint"]]
    life = msgspec.convert({**values, "result": _values(result)}, FindingLife)
    return replace(life, result=result)
