"""A fleet's pages from what is stored: each part is made again only when something that it shows has changed.

Nothing is judged again: states and findings are those that scans stored. Only who can reach whom, which is not stored, is
worked out from the latest snapshot.
"""
# ruff: noqa: PLC0415  (heavy packages are imported by what needs them, as in `app.bootstrap`)

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app import bootstrap
from app.deliver import Piece, Placed, Site, open_site
from app.errors import NotFoundError
from app.model.canonical import canonical_json, digest
from app.model.history import Scan, Slot
from app.model.ports import FleetStore, Progress
from app.model.report import Artefact
from app.resources import program_digest
from app.settings import Settings

if TYPE_CHECKING:
    from app.render.site import Overview

Filed = tuple[date, tuple[str, ...]]  # a night, and names of files


@dataclass(frozen=True)
class Publication:
    """Pages as of a day.

    Attributes:
        reports: formats in which the reports of each cluster's latest stored scan are made for the pages.
        filed: folders, by cluster, with the reports that a schedule has made; those of the last weeks are copied.
    """

    settings: Settings
    store: FleetStore
    progress: Progress
    today: date
    reports: tuple[str, ...] = ()
    filed: Mapping[str, Path] = field(default_factory=dict)

    def write(self, folder: Path) -> Placed:
        """Bring a folder up to date, cluster by cluster, the overview last.

        Raises:
            NotFoundError: no cluster has a scan up to that day.
            InputError: the folder has files and is no site.
        """
        clusters = [item for name in self.store.clusters() if (item := self._cluster(name))]
        if not clusters:
            raise NotFoundError(
                f"there is no scan to publish up to {self.today}",
                advice="run `netattest scan --cluster NAME` first",
            )
        renderer, rows = bootstrap.site_renderer(self._titles), [item.row for item in clusters]
        shards: list[str] = []
        with open_site(folder) as site:
            site.put(Piece("assets", program_digest(), renderer.assets))
            for item in clusters:
                self.progress.stage("publish", cluster=item.row.cluster)
                shards += self._put(site, item)
            known = tuple(shards)
            site.put(_piece("search", [known, len(rows)], lambda: [renderer.search(rows, known)]))
            site.put(
                _piece(
                    "index",
                    [str(self.today), repr(rows), self._titles],
                    lambda: [renderer.index(rows, self.today)],
                )
            )
            return site.close()

    @cached_property
    def _titles(self) -> dict[str, str]:
        """What frameworks are called now; a scan names them by their ids."""
        return dict(bootstrap.framework_titles(self.settings))

    def _cluster(self, name: str) -> "_Cluster | None":
        from app.render.site import FRESH, latest_stored, overview

        scans = self.store.scans(name, until=_end(self.today))
        if not scans:
            return None
        removed = self.store.removed(name)
        slots = self.store.slots(name, _begin(self.today - timedelta(days=FRESH)), _end(self.today))
        latest = latest_stored(scans, removed)
        at = latest.taken_at if latest else _end(self.today)
        points = [
            item
            for item in self.store.points(name, since=at, until=at)
            if latest and item.scan == latest.number
        ]
        row = overview(name, self.today, scans, removed, slots, points)
        shown = tuple(item for item in slots if item.due_at >= _begin(row.until))
        return _Cluster(row, scans, removed, shown)

    def _put(self, site: Site, item: "_Cluster") -> tuple[str, ...]:
        """Everything about one cluster; the page comes after what it names."""
        row, name = item.row, item.row.cluster
        shards: tuple[str, ...] = ()
        reports: tuple[str, ...] = ()
        if (latest := row.latest) is not None:
            shards = site.put(_piece(f"search {name}", [latest.digest], lambda: self._shards(row, latest)))
        if latest is not None and self.reports:
            reports = site.put(
                _piece(f"reports {name}", [latest.digest, *self._terms()], lambda: self._reports(row, latest))
            )
        filed = tuple(self._put_filed(site, item)) if name in self.filed else ()
        known = [
            repr(row),
            repr(sorted(item.removed.items())),
            repr(item.slots),
            shards,
            reports,
            repr(filed),
            self._titles,
        ]
        site.put(_piece(f"page {name}", known, lambda: [self._page(item, shards, reports, filed)]))
        return shards

    def _put_filed(self, site: Site, item: "_Cluster") -> Iterator[Filed]:
        """Reports that the schedule has made for the nights of the last weeks, latest first."""
        from app.render import usual_stem
        from app.render.site import RECENT

        row, frameworks = item.row, [found.framework for found in item.row.standings]
        since = row.until - timedelta(days=RECENT - 1)
        stems: dict[date, set[str]] = {}
        for scan in item.scans:
            if (day := scan.taken_at.date()) >= since:
                stems.setdefault(day, set()).update(
                    usual_stem(row.cluster, name, str(day)) for name in frameworks
                )
        for day in sorted(stems, reverse=True):
            if files := bootstrap.filed_reports(self.filed[row.cluster], stems[day]):
                known = [(str(path), *_state(path)) for path in files]
                piece = _piece(f"nightly {row.cluster} {day}", known, partial(_copies, row.slug, files))
                yield day, site.put(piece)

    def _page(
        self, item: "_Cluster", shards: Sequence[str], reports: Sequence[str], filed: Sequence[Filed]
    ) -> Artefact:
        from app import trend
        from app.render.site import kept_record

        name, latest, begin = item.row.cluster, item.row.latest, _begin(item.row.until)
        courses = self.store.courses(name, begin, _end(item.row.until))
        recent = [scan for scan in item.scans if scan.taken_at >= begin]
        lines = trend.follow_courses(courses, recent, item.slots, item.removed)
        findings = self.store.findings(latest) if latest else ()
        record = kept_record(item.row, item.scans, item.removed, item.slots, courses, lines, findings)
        return bootstrap.site_renderer(self._titles).cluster(record, shards, reports, filed)

    def _shards(self, row: "Overview", latest: Scan) -> Iterator[Artefact]:
        from app import assess, collect, detect, evaluate
        from app.render.site import finding_shards, path_shards

        yield from finding_shards(row, self.store.findings(latest))
        snapshot = self.store.snapshot(latest)
        inventory = collect.normalize(snapshot.objects).inventory
        platform = detect.detect(snapshot)
        reach = evaluate.reachability(inventory, platform, snapshot.gaps, as_declared=False)
        attested = assess.attested_links(self.store.documents(latest), latest.taken_at)
        protection = detect.protection(snapshot, inventory, platform)
        encryption = evaluate.encryption(reach, inventory, protection, attested)
        notes = [*reach.notes, *protection.cautions]
        if snapshot.gaps:
            notes.append("the scan has gaps: other paths may be open, and other layers may protect them")
        yield from path_shards(row, encryption.along(reach.connections()), notes)

    def _terms(self) -> list[str]:
        """What reports depend on beside their scan."""
        shape = bootstrap.definition(self.settings)
        return [repr(shape), repr(self.reports), repr(bootstrap.key_files(self.settings).key.exists())]

    def _reports(self, row: "Overview", latest: Scan) -> Iterator[Artefact]:
        from app import pipeline

        sealer = bootstrap.sealer(self.settings)
        made = pipeline.report(
            latest,
            (),
            bootstrap.definition(self.settings),
            bootstrap.sealed_formats(self.reports) if sealer else self.reports,
            self.store,
            bootstrap.renderer(),
            self.progress,
            sealer=sealer,
        )
        for item in made:
            name = PurePosixPath("reports", row.slug, item.name)
            yield Artefact(str(name), item.media_type, item.body)


@dataclass(frozen=True)
class _Cluster:
    """One cluster up to the day of publication."""

    row: "Overview"
    scans: tuple[Scan, ...]
    removed: Mapping[int, str]
    slots: tuple[Slot, ...]


def _piece(name: str, known: object, make: Callable[[], Iterable[Artefact]]) -> Piece:
    return Piece(name, digest(canonical_json([program_digest(), known])), make)


def _state(path: Path) -> tuple[int, int]:
    """What tells that a file was written anew: size and time."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _copies(slug: str, files: Sequence[Path]) -> Iterator[Artefact]:
    for path in files:
        name = PurePosixPath("nightly", slug, path.name)
        yield Artefact(str(name), "application/octet-stream", bootstrap.read(path))


def _begin(today: date) -> datetime:
    from app.render.site import NIGHTS

    return datetime.combine(today - timedelta(days=NIGHTS - 1), time(), UTC)


def _end(today: date) -> datetime:
    return datetime.combine(today, time.max, UTC)
