"""Populations of checks and of policies as CSV (RFC 4180), in cells that no spreadsheet takes for a formula."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from typing import Final

from app.model.finding import CheckResult, CheckRun
from app.model.history import Scan
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
    "cluster",
    "scan",
    "observed_at",
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

_FORMULA: Final = ("=", "+", "-", "@")
_BREAKS: Final = ("\t", "\r", "\n")


def populations(runs: Iterable[tuple[str, CheckRun]], scan: Scan) -> bytes:
    """Write every subject of every check, one row each, with the time of the scan; the file has no time of its own.

    Args:
        runs: evidence id and run, in print order.
        scan: that the runs judged.

    Returns:
        UTF-8 with CRLF line ends and a header row; no byte order mark.
    """
    seen = [scan.cluster, str(scan.number), scan.taken_at.isoformat()]
    return _table(
        COLUMNS, ([*_cells(evidence, item), *seen] for evidence, run in runs for item in run.results)
    )


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
    """Put an apostrophe before what a spreadsheet would run (OWASP, "CSV Injection").

    Programs drop blanks and what is not seen before they look at the first sign, and some read full-width signs as plain.
    """
    if text.isascii() and text[:1].isalnum():
        return text
    seen = "".join(sign for sign in text if unicodedata.category(sign)[0] not in "ZC")
    runs = unicodedata.normalize("NFKC", seen[:1]).startswith(_FORMULA)
    return f"'{text}" if runs or text.startswith(_BREAKS) else text


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
