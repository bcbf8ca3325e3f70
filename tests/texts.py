"""What an output says to whoever reads it, and the words that promise 10 forbids in it."""

import html
import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import pikepdf

PROMISED: Final = re.compile(r"\b(compliant|certified|in\s+place)\b", re.IGNORECASE)
"""What only an assessor may say of a cluster."""


def readable(name: str, body: bytes) -> dict[str, str]:
    """Everything that a file says, unpacked: pages as text, strings, metadata, attachments, files of a bundle."""
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = {item: archive.read(item) for item in archive.namelist()}
        return {
            f"{name}/{k}/{inner}": text for k, v in parts.items() for inner, text in readable(k, v).items()
        }
    if name.endswith(".pdf"):
        return {f"{name}/{part}": text for part, text in pdf_texts(body).items()}
    text = body.decode()
    if name.endswith(".html"):
        text = re.sub(r"<(style|script)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    return {name: text}


def pdf_texts(body: bytes) -> dict[str, str]:
    pages = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=body, capture_output=True, check=True
    ).stdout.decode()
    texts = {"pages": pages}
    with pikepdf.open(io.BytesIO(body)) as document:
        texts |= {
            f"attached {key}": spec.get_file().read_bytes().decode()
            for key, spec in document.attachments.items()
        }
        texts["metadata"] = document.Root.Metadata.read_bytes().decode()
        texts["strings"] = "\n".join(_strings(document))
    return texts


@dataclass(frozen=True)
class Word:
    """A word of a page and where it stands, in points from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: "Word") -> bool:
        """True when both would be drawn on one another; that lines are close to each other is no fault."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 1 and down > 2.5


def misplaced(body: bytes) -> list[str]:
    """Words of a PDF that lie on others or beyond the margins, each with its page.

    Left out are the cover and pages with slanted text (a matrix) or with words for those who listen (heads of columns that
    everybody else sees as icons).
    """
    markup = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=body, capture_output=True, check=True)
    pages = markup.stdout.decode().split("<page ")[2:]
    return [told for at, page in enumerate(pages, 2) for told in _misplaced(page, at)]


def _misplaced(page: str, at: int) -> Iterator[str]:
    width = float(re.search(r'width="([\d.]+)"', page)[1])
    found = re.findall(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', page)
    words = [Word(html.unescape(text), *map(float, place)) for *place, text in found]
    if not {"Summary", "Reachability"}.isdisjoint(word.text for word in words[:3]):
        return
    yield from (f"page {at}: {w.text} in the margin" for w in words if w.left < 50 or w.right > width - 50)
    for word, other in combinations(words, 2):
        if word.covers(other):
            yield f"page {at}: {word.text} on {other.text}"


def _strings(document: pikepdf.Pdf):
    for item in document.objects:
        for value in _inside(item, 0):
            yield str(value)


def _inside(value, depth: int):
    if isinstance(value, pikepdf.String):
        yield value
    elif isinstance(value, pikepdf.Dictionary | pikepdf.Stream | pikepdf.Array) and depth < 4:
        parts = list(value) if isinstance(value, pikepdf.Array) else [value[key] for key in value]
        for part in parts:
            if not getattr(part, "is_indirect", False):
                yield from _inside(part, depth + 1)


def assert_no_promise(files: dict[str, bytes]) -> None:
    for name, body in files.items():
        for part, text in readable(name, body).items():
            found = PROMISED.search(text)
            assert not found, f"{part} says {text[max(0, found.start() - 60) : found.end() + 20]!r}"
