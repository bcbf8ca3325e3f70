"""Checks reports from their files alone, then performs them again: verdicts, evidence files and pages.

No database and no cluster are needed: a report carries its snapshot, the documents that judged it, and its past.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app import advice, judging, pipeline
from app import verify as checking
from app.errors import EvidenceError, NetattestError
from app.model.chain import record_digest
from app.model.history import Scan
from app.model.past import read_history_document
from app.model.ports import Progress, Renderer
from app.model.report import ReportInput
from app.model.verification import Part, Statement, Trust, Verdict, Verification, fails, unchecked
from app.verify import Evidence, Package


@dataclass(frozen=True)
class Means:
    """What reports are performed again with: a renderer, this version's name, and whether pages are printed."""

    renderer: Renderer
    version: str
    progress: Progress
    pages: bool = True


def verify(path: Path, trust: Trust, means: Means) -> tuple[Verification, ...]:
    """Check reports from their files alone, then work out their verdicts and print their pages again.

    Args:
        path: a PDF, a bundle, or a folder of either.
        trust: what is known from elsewhere.
        means: what verdicts and pages are made again with.

    Raises:
        NotFoundError: there is nothing at that path.
        EvidenceError: the file is broken, or none that netattest writes.
    """
    means.progress.stage("open", path=str(path))
    packages = checking.open_packages(path)
    return tuple(_verified(item, trust, means) for item in packages)


def _verified(package: Package, trust: Trust, means: Means) -> Verification:
    means.progress.stage("check", path=package.path)
    seal = checking.check_seals(package, trust)
    statements, evidence, last = list(seal.statements), None, None
    try:
        statements += checking.check_digests(package)
        if checking.is_period(package):
            found, last = checking.check_period(package)
            statements += found
        elif package.evidence:
            evidence = checking.read_evidence(package)
            statements += checking.check_evidence(package, evidence)
        else:
            statements.append(_without_evidence(package))
    except EvidenceError as error:
        statements.append(fails(Part.FILE, str(error)))
    if (
        evidence is not None
        and not evidence.redacted
        and not _failed(statements, Part.SNAPSHOT, Part.DOCUMENTS)
    ):
        statements += _again(package, evidence, means)
    return Verification(
        path=package.path,
        statements=tuple(statements),
        scan=evidence.scan if evidence else last,
        signer=seal.signer,
        signed_at=seal.at,
    )


def _without_evidence(package: Package) -> Statement:
    """Files beside a manifest may come without evidence; a PDF and a bundle of netattest always carry it."""
    if package.pdfs or package.bundle:
        says = "it carries no evidence: that was taken out, or it is no report of netattest"
        advice = "check the path; if this is what was handed over as evidence, ask for it again: as it is, it proves nothing"
        return fails(Part.FILE, says, (advice,))
    says = "there is no evidence beside these files: no PDF with attachments, and no bundle"
    return unchecked(Part.VERDICTS, says)


def _failed(statements: Sequence[Statement], *parts: Part) -> bool:
    return any(item.part in parts and item.verdict is Verdict.FAILS for item in statements)


def _again(package: Package, evidence: Evidence, means: Means) -> Iterator[Statement]:
    """Judge the snapshot and print the report once more, and compare both with what was handed over."""
    means.progress.stage("judge", objects=len(evidence.snapshot.objects))
    try:
        report = _report_again(package, evidence)
    except NetattestError as error:
        yield fails(Part.VERDICTS, f"they cannot be worked out again: {error}")
        return
    record = pipeline.record_of(_request_of(evidence.scan), evidence.documents, report.judgement)
    yield checking.compare_results(evidence, record_digest(record), means.version)
    yield checking.compare_evidence(package, evidence, means.renderer.evidence(report), means.version)
    if means.pages and package.formats:
        means.progress.stage("render", files=len(package.formats))
        yield from _pages(package, report, means.renderer)


def _pages(package: Package, report: ReportInput, renderer: Renderer) -> Iterator[Statement]:
    made = [replace(renderer.render(report, [form])[0], name=name) for name, form in package.formats.items()]
    yield from checking.compare_pages(package, made, renderer.typesetter() if package.pdfs else "")


def _report_again(package: Package, evidence: Evidence) -> ReportInput:
    """The input that the report was made from, out of its evidence.

    Raises:
        EvidenceError: the past that it carries does not fit, or names a framework that did not judge the scan.
        ConfigurationError: a document cannot be read.
    """
    judgement = judging.judge(evidence.snapshot, evidence.documents)
    past = read_history_document(package.evidence.get("history.json", b""), judgement)
    assessment = next((item for item in judgement.assessments if item.framework.id == past.framework), None)
    if assessment is None:
        raise EvidenceError(f"framework {past.framework} did not judge the scan")
    return ReportInput(
        scan=evidence.scan,
        snapshot=evidence.snapshot,
        documents=evidence.documents,
        judgement=judgement,
        assessment=assessment,
        trend=past.trend,
        lives=past.lives,
        definition=past.definition,
        chain=evidence.links,
        advice=advice.advice(past.definition, evidence.snapshot, evidence.documents, judgement),
    )


def _request_of(scan: Scan) -> pipeline.ScanRequest:
    return pipeline.ScanRequest(scan.cluster, scan.taken_at, (), scan.slot, scan.tool_version)
