"""Pages of a site from its templates; names out of clusters are text and nothing else."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.model.canonical import digest
from app.model.report import Artefact
from app.render.site.record import ClusterRecord


class SiteRenderer:
    """Makes the files of a site; same records, same bytes.

    Args:
        folder: `templates/`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "site"
        self._environment = Environment(
            loader=FileSystemLoader(self._folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, records: Sequence[ClusterRecord], today: date) -> tuple[Artefact, ...]:
        """Style and script, a page for each cluster, and `index.html` last."""
        style, script = self._asset("site.css", "text/css"), self._asset("site.js", "text/javascript")
        known = {"style": style.name, "script": script.name, "today": today}
        pages = [
            self._page("cluster.html", item.page, title=item.cluster, record=item, **known)
            for item in records
        ]
        names = sorted({name for item in records for name, _ in item.lines})
        index = self._page(
            "index.html", "index.html", title="Fleet", records=records, frameworks=names, **known
        )
        return (style, script, *pages, index)

    def _asset(self, name: str, media_type: str) -> Artefact:
        """A file whose name has its digest, so that it may be cached for ever."""
        body = (self._folder / name).read_bytes()
        stem, suffix = name.split(".")
        return Artefact(f"{stem}-{digest(body)[:16]}.{suffix}", media_type, body)

    def _page(self, template: str, name: str, **values: object) -> Artefact:
        text = self._environment.get_template(template).render(**values)
        return Artefact(name, "text/html", text.encode())
