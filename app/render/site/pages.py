"""Pages of a site from its templates; names out of clusters are text and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.model.canonical import digest
from app.model.report import Artefact
from app.render.charts.svg import draw_icon
from app.render.claims import claim
from app.render.signs import upright
from app.render.site import strips
from app.render.site.nights import CONTRARY, KEY, UNSEEN
from app.render.site.record import ClusterRecord, Overview
from app.render.wording import SEVERITY_WORDS, capital


class SiteRenderer:
    """Makes the files of a site; same values, same bytes.

    Args:
        folder: `templates/`.
        titles: of frameworks, by id; one that has none is called by its id.
    """

    def __init__(self, folder: Path, titles: Mapping[str, str] | None = None) -> None:
        self._folder = folder / "site"
        self._environment = Environment(
            loader=FileSystemLoader(self._folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "strips": strips,
            "key": KEY,
            "unseen": UNSEEN,
            "claim": claim,
            "titles": titles or {},
            "severities": SEVERITY_WORDS,
        }
        self._environment.filters |= {"icon": _icon, "short": _short, "capital": capital}
        self._style = self._asset("site.css", "text/css")
        self._script = self._asset("site.js", "text/javascript")

    def assets(self) -> tuple[Artefact, ...]:
        """Style and script, which all pages share."""
        return (self._style, self._script)

    def cluster(
        self,
        record: ClusterRecord,
        shards: Sequence[str],
        reports: Sequence[str],
        filed: Sequence[tuple[date, Sequence[str]]] = (),
    ) -> Artefact:
        """A cluster's page; `shards`, `reports` and `filed`, the reports of single nights, are names of files of the site."""
        row = record.overview
        return self._page(
            "cluster.html",
            row.page,
            title=row.cluster,
            record=record,
            drawn=strips.Drawings(),
            row=row,
            paths=[name for name in shards if name.startswith("paths-")],
            reports=reports,
            filed=filed,
            trends={line.framework: line for line in record.trends},
        )

    def search(self, rows: Sequence[Overview], shards: Sequence[str]) -> Artefact:
        """The page that searches all clusters."""
        kinds = {
            kind: [name for name in shards if name.startswith(f"{kind}-")] for kind in ("findings", "paths")
        }
        return self._page("search.html", "search.html", title="Search", clusters=len(rows), kinds=kinds)

    def index(self, rows: Sequence[Overview], today: date) -> Artefact:
        """The overview."""
        names = sorted({item.framework for row in rows for item in row.standings})
        return self._page(
            "index.html", "index.html", title="All clusters", rows=rows, frameworks=names, today=today
        )

    def _asset(self, name: str, media_type: str) -> Artefact:
        """A file whose name has its digest, so that it may be cached for ever."""
        body = (self._folder / name).read_bytes()
        stem, suffix = name.split(".")
        return Artefact(f"{stem}-{digest(body)[:16]}.{suffix}", media_type, body)

    def _page(self, template: str, name: str, **values: object) -> Artefact:
        known = {"style": self._style.name, "script": self._script.name, "here": name}
        text = self._environment.get_template(template).render(**known, **values)
        return Artefact(name, "text/html", upright(text).encode())


def _short(title: str) -> str:
    """A framework's title without what stands in brackets: `SOC 2` for `SOC 2 (Trust Services Criteria …)`."""
    return title.partition(" (")[0]


def _icon(kind: str) -> str:
    return draw_icon("partial" if kind == CONTRARY else kind)
