"""Writes a diagram as SVG. Every text is escaped where it enters, and is cut so that it stays inside its box."""

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

from app.render.charts.svg import INK, INKS, NOTE, PAPER, RULE, frame, num, text
from app.render.diagrams.layout import (
    BAND_HEAD,
    GUTTER,
    HEAD,
    INSET,
    PAGE,
    SOCKET,
    TRACK,
    Frame,
    Layout,
    Placed,
    Socket,
    Trunk,
    lay_out,
)
from app.render.diagrams.model import TRANSIT_WORDS, Box, Diagram, Transit
from app.render.diagrams.type import fitted, width_of

PANEL: Final = "#F6F8F9"
STATES: Final[dict[Transit, str]] = {
    Transit.AUTHENTICATED: "supported",
    Transit.ENCRYPTED: "supported",
    Transit.PLAIN: "exception",
    Transit.UNTOLD: "insufficient-evidence",
}
"""Ink of each kind; form and letter say the same."""

DASHES: Final[dict[Transit, str]] = {
    Transit.AUTHENTICATED: "",
    Transit.ENCRYPTED: "7 2.5",
    Transit.PLAIN: "1.5 1.7",
    Transit.UNTOLD: "6 1.8 1.4 1.8",
}
_BASE: Final = 2.7  # from the middle of a line of text to its baseline
_BADGE: Final = 8.0


def draw_diagram(diagram: Diagram) -> Markup:
    """Draw a diagram as wide as a page."""
    layout = lay_out(diagram)
    names = [box.title for band in diagram.bands for box in band.boxes]
    body = [part for item in layout.frames for part in _frame(layout, item)]
    outermost_first = sorted(layout.trunks, key=lambda item: (-item.track, item.start))
    body += [_trunk(layout, trunk, names) for trunk in outermost_first]
    return frame(diagram.id, "diagram", (PAGE, layout.height), (diagram.title, diagram.description), body)


def draw_transit_key(letter: str) -> Markup:
    """Draw a line of one kind with its letter, for the legend; its words stand beside it."""
    transit = Transit(letter)
    body = f"{_stroke(transit, 'M1 6H25')}{_arrow(transit, 29, 6, 1)}{_badge(transit, 34, 6)}"
    return Markup(  # noqa: S704  constant shapes
        f'<svg class="line-key" viewBox="0 0 40 12" width="40" height="12" aria-hidden="true"><title>key</title>{body}</svg>'
    )


def _frame(layout: Layout, item: Frame) -> Iterator[str]:
    left, right = layout.edges
    stroke = (
        f'class="ink" stroke="{INK}" stroke-width="1.1"'
        if item.band.protected
        else f'class="rule" stroke="{RULE}" stroke-width=".8"'
    )
    dash = ' stroke-dasharray="3 2"' if item.band.rim else ""
    yield (
        f'<rect class="panel" x="{num(left)}" y="{num(item.top)}" width="{num(right - left)}"'
        f' height="{num(item.height)}" fill="{PANEL}"/>'
        f'<rect {stroke} x="{num(left)}" y="{num(item.top)}" width="{num(right - left)}"'
        f' height="{num(item.height)}" fill="none"{dash}/>'
    )
    kind = "strong" if item.band.protected else "note"
    title = fitted(item.band.title, right - left - 2 * INSET)
    yield text(left + INSET, item.top + BAND_HEAD / 2 + _BASE, title, kind=kind)
    for box in item.boxes:
        yield from _box(layout, box)


def _box(layout: Layout, item: Placed) -> Iterator[str]:
    left, right = layout.edges[0] + INSET, layout.edges[1] - INSET
    room = right - left - 10
    yield (
        f'<rect class="paper cell" x="{num(left)}" y="{num(item.top)}" width="{num(right - left)}"'
        f' height="{num(item.height)}" fill="{PAPER}" stroke="{RULE}" stroke-width=".6"/>'
    )
    base = item.top + HEAD / 2 + _BASE
    indent = 0.0
    if item.box.store:
        yield _cylinder(left + 5, item.top + HEAD / 2)
        indent = 9.0
    meta = _meta(item.box, max(room / 2, room - indent - width_of(item.box.title) - 8))
    title = fitted(item.box.title, room - indent - (width_of(meta) + 8 if meta else 0))
    yield text(left + 5 + indent, base, title, kind="strong")
    if meta:
        yield text(right - 5, base, meta, anchor="end")
    both = len({socket.left for socket in item.sockets}) > 1
    for socket in item.sockets:
        yield from _socket(socket, left, right, room / 2 - 4 if both else room)
    if item.box.within:
        line = item.top + item.height - SOCKET / 2 - 2
        yield text((left + right) / 2, line + _BASE, fitted(item.box.within, room), anchor="middle")


def _meta(box: Box, room: float) -> str:
    """What a box holds, as far as there is room: a number is never cut, and the sign says "data store" too."""
    parts = [*(["data store"] if box.store else []), *filter(None, box.meta.split(", "))]
    while len(parts) > 1 and width_of(", ".join(parts)) > room:
        parts = parts[1:]
    return fitted(", ".join(parts), room)


def _socket(item: Socket, left: float, right: float, room: float) -> Iterator[str]:
    middle = item.top + item.height / 2
    words = fitted(item.ports, room - _BADGE - 4)
    if item.left:
        yield _badge(item.transit, left + 4 + _BADGE / 2, middle)
        yield text(left + 4 + _BADGE + 3, middle + _BASE, words, kind="name")
    else:
        yield _badge(item.transit, right - 4 - _BADGE / 2, middle)
        yield text(right - 4 - _BADGE - 3, middle + _BASE, words, kind="name", anchor="end")


def _badge(transit: Transit, x: float, y: float) -> str:
    """The letter of a kind of protection in a small frame."""
    state, half = STATES[transit], _BADGE / 2
    return (
        f'<rect class="line s-{state}" x="{num(x - half)}" y="{num(y - half)}" width="{num(_BADGE)}"'
        f' height="{num(_BADGE)}" rx="1.5" fill="none" stroke="{INKS[state]}" stroke-width=".7"/>'
        f"{text(x, y + _BASE, transit.value, kind='strong', anchor='middle', state=state)}"
    )


def _cylinder(x: float, y: float) -> str:
    """The sign of a data store."""
    return (
        f'<path class="store" d="M{num(x)} {num(y - 2.6)}v5.2c0 1 1.2 1.6 3 1.6s3-.6 3-1.6v-5.2"'
        f' fill="none" stroke="{NOTE}" stroke-width=".8"/>'
        f'<ellipse class="store" cx="{num(x + 3)}" cy="{num(y - 2.6)}" rx="3" ry="1.4" fill="none" stroke="{NOTE}"'
        f' stroke-width=".8"/>'
    )


def _trunk(layout: Layout, item: Trunk, names: list[str]) -> str:
    """One trunk with its branches; a dot says that a line joins, a crossing without a dot does not."""
    left, right = layout.edges
    inner = left + INSET if item.left else right - INSET
    side = -1 if item.left else 1
    x = (left if item.left else right) + side * (GUTTER - 2 + item.track * TRACK)
    top, bottom = item.span
    tip = inner + side * 4
    runs = [f"M{num(inner)} {num(item.start)}H{num(x)}", f"M{num(x)} {num(top)}V{num(bottom)}"]
    runs += [f"M{num(x)} {num(y)}H{num(tip)}" for y in item.ends]
    dots = "".join(
        f'<circle class="fill t-{_slug(item.transit)}" cx="{num(x)}" cy="{num(y)}" r="1.3" fill="{INKS[STATES[item.transit]]}"/>'
        for y in (item.start, *item.ends)
        if top < y < bottom
    )
    heads = "".join(_arrow(item.transit, inner, y, -side) for y in item.ends)
    target = ", ".join(dict.fromkeys(names[at] for at in item.targets))
    told = f"{names[item.source]} → {target}: {TRANSIT_WORDS[item.transit]}"
    return f'<g class="trunk"><title>{escape(told)}</title>{_stroke(item.transit, "".join(runs))}{dots}{heads}</g>'


def _stroke(transit: Transit, path: str) -> str:
    state = STATES[transit]
    dash = f' stroke-dasharray="{DASHES[transit]}"' if DASHES[transit] else ""
    return f'<path class="line t-{_slug(transit)}" d="{path}" fill="none" stroke="{INKS[state]}" stroke-width="1"{dash}/>'


def _arrow(transit: Transit, x: float, y: float, way: int) -> str:
    state = STATES[transit]
    return f'<path class="fill t-{_slug(transit)}" d="M{num(x)} {num(y)}l{num(-5 * way)} -1.75v3.5Z" fill="{INKS[state]}"/>'


def _slug(transit: Transit) -> str:
    """Class of a kind; a question mark is none."""
    return transit.name.lower()
