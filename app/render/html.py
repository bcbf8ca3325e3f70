"""Templates in, HTML out: autoescape always on, an undefined name is an error, and the file needs nothing but itself."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.errors import RenderError
from app.render.charts import (
    Calendar,
    Matrix,
    Sparkline,
    StackedBar,
    StepTrend,
    draw_bar,
    draw_calendar,
    draw_day_key,
    draw_icon,
    draw_key,
    draw_matrix,
    draw_sparkline,
    draw_steps,
)
from app.render.content import Page
from app.render.diagrams import Diagram, draw_diagram, draw_transit_key
from app.render.signs import upright

FACES: Final[tuple[tuple[str, int, str, str], ...]] = (
    ("Netattest Text", 400, "normal", "Inter-Regular.otf"),
    ("Netattest Text", 500, "normal", "Inter-Medium.otf"),
    ("Netattest Text", 600, "normal", "Inter-SemiBold.otf"),
    ("Netattest Text", 400, "italic", "Inter-Italic.otf"),
    ("Netattest Code", 400, "normal", "JetBrainsMono-Regular.ttf"),
)
"""Family, weight, style and file. The names are our own, so that fonts of the machine are never taken for them."""

_FONT: Final = "netattest-font:"
_PROSE: Final = re.compile(r"`([^`]+)`|\*([^*\s][^*]*)\*|(\b\d[\d.]{0,7}(?:\(\w{1,4}\)){2,4}(?!\())")
_SHORT: Final = 40
"""Characters of a name that fits a line of any paragraph, and is therefore not broken."""


class Templates:
    """Renders a page in one of its two editions.

    Args:
        folder: `templates/`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            cell=draw_key,
            daykey=draw_day_key,
            icon=draw_icon,
            transit=draw_transit_key,
            draw=draw,
            prose=prose,
        )

    def screen(self, page: Page) -> str:
        """The HTML edition: one file with its fonts, styles and script, under a policy that forbids any request.

        What it looks like in a window and on paper are two styles: neither has to take back what the other says.
        """
        styles = {
            "": "\n".join([self._fonts(), self._style("tokens"), self._style("report")]),
            "screen": self._style("screen"),
            "print": self._style("paper"),
        }
        script = self._text("scripts/filter.js")
        return self._render(
            page,
            print=False,
            styles={media: Markup(style) for media, style in styles.items()},  # noqa: S704  files of this program
            script=Markup(script),  # noqa: S704  file of this program
            policy=content_policy(styles.values(), script),
        )

    def print(self, page: Page) -> str:
        """The document that becomes the PDF; its styles are given to the PDF writer apart from it."""
        return self._render(page, print=True, styles={}, script="", policy="")

    def print_styles(self) -> str:
        """Styles of the PDF edition; they name fonts by the addresses of `faces`."""
        fonts = _font_faces({file: f"{_FONT}{file}" for *_, file in FACES})
        return "\n".join([fonts, *(self._style(name) for name in ("tokens", "report", "print"))])

    def faces(self) -> dict[str, bytes]:
        """The fonts of the PDF edition, by address."""
        return {f"{_FONT}{file}": self._read(f"fonts/{file}") for *_, file in FACES}

    def _render(self, page: Page, **values: object) -> str:
        return upright(self._environment.get_template("report.html").render(page=page, **values))

    def _style(self, name: str) -> str:
        return self._text(f"styles/{name}.css")

    def _text(self, name: str) -> str:
        return self._read(name).decode()

    def _fonts(self) -> str:
        return _font_faces(
            {
                file: f"data:font/{file[-3:]};base64,{base64.b64encode(self._read(f'fonts/{file}')).decode()}"
                for *_, file in FACES
            }
        )

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise RenderError(
                f"{name} cannot be read from {self._folder}: {error.strerror}",
                advice="Install the program again; its templates and fonts travel with it.",
            ) from error


def _font_faces(addresses: Mapping[str, str]) -> str:
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style};'
        f" src: url({addresses[file]}); }}"
        for family, weight, style, file in FACES
    )


def content_policy(styles: Iterable[str], script: str) -> str:
    """Content-Security-Policy: nothing may be fetched, and only these styles and this script may run (by digest)."""
    allowed = " ".join(_source(style) for style in styles)
    return (
        f"default-src 'none'; style-src {allowed}; script-src {_source(script)}; font-src data:; base-uri 'none';"
        " form-action 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def prose(text: str) -> Markup:
    """Escape a sentence, then set `names` in the code face and *terms* in italics; paragraphs such as 164.308(a)(1) stay whole."""
    return Markup(_PROSE.sub(_set, str(escape(text))))  # noqa: S704  escaped before


def _set(match: re.Match[str]) -> str:
    code, term, paragraph = match.groups()
    if paragraph is not None:
        return f'<span class="whole">{paragraph}</span>'
    if code is None:
        return f"<em>{term}</em>"
    return f'<code class="whole">{code}</code>' if len(code) <= _SHORT else f"<code>{code}</code>"


def draw(chart: StackedBar | Matrix | StepTrend | Sparkline | Calendar | Diagram) -> Markup:
    """Draw any chart."""
    match chart:
        case StackedBar():
            return draw_bar(chart)
        case Matrix():
            return draw_matrix(chart)
        case StepTrend():
            return draw_steps(chart)
        case Sparkline():
            return draw_sparkline(chart)
        case Calendar():
            return draw_calendar(chart)
        case Diagram():
            return draw_diagram(chart)
