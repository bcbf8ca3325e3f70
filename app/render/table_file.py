"""Populations as CSV (RFC 4180), in cells that no spreadsheet takes for a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from app.model.finding import CheckResult, CheckRun

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

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def populations(runs: Iterable[tuple[str, CheckRun]]) -> bytes:
    """Write every subject of every check, one row each.

    Args:
        runs: evidence id and run, in print order.

    Returns:
        UTF-8 with CRLF line ends and a header row; no byte order mark.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for evidence, run in runs:
        writer.writerows(_cells(evidence, result) for result in run.results)
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
    return [safe_cell(value) for value in values]
