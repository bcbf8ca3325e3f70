"""`netattest report --period` and `--nights`: reports on many nights, and the evidence of some of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app import bootstrap
from app.cli.days import Asked, due_of, named_days, schedule_of, span_of
from app.cli.frameworks import chosen_frameworks
from app.cli.output import emit, heading, say, table
from app.cli.progress import reporting
from app.cli.session import Session
from app.cli.shapes import plural
from app.deliver import Delivered, deliver_to_folder
from app.errors import ExitCode, InputError, NotFoundError
from app.model.chain import MOST_LINKS
from app.model.change import Drift
from app.model.history import Scan, ScanStatus
from app.model.nights import Night, NightStatus, Span
from app.model.period import Period, Sample
from app.model.ports import Archive, Progress, Store
from app.model.report import PeriodReport
from app.model.snapshot import SnapshotObject

if TYPE_CHECKING:
    from app.period import Found, PeriodRequest


@dataclass(frozen=True)
class Making:
    """How reports are made."""

    formats: Sequence[str]
    definition: str
    paper: str
    output: Path | None
    unsigned: bool
    redact: bool


def write_period(session: Session, asked: Asked, ids: Sequence[str], making: Making) -> None:
    """Write the reports of a period, and the evidence of the nights that were named or chosen."""
    _refuse(asked)
    schedule = schedule_of(session, asked.cluster)
    span = span_of(asked, schedule)
    folder = making.output or session.settings.reports.output / asked.cluster
    with session.history() as (store, archive), reporting() as progress:
        from app import period

        request = period.PeriodRequest(
            asked.cluster, span, due_of(span, schedule), (), dict(session.settings.closing_days)
        )
        frameworks = _frameworks(request, store, ids)
        found: tuple[Found, ...] = ()
        if asked.period:
            found = period.periods(replace(request, frameworks=frameworks), store, archive, progress)
        nights = period.nights(request, store)
        sample = _chosen(asked, nights)
        delivered = _periods(session, found, sample, making, (store, archive), folder)
        taken = [nights[at] for at in sample.nights] if sample else []
        delivered += _nights(session, taken, asked.cluster, frameworks, making, store, folder, progress)
    without = [night for night in taken if not night.scans]
    if session.as_json:
        emit(_document(asked, span, nights, sample, delivered))
    else:
        _tell(asked, span, nights, without, delivered)
    if without:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _refuse(asked: Asked) -> None:
    if asked.nights and asked.sample:
        raise InputError("--nights and --sample both choose nights", advice="give one of them")
    if asked.sample and not asked.seed:
        raise InputError(
            "--sample has no seed",
            advice='add --seed "…", a text that the assessor names, and keep it with the sample',
        )
    if asked.seed and not asked.sample:
        raise InputError("--seed has nothing to draw", advice="add --sample N and --period FROM..TO")
    if asked.sample and not asked.period:
        raise InputError("--sample has nothing to choose from", advice="add --period FROM..TO")


def _frameworks(request: "PeriodRequest", store: Store, ids: Sequence[str]) -> tuple[str, ...]:
    """Ids of the frameworks, as the last stored scan of the days knows them."""
    scans = store.scans(request.cluster, request.span.begin, request.span.end)
    removed = store.removed(request.cluster)
    stored = [item for item in scans if item.status is not ScanStatus.FAILED and item.number not in removed]
    if not stored:
        raise NotFoundError(
            f"no scan of {request.cluster} from {request.span.first} to {request.span.last} is stored",
            advice=f"clusters with scans: {', '.join(store.clusters()) or 'none yet'}",
        )
    return chosen_frameworks(ids, store.documents(stored[-1]))


def _chosen(asked: Asked, nights: Sequence[Night]) -> Sample | None:
    from app.trend.period import sample

    if asked.sample:
        return sample(nights, asked.sample, asked.seed)
    if not asked.nights:
        return None
    wanted = named_days(asked.nights)
    known = {night.day for night in nights}
    if missing := [day for day in wanted if day not in known]:
        raise NotFoundError(
            f"{missing[0]} is no night of the period or of the schedule",
            advice=f"nights are from {nights[0].day} to {nights[-1].day}",
        )
    return Sample(tuple(at for at, night in enumerate(nights) if night.day in wanted))


def _periods(
    session: Session,
    found: Sequence["Found"],
    sample: Sample | None,
    making: Making,
    stored: tuple[Store, Archive],
    folder: Path,
) -> tuple[Delivered, ...]:
    store = stored[0]
    shape = bootstrap.definition(session.settings, making.definition or "period", making.paper)
    sealer = None if making.unsigned else bootstrap.sealer(session.settings)
    formats = bootstrap.sealed_formats(making.formats) if sealer else making.formats
    renderer = bootstrap.period_renderer()
    key = bootstrap.pseudonym_key(session.settings) if making.redact else b""
    between = _drift(found, stored) if "period-drift" in shape.sections else None
    delivered: tuple[Delivered, ...] = ()
    for item in found:
        period = replace(item.period, sample=sample)
        chain = store.chain(item.scan, _links(period, item.scan))
        seen = _seen(period, stored[1]) if key else ()
        report = PeriodReport(period, item.scan, shape, chain, between, key, seen)
        artefacts = renderer.render(report, formats)
        delivered += deliver_to_folder(sealer.seal(artefacts) if sealer else artefacts, folder)
    return delivered


def _seen(period: Period, archive: Archive) -> tuple[SnapshotObject, ...]:
    """Every version of every object that a scan of the period saw: each may have had a name of its own."""
    numbers = [scan for night in period.nights for scan in night.scans]
    versions = archive.versions(period.cluster, min(numbers), max(numbers))
    bodies = archive.bodies({item.digest for item in versions})
    return tuple(SnapshotObject(item.ref, bodies[item.digest], item.digest) for item in versions)


def _drift(found: Sequence["Found"], stored: tuple[Store, Archive]) -> Drift | None:
    """The first stored scan of the period beside the last, the same for every framework."""
    from app.drift import drift

    if not found:
        return None
    last, nights = found[0].scan, found[0].period.nights
    first = min(scan for night in nights for scan in night.scans)
    return None if first == last.number else drift(stored[0].scan(last.cluster, first), last, *stored)


def _links(period: Period, last: Scan) -> int:
    """Links that reach back to the first run of the period, and no fewer than any report carries."""
    first = min(number for night in period.nights for number in (*night.scans, *night.failed_runs))
    return max(MOST_LINKS, last.number - first + 1)


def _nights(
    session: Session,
    taken: Sequence[Night],
    cluster: str,
    frameworks: Sequence[str],
    making: Making,
    store: Store,
    folder: Path,
    progress: Progress,
) -> tuple[Delivered, ...]:
    """A bundle for each night and framework: what the report of that night's last scan says, and its evidence."""
    from app import pipeline

    sealer = None if making.unsigned else bootstrap.sealer(session.settings)
    shape = bootstrap.definition(session.settings, paper=making.paper)
    delivered: tuple[Delivered, ...] = ()
    for night in taken:
        if not night.scans:
            continue
        stored = store.scan(cluster, night.scans[-1])
        artefacts = pipeline.report(
            stored,
            frameworks,
            shape,
            ("bundle",),
            store,
            bootstrap.renderer(),
            progress,
            sealer=sealer,
            pseudonym_key=bootstrap.pseudonym_key(session.settings) if making.redact else b"",
        )
        delivered += deliver_to_folder(artefacts, folder / "nights" / f"{night.day}-scan-{stored.number}")
    return delivered


def _document(
    asked: Asked, span: Span, nights: Sequence[Night], sample: Sample | None, delivered: Sequence[Delivered]
) -> dict[str, object]:
    return {
        "schema": "netattest/nights/v1",
        "cluster": asked.cluster,
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "timezone": span.zone.key,
        "nights": {status.value: sum(item.status is status for item in nights) for status in NightStatus},
        "sample": None if sample is None else [_night_shape(nights[at]) for at in sample.nights],
        "seed": sample.seed if sample else "",
        "files": [{"path": str(item.path), "sha256": item.digest, "size": item.size} for item in delivered],
    }


def _night_shape(night: Night) -> dict[str, object]:
    return {
        "day": night.day.isoformat(),
        "due_at": night.due_at.isoformat(),
        "status": night.status.value,
        "scans": list(night.scans),
        "cause": night.cause,
    }


def _tell(
    asked: Asked,
    span: Span,
    nights: Sequence[Night],
    without: Sequence[Night],
    delivered: Sequence[Delivered],
) -> None:
    states = ", ".join(
        f"{count} {status.value}"
        for status in NightStatus
        if (count := sum(item.status is status for item in nights))
    )
    say(
        f"{asked.cluster}, {span.first} to {span.last} ({span.zone.key}): {plural(len(nights), 'night')}, {states};"
        f" {plural(len(delivered), 'file')}"
    )
    table(
        ["file", "bytes", "sha-256"], [[item.path, item.size, item.digest] for item in delivered], right=[1]
    )
    if without:
        heading("Nights without a stored scan, so without evidence:")
        for night in without:
            say(f"  {night.day}: {night.cause or night.status.value}")
