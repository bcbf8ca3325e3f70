"""What all charts share: colours, the hatch, marks, and text that cannot break out of an attribute.

Fills stand as attributes, which the PDF uses, and as classes, by which the HTML edition's dark palette replaces them.
"""

from typing import Final

from markupsafe import Markup, escape

from app.model.control import ControlState

FILLS: Final[dict[str, str]] = {
    ControlState.SUPPORTED.value: "#197BA3",
    ControlState.EXCEPTION.value: "#A41E08",
    ControlState.PARTIAL.value: "#C28A0B",
    ControlState.INSUFFICIENT.value: "#3A255F",
    ControlState.MANUAL.value: "#3B4754",
    ControlState.NOT_APPLICABLE.value: "#B6BCC3",
}
"""Fill of each state; see `tokens.css` for how the palette was chosen."""

INKS: Final[dict[str, str]] = {
    **FILLS,
    ControlState.SUPPORTED.value: "#14688A",
    ControlState.PARTIAL.value: "#8A6100",
    ControlState.NOT_APPLICABLE.value: "#5C6670",
}
"""Ink of each state for words: 4.5:1 on paper at least."""

INK: Final = "#16202A"
NOTE: Final = "#5C6670"
RULE: Final = "#C9D0D6"
HAIR: Final = "#E1E5E9"
PAPER: Final = "#FFFFFF"

_SHAPES: Final[dict[str, str]] = {
    ControlState.SUPPORTED.value: (
        '<circle class="fill" cx="8" cy="8" r="7" fill="#197BA3"/>'
        '<path class="cut" d="M4.4 8.3 7 10.8 11.6 5.6" fill="none" stroke="#FFFFFF" stroke-width="1.9"/>'
    ),
    ControlState.EXCEPTION.value: (
        '<path class="fill" d="M8 1 15.5 14.6H.5Z" fill="#A41E08"/>'
        '<path class="cut" d="M8 5.6v4.4M8 11.6v1.6" fill="none" stroke="#FFFFFF" stroke-width="1.7"/>'
    ),
    ControlState.PARTIAL.value: (
        '<path class="line" d="M8 1 15 8 8 15 1 8Z" fill="none" stroke="#C28A0B" stroke-width="1.6"/>'
        '<path class="fill" d="M8 1 8 15 1 8Z" fill="#C28A0B"/>'
    ),
    ControlState.INSUFFICIENT.value: (
        '<rect class="line" x="1.8" y="1.8" width="12.4" height="12.4" fill="none" stroke="#3A255F"'
        ' stroke-width="1.6" stroke-dasharray="2.6 1.8"/>'
        '<path class="line" d="M4 9.4 9.4 4M6.6 12 12 6.6" fill="none" stroke="#3A255F" stroke-width="1.1"/>'
    ),
    ControlState.MANUAL.value: (
        '<circle class="line" cx="8" cy="8" r="6.1" fill="none" stroke="#3B4754" stroke-width="1.8"/>'
    ),
    ControlState.NOT_APPLICABLE.value: (
        '<path class="line" d="M2 8h12" fill="none" stroke="#5C6670" stroke-width="2.2"/>'
    ),
}

_NAMES: Final[dict[str, str]] = {
    ControlState.SUPPORTED.value: "disc",
    ControlState.EXCEPTION.value: "triangle",
    ControlState.PARTIAL.value: "diamond",
    ControlState.INSUFFICIENT.value: "dashed square",
    ControlState.MANUAL.value: "ring",
    ControlState.NOT_APPLICABLE.value: "dash",
}


def draw_icon(state: str, *, named: bool = False) -> Markup:
    """Draw the mark of a state; hidden from screen readers, since its word stands beside it.

    Args:
        state: a `ControlState` value.
        named: gives the shape its name, for a PDF: there every figure needs words (ISO 14289-1, 7.3), and none can be hidden.
    """
    title = f"<title>{_NAMES[state]}</title>" if named else ""
    return Markup(  # noqa: S704  constant shapes; the state is a key of them
        f'<svg class="icon s-{state}" viewBox="0 0 16 16" width="8" height="8" aria-hidden="true"'
        f' focusable="false">{title}{_SHAPES[state]}</svg>'
    )


def num(value: float) -> str:
    """Write a coordinate: two digits after the point at most, none where none are needed."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def frame(
    identifier: str, name: str, size: tuple[float, float], label: tuple[str, str], body: list[str]
) -> Markup:
    """Wrap shapes into an accessible SVG of a size in points.

    Args:
        identifier: unique in the document.
        name: CSS class, which says what kind of chart it is.
        size: width and height.
        label: title, and a description that says what the chart shows.
        body: shapes; every text in them is escaped already.
    """
    title, description = label
    width, height = num(size[0]), num(size[1])
    return Markup(  # noqa: S704  every text is escaped where it enters
        f'<svg class="chart {name}" viewBox="0 0 {width} {height}" width="{width}pt" height="{height}pt" role="img"'
        f' aria-labelledby="{identifier}-t {identifier}-d">'
        f'<title id="{identifier}-t">{escape(title)}</title><desc id="{identifier}-d">{escape(description)}</desc>'
        f"{''.join(body)}</svg>"
    )


def hatch(identifier: str) -> str:
    """Define the pattern that stands for missing evidence: absence is drawn as absence, never as a colour."""
    return (
        f'<defs><pattern id="{identifier}-h" width="4" height="4" patternUnits="userSpaceOnUse">'
        f'<rect class="paper" width="4" height="4" fill="{PAPER}"/>'
        f'<path class="line s-insufficient-evidence" d="M-1 5 5 -1M-1 1 1 -1M3 5 5 3" fill="none"'
        f' stroke="#3A255F" stroke-width="1"/></pattern></defs>'
    )


def text(
    x: float,
    y: float,
    words: str,
    *,
    kind: str = "note",
    anchor: str = "start",
    turn: float = 0,
    state: str = "",
) -> str:
    """Write words at a place.

    Args:
        x: place in points.
        y: place in points, of the baseline.
        words: what to write; escaped here.
        kind: note, name, value or strong.
        anchor: start, middle or end.
        turn: angle in degrees.
        state: writes in that state's ink; empty for the kind's own.
    """
    fill, weight = {"note": (NOTE, 400), "name": (INK, 400), "value": (INK, 600), "strong": (INK, 600)}[kind]
    place = (
        f'transform="translate({num(x)},{num(y)}) rotate({num(turn)})"'
        if turn
        else f'x="{num(x)}" y="{num(y)}"'
    )
    name = f"t-{kind} ink-{state}" if state else f"t-{kind}"
    return (
        f'<text class="{name}" {place} text-anchor="{anchor}" fill="{INKS.get(state, fill)}"'
        f' font-weight="{weight}" font-size="7.5" font-family="Netattest Text, sans-serif">{escape(words)}</text>'
    )
