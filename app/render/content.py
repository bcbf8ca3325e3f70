"""What stands on the pages, complete before any template runs: frozen values, no markup, nothing left to work out."""

from dataclasses import dataclass, field
from typing import Final, Literal

from app.model.control import ControlState
from app.render.wording import STATE_WORDS, joined, number

_SEARCHED: Final = {
    "findings": "findings",
    "controls": "controls",
    "period-controls": "controls",
    "populations": "populations",
    "morning": "findings",
    "executive": "findings",
}
"""Sections whose entries the HTML edition searches, and what these are called."""

_ONE_COLUMN: Final = 44
_COLUMN: Final = 52
"""Lines of a table of contents that fit a page, in large and in small print."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as shape and word; colour only repeats it. `state` is a `ControlState` value."""

    state: str
    word: str
    kind: Literal["mark"] = "mark"

    @classmethod
    def of(cls, state: ControlState, word: str = "") -> "Mark":
        """The mark of a control state, with its own word or another."""
        return cls(state.value, word or STATE_WORDS[state])


@dataclass(frozen=True, slots=True)
class Link:
    """Text that leads to an anchor of the same document; plain text where the anchor is empty."""

    text: str
    anchor: str
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True)
class Stack:
    """Lines below one another in one cell; the first is the main one, `notes` are small print."""

    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()
    kind: Literal["stack"] = "stack"


@dataclass(frozen=True, slots=True)
class Links:
    """Several links in one cell."""

    links: tuple[Link, ...]
    kind: Literal["links"] = "links"


Cell = str | Mark | Link | Links | Stack


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width` is in percent of the table and even (0: what is left); `kind` says how text is set."""

    title: str
    width: int = 0
    kind: Literal["text", "code", "number", "mark"] = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `state` lets a reader of the HTML edition filter by it."""

    cells: tuple[Cell, ...]
    state: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption for readers who cannot see it; `note` says what was left out, `empty` replaces no rows."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, as a definition list prints them; `code` sets the value in the code face."""

    label: str
    value: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table of contents."""

    title: str
    anchor: str
    level: int = 1


@dataclass(frozen=True)
class SectionPage:
    """What every section has. `lede` are paragraphs that open it; `entries` are its lines below it in the contents."""

    id: str
    title: str
    lede: tuple[str, ...] = field(default=(), kw_only=True)
    entries: tuple[Entry, ...] = field(default=(), kw_only=True)

    @property
    def template(self) -> str:
        """The template that prints it."""
        return f"sections/{self.id}.html"

    @property
    def sheet(self) -> bool:
        """True for a part that is read on its own, without cover and contents."""
        return False


@dataclass(frozen=True)
class Page:
    """A whole report before it is HTML.

    Attributes:
        title: document title, as a browser tab and PDF readers show it.
        kicker: small line above the title.
        subject: one sentence for PDF metadata.
        identifier: report identifier; stable for the same scan, framework and definition.
        cluster: cluster name, clipped for running lines.
        foot: left part of every page's foot.
        confidentiality: right part of every page's head.
        paper: "A4" or "Letter".
        date: day of the evidence, ISO.
        moment: time of the evidence, ISO 8601 with offset.
        tool: tool name and version.
        filters: states that the HTML edition can filter by, with their counts of controls.
        sections: in print order.
    """

    title: str
    kicker: str
    subject: str
    identifier: str
    cluster: str
    foot: str
    confidentiality: str
    paper: str
    date: str
    moment: str
    tool: str
    filters: tuple[Mark, ...]
    sections: tuple[SectionPage, ...]

    @property
    def sheet(self) -> bool:
        """True when all of it is sheets; then contents would be longer than what they lead to."""
        return all(section.sheet for section in self.sections)

    @property
    def searched(self) -> str:
        """What the HTML edition searches, as its label says: `findings, controls and populations`."""
        here = [section.id for section in self.sections]
        names = list(dict.fromkeys(word for name, word in _SEARCHED.items() if name in here))
        return joined(names) or "entries"

    @property
    def contents(self) -> tuple[Entry, ...]:
        """Lines of the table of contents: sections and what stands below them; the cover has none."""
        lines: list[Entry] = []
        for section in self.sections:
            if section.id != "cover":
                lines += [Entry(section.title, section.id), *section.entries]
        return tuple(lines)

    @property
    def contents_columns(self) -> tuple[tuple[Entry, ...], ...]:
        """The same lines as they are printed: in one column, or in two of one length where one would not fit a page.

        Cut here and not by the style sheet: a typesetter that balances columns sets them once for every try.
        """
        lines = self.contents
        if len(lines) <= _ONE_COLUMN:
            return (lines,)
        columns: list[tuple[Entry, ...]] = []
        for start in range(0, len(lines), 2 * _COLUMN):
            leaf = lines[start : start + 2 * _COLUMN]
            middle = (len(leaf) + 1) // 2
            columns += [leaf[:middle], leaf[middle:]]
        return tuple(columns)


def capped(shown: int, total: int, noun_plural: str, where: str) -> str:
    """Say what a table leaves out; empty when it leaves nothing out."""
    if shown >= total:
        return ""
    return f"The first {number(shown)} of {number(total)} {noun_plural}; all of them are in `{where}`."
