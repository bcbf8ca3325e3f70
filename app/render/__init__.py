"""Page data first, then templates: one frozen input becomes a PDF, an HTML file, JSON and CSV."""

from app.render.definition import PAPERS, load_definition
from app.render.names import usual_stem
from app.render.period import PERIOD_SECTIONS
from app.render.period_renderer import PERIOD_FORMATS, PeriodRenderer
from app.render.renderer import FORMATS, ReportRenderer, format_of
from app.render.schema import schemas
from app.render.sections import SECTIONS

__all__ = [
    "FORMATS",
    "PAPERS",
    "PERIOD_FORMATS",
    "PERIOD_SECTIONS",
    "SECTIONS",
    "PeriodRenderer",
    "ReportRenderer",
    "format_of",
    "load_definition",
    "schemas",
    "usual_stem",
]
