"""What reports are made with."""
# ruff: noqa: PLC0415  (heavy packages: see the package)

from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.bootstrap.files import read
from app.errors import NotFoundError
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


def site_renderer() -> "SiteRenderer":
    """Pages about a fleet from the packaged templates."""
    from app.render.site import SiteRenderer

    return SiteRenderer(resource("templates"))


def this_tool() -> Tool:
    """This program, as manifests name it."""
    return Tool("netattest", __version__, program_digest())


def definition(settings: Settings, name: str = "") -> ReportDefinition:
    """A report definition by id or path; empty takes that of the settings.

    Raises:
        NotFoundError: there is no such definition.
        ConfigurationError: it cannot be read or used.
    """
    from app.render import load_definition

    path = _definition_file(settings, name or settings.reports.definition)
    return load_definition(path.name, read(path))


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
