"""The words of a message: the same sentences whoever carries them, cut to a length that people read."""

from collections.abc import Iterator, Sequence
from itertools import islice

from app.model.news import News
from app.model.report import Artefact

_LISTED = 10
_CONTROL = dict.fromkeys((*range(32), 127, *range(128, 160), 8232, 8233), " ")
# Characters that turn the direction of the text around them: a name could disguise what a sentence says.
_DIRECTION = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F))


def one_line(text: str, longest: int = 200) -> str:
    """Text from a cluster as one harmless line: no control or direction characters, and not endless."""
    line = " ".join(text.translate(_CONTROL | _DIRECTION).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def subject(news: News) -> str:
    """One line that says what matters most."""
    first = news.headlines[0] if news.headlines else "nothing changed overnight."
    more = f" (+{len(news.headlines) - 1} more)" if len(news.headlines) > 1 else ""
    return one_line(f"{news.cluster}: {first.rstrip('.')}{more}")


def sections(news: News) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Titled lists: what changed, what opened, what closed, which controls; empty ones are left out."""
    yield "What is new", news.headlines or ("Nothing changed overnight.",)
    for title, lines, total in (
        ("Paths", _paths(news), sum(len(group.paths) for group in news.paths)),
        ("Findings opened", (item.says for item in news.opened), len(news.opened)),
        ("Findings closed", (item.says for item in news.closed), len(news.closed)),
        ("Controls", _flips(news), len(news.flips)),
    ):
        if total:
            yield title, _cut(lines, total)


def text(news: News, artefacts: Sequence[Artefact] = ()) -> str:
    """The whole message as plain text."""
    parts = [f"{one_line(news.cluster)}, {news.at:%Y-%m-%d %H:%M} UTC: {news.status.value}"]
    for title, lines in sections(news):
        parts += ["", title, *(f"  - {one_line(line, 400)}" for line in lines)]
    if artefacts:
        parts += ["", "Files, by SHA-256", *(f"  {item.digest}  {one_line(item.name)}" for item in artefacts)]
    parts += ["", "Passing evidence, reasons and limits are in the report."]
    return "\n".join(parts) + "\n"


def _cut(lines: Iterator[str], total: int) -> tuple[str, ...]:
    shown = tuple(one_line(line, 400) for line in islice(lines, _LISTED))
    return shown if total <= _LISTED else (*shown, f"… and {total - _LISTED:,} more")


def _paths(news: News) -> Iterator[str]:
    for group, path in news.connections():
        word = "opened" if group.opened else "closed"
        yield f"{word} into {group.zone}: {path.source} to {path.destination}, {path.ports}"


def _flips(news: News) -> Iterator[str]:
    for item in news.flips:
        yield f"{item.framework} {item.control}: {item.before.value} to {item.after.value}"
