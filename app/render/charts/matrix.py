"""Matrix: who may connect to whom, rows send and columns receive."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from markupsafe import Markup, escape

from app.render.charts.svg import FILLS, HAIR, PAPER, RULE, frame, hatch, num, text
from app.render.wording import clipped

_PAGE: Final = 482.0  # points between the margins of an A4 page
_LABEL: Final = 118.0
_HEAD: Final = 84.0
_SLANT: Final = 58.0
_WIDEST_CELL: Final = 22.0
_LABEL_LENGTH: Final = 24


class Level(StrEnum):
    """Worst case over the pairs behind a cell."""

    OPEN = "open"  # at least one pair may use every port
    NODE = "node"  # every port, but only from a node to its own pods, which no policy can close
    PORTS = "ports"  # at least one pair may connect, none on every port
    NONE = "none"  # no pair may connect
    UNKNOWN = "unknown"  # could not be told, or was not worked out
    SELF = "self"  # no pair: a single workload, or outside with outside


@dataclass(frozen=True, slots=True)
class MatrixLabel:
    """A row's and a column's name; `protected` marks the framework's most protected part."""

    name: str
    protected: bool = False
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """`cells[i][j]` is what `labels[i]` may open to `labels[j]`."""

    id: str
    title: str
    description: str
    labels: tuple[MatrixLabel, ...]
    cells: tuple[tuple[Level, ...], ...]


def draw_matrix(matrix: Matrix) -> Markup:
    """Draw the matrix as wide as it needs, at most as wide as a page."""
    count = max(len(matrix.labels), 1)
    cell = min(_WIDEST_CELL, (_PAGE - _LABEL - _SLANT) / count)
    width = min(_PAGE, _LABEL + cell * count + _SLANT)
    body = [hatch(matrix.id)]
    for index, label in enumerate(matrix.labels):
        name = clipped(label.name, _LABEL_LENGTH)
        kind = "strong" if label.protected else ("note" if label.outside else "name")
        middle = cell * index + cell / 2
        body.append(text(_LABEL + middle + 2.5, _HEAD - 4, name, kind=kind, turn=-52))
        body.append(text(_LABEL - 6, _HEAD + middle + 2.6, name, kind=kind, anchor="end"))
    for i, row in enumerate(matrix.cells):
        for j, level in enumerate(row):
            names = f"{matrix.labels[i].name} → {matrix.labels[j].name}: {WORDS[level]}"
            body.append(
                f"<g><title>{escape(names)}</title>"
                f"{_cell(matrix.id, level, _LABEL + cell * j, _HEAD + cell * i, cell - 1.5, i == j)}</g>"
            )
    body += _frames(matrix, cell)
    size = (width, _HEAD + cell * len(matrix.labels) + 2)
    return frame(matrix.id, "matrix", size, (matrix.title, matrix.description), body)


WORDS: Final[dict[Level, str]] = {
    Level.OPEN: "every port",
    Level.NODE: "every port, from its own node only",
    Level.PORTS: "some ports",
    Level.NONE: "nothing",
    Level.UNKNOWN: "could not be told",
    Level.SELF: "no pair",
}


def _cell(identifier: str, level: Level, x: float, y: float, side: float, own: bool) -> str:
    size = f'x="{num(x)}" y="{num(y)}" width="{num(side)}" height="{num(side)}"'
    ground, name = (
        (HAIR, "self") if level is Level.SELF or (own and level is Level.NONE) else (PAPER, "paper")
    )
    box = f'<rect class="cell {name}" {size} fill="{ground}" stroke="{RULE}" stroke-width=".5"/>'
    match level:
        case Level.OPEN:
            fill = FILLS["exception"]
            return f'<rect class="fill s-exception" {size} fill="{fill}" stroke="{fill}" stroke-width=".5"/>'
        case Level.NODE:
            inner = f'x="{num(x + side * 0.27)}" y="{num(y + side * 0.27)}" width="{num(side * 0.46)}" height="{num(side * 0.46)}"'
            return f'{box}<rect class="line s-exception" {inner} fill="none" stroke="{FILLS["exception"]}" stroke-width="1.1"/>'
        case Level.PORTS:
            centre = f'cx="{num(x + side / 2)}" cy="{num(y + side / 2)}" r="{num(side * 0.22)}"'
            return f'{box}<circle class="fill s-supported" {centre} fill="{FILLS["supported"]}"/>'
        case Level.UNKNOWN:
            return (
                f'<rect class="hatched s-insufficient-evidence" {size} fill="url(#{identifier}-h)"'
                f' stroke="#3A255F" stroke-width=".5"/>'
            )
        case Level.NONE | Level.SELF:
            return box


def draw_key(level: Level) -> Markup:
    """Draw one cell alone, for the legend; its words stand beside it."""
    body = hatch(f"key-{level}") + _cell(f"key-{level}", level, 0.5, 0.5, 13, own=False)
    return Markup(  # noqa: S704  constant shapes
        f'<svg viewBox="0 0 14 14" width="9pt" height="9pt" aria-hidden="true"><title>key</title>{body}</svg>'
    )


def _frames(matrix: Matrix, cell: float) -> list[str]:
    """Draw one line around the columns of the protected part: what reaches them is what matters."""
    inside = [index for index, label in enumerate(matrix.labels) if label.protected]
    if not inside:
        return []
    x, span = _LABEL + cell * inside[0] - 1.5, cell * (inside[-1] - inside[0] + 1) + 1.5
    height = cell * len(matrix.labels) + 1.5
    return [
        (
            f'<rect class="ink" x="{num(x)}" y="{num(_HEAD - 1.5)}" width="{num(span)}" height="{num(height)}"'
            f' fill="none" stroke="#16202A" stroke-width="1"/>'
        )
    ]
