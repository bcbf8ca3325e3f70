"""What reports are made with."""
# ruff: noqa: PLC0415  (heavy packages: see the package)

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.bootstrap.files import read
from app.errors import InputError, NotFoundError
from app.model.bundle import Tool
from app.model.ports import Renderer
from app.model.report import ReportDefinition
from app.resources import program_digest, resource
from app.settings import Settings

if TYPE_CHECKING:
    from app.render import PeriodRenderer
    from app.render.site import SiteRenderer


def renderer() -> Renderer:
    """Reports from the packaged templates."""
    from app.render import ReportRenderer

    return ReportRenderer(resource("templates"), this_tool())


def period_renderer() -> "PeriodRenderer":
    """Reports on a period from the packaged templates."""
    from app.render import PeriodRenderer

    return PeriodRenderer(resource("templates"), this_tool())


def site_renderer(titles: Mapping[str, str]) -> "SiteRenderer":
    """Pages about a fleet from the packaged templates; `titles` of frameworks are by id."""
    from app.render.site import SiteRenderer

    return SiteRenderer(resource("templates"), titles)


def this_tool() -> Tool:
    """This program, as manifests name it."""
    return Tool("netattest", __version__, program_digest())


def definition(settings: Settings, name: str = "", paper: str = "") -> ReportDefinition:
    """A report definition by id or path; empty takes that of the settings, and the paper that it names.

    Raises:
        NotFoundError: there is no such definition.
        ConfigurationError: it cannot be read or used.
        InputError: there is no such paper.
    """
    from app.render import PAPERS, load_definition

    if paper and paper.casefold() not in PAPERS:
        raise InputError(f"there is no paper {paper!r}", advice=f"give one of {', '.join(PAPERS)}")
    path = _definition_file(settings, name or settings.reports.definition)
    found = load_definition(path.name, read(path))
    return replace(found, paper=PAPERS[paper.casefold()]) if paper else found


def _definition_file(settings: Settings, name: str) -> Path:
    if Path(name).suffix in (".yaml", ".yml"):
        return Path(name)
    folders = [item for item in (settings.reports.definitions, resource("reports")) if item]
    files = {path.stem: path for folder in reversed(folders) for path in folder.glob("*.yaml")}
    if name not in files:
        raise NotFoundError(
            f"there is no report definition {name!r}", advice=f"there are {', '.join(sorted(files))}"
        )
    return files[name]
