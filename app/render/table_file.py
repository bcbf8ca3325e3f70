"""Populations of checks and of policies as CSV (RFC 4180), in cells that no spreadsheet takes for a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from app.model.finding import CheckResult, CheckRun
from app.model.hygiene import Hygiene, PolicyRemarks, Remark

COLUMNS: Final = (
    "evidence",
    "check",
    "subject_kind",
    "namespace",
    "subject",
    "outcome",
    "strength",
    "severity",
    "boundaries",
    "says",
    "fingerprint",
)

POLICY_COLUMNS: Final = (
    "policy",
    "part",
    "workloads",
    "rules",
    "kind",
    "path",
    "says",
    "because",
    "advice",
    "not_judged",
)

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def populations(runs: Iterable[tuple[str, CheckRun]]) -> bytes:
    """Write every subject of every check, one row each.

    Args:
        runs: evidence id and run, in print order.

    Returns:
        UTF-8 with CRLF line ends and a header row; no byte order mark.
    """
    return _table(COLUMNS, (_cells(evidence, result) for evidence, run in runs for result in run.results))


def policies(found: Hygiene) -> bytes:
    """Write every policy, one row for each remark about it; a policy without a remark has one row too."""
    return _table(
        POLICY_COLUMNS,
        (_policy(item, remark) for item in found.policies for remark in item.remarks or (None,)),
    )


def _policy(item: PolicyRemarks, remark: Remark | None) -> list[str]:
    said = (
        (
            remark.flaw.value,
            remark.path,
            remark.says,
            "; ".join(str(one) for one in remark.because),
            remark.advice,
        )
        if remark
        else ("",) * 5
    )
    return [str(item.ref), item.part, str(item.workloads), str(item.rules), *said, "; ".join(item.unjudged)]


def _table(columns: tuple[str, ...], rows: Iterable[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(text) for text in row] for row in rows)
    return out.getvalue().encode()


def safe_cell(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run (OWASP, "CSV Injection")."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cells(evidence: str, result: CheckResult) -> list[str]:
    boundaries = " ".join(sorted(item.value for item in result.boundaries))
    values = (
        evidence,
        result.check,
        result.subject.kind.value,
        result.subject.namespace,
        result.subject.id,
        result.outcome.value,
        result.strength.value,
        result.severity.value,
        boundaries,
        result.says,
        result.fingerprint,
    )
    return list(values)
