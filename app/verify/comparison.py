"""What was handed over against what this version makes of the same evidence."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from app.model.report import Artefact
from app.model.verification import Part, Statement, fails, holds, unchecked
from app.verify.evidence import Evidence
from app.verify.package import Package

_TOLD = 20
_ALWAYS_OURS = ("manifest.json",)


def compare_results(evidence: Evidence, results: str, version: str) -> Statement:
    """Compare the digest over all recomputed results with the one in the chain.

    Args:
        evidence: what was handed over.
        results: results digest of this version's judgement.
        version: this version.
    """
    scan = evidence.scan
    if results == evidence.results:
        return holds(
            Part.VERDICTS, f"worked out again by netattest {version}: the same results, counts and states"
        )
    if scan.tool_version == version:
        return fails(
            Part.VERDICTS,
            f"worked out again by netattest {version}, the same version: the results are not those that the scan recorded",
        )
    return unchecked(
        Part.VERDICTS,
        f"the scan was judged by netattest {scan.tool_version or '(unknown)'}, this is {version}: its results are not"
        " the same, which a change of version may explain; use that version to compare them",
    )


def compare_evidence(
    package: Package, evidence: Evidence, remade: Iterable[Artefact], version: str
) -> Statement:
    """Compare each evidence file with the one that this version writes."""
    new = {item.name: item.body for item in remade}
    differing = sorted(
        name for name in {*new, *package.evidence} if new.get(name) != package.evidence.get(name)
    )
    if not differing:
        return holds(Part.VERDICTS, f"{len(new)} evidence files are byte for byte what the snapshot gives")
    details = [line for name in differing for line in _difference(name, package.evidence, new)][:_TOLD]
    if evidence.scan.tool_version == version:
        return fails(Part.VERDICTS, "evidence files are not what the snapshot gives", details)
    return unchecked(
        Part.VERDICTS,
        f"the scan was judged by netattest {evidence.scan.tool_version or '(unknown)'}, this is {version}: these files"
        " cannot be compared byte for byte",
        details,
    )


def compare_pages(package: Package, remade: Iterable[Artefact], typesetter: str) -> Iterator[Statement]:
    """Compare each rendered file with the one that this version renders.

    Args:
        package: what was handed over.
        remade: unsigned files of the same formats, under the names that they have in the package.
        typesetter: libraries that set PDF pages on this machine.
    """
    same: list[str] = []
    for item in remade:
        given = package.files[item.name]
        pdf = package.pdfs.get(item.name)
        if given.startswith(item.body) if pdf and pdf.signatures else given == item.body:
            same.append(item.name)
        elif pdf and pdf.typesetter != typesetter:
            yield unchecked(
                Part.PAGES,
                f"the pages of {item.name} cannot be compared: they were set by"
                f" {pdf.typesetter or 'unknown libraries'}, here it is {typesetter}",
            )
        else:
            yield fails(Part.PAGES, f"{item.name} does not say what this version prints from the evidence")
    if same:
        names = ", ".join(name.rpartition("/")[2] for name in same)
        yield holds(Part.PAGES, f"byte for byte what this version prints from the evidence: {names}")


def _difference(name: str, given: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[str]:
    if name not in new:
        yield f"{name} is there, but a report has no such file"
    elif name not in given:
        yield f"{name} is missing"
    else:
        yield f"{name} differs"
        if name == "assessment.json":
            yield from _states(given[name], new[name])


def _states(given: bytes, new: bytes) -> Iterator[str]:
    before, after = _by_control(given), _by_control(new)
    for control in sorted({*before, *after}):
        if before.get(control) != after.get(control):
            yield f"control {control}: the report says {before.get(control)}, the snapshot gives {after.get(control)}"


def _by_control(body: bytes) -> dict[str, Any]:
    try:
        return {str(item["control"]): item["state"] for item in orjson.loads(body)["controls"]}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return {}
