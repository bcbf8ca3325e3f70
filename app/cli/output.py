"""What goes to standard output: tables on a terminal, aligned text in a pipe, JSON when asked for."""

import sys
from collections.abc import Iterable, Sequence

import orjson

_GAP = "  "


def clean(text: str) -> str:
    """Make text that came from a cluster harmless on a terminal: no control or direction-changing characters."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def say(text: str = "") -> None:
    """Print lines of a result; each line is cleaned."""
    sys.stdout.write("\n".join(clean(line) for line in text.split("\n")) + "\n")


def emit(document: object) -> None:
    """Print one JSON document on one line."""
    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def emit_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print comma-separated values with a header; cells that a spreadsheet would run begin with an apostrophe."""
    import csv

    from app.render.table_file import safe_cell

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(clean(str(value))) for value in row] for row in rows)


def heading(text: str) -> None:
    """Print a heading with an empty line before it."""
    say()
    say(text)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Print a table; column numbers in `right` are aligned to the right."""
    cells = [[clean(str(value)) for value in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(columns, cells, right)
    else:
        for line in aligned(columns, cells, right):
            say(line)


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines of an aligned table with a header in capitals, as kubectl prints them; nothing is cut off."""
    lines = [[name.upper() for name in columns], *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    return [
        _GAP.join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for i, name in enumerate(columns):
        grid.add_column(name, justify="right" if i in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    Console().print(grid)
