"""Characters that no font at hand draws, by their numbers.

A name, or what a person wrote, may hold any character. One without a glyph would be a shape without meaning over its
neighbours, which PDF/A forbids as well (ISO 19005-3, 6.2.11.8). Files of evidence keep all of them.
"""

import io
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont, TTLibError
from weasyprint.text.ffi import ffi, fontconfig

from app.render.signs import named

_UNSEEN: Final = frozenset({"Cc", "Cf", "Mn", "Me", "Zl", "Zp", "Zs"})
"""Categories of what has no shape of its own, or joins that of its neighbour."""


_FEW: Final = 2
"""So many characters in a row are named one by one; of more, these, and how many follow: numbers are nine times as long."""

_NAMED: Final = r"\[U\+[0-9A-F]{4,6}\]"

_UNREADABLE: Final = (OSError, TTLibError, LookupError, ValueError, AssertionError, struct.error)
"""What reading a font of another kind, one without a table of characters, or a broken one ends in."""


def drawable(text: str, faces: Mapping[str, bytes]) -> str:
    """Name characters that neither these fonts nor those of this machine have a glyph for.

    Of a row of many the first are named and the others counted, so that no page is made of numbers.
    """
    wanted = {sign for sign in set(text) if not sign.isascii() and unicodedata.category(sign) not in _UNSEEN}
    for characters in _coverages(faces.values()):
        if not wanted:
            return text
        wanted = {sign for sign in wanted if ord(sign) not in characters}
    return _rows(wanted, text).sub(lambda row: _told(row[0], wanted), text)


def _rows(wanted: set[str], text: str) -> re.Pattern[str]:
    """Characters without a glyph, and numbers that stand for others, with what has no shape between them."""
    unseen = {sign for sign in set(text) if not sign.isascii() and unicodedata.category(sign) in _UNSEEN}
    one = f"(?:[{re.escape(''.join(sorted(wanted)))}]|{_NAMED})"
    return re.compile(f"{one}(?:[ {re.escape(''.join(sorted(unseen)))}]*{one})*")


def _told(row: str, wanted: set[str]) -> str:
    spelt = row.translate({ord(sign): named(sign) for sign in wanted})
    numbers = re.findall(_NAMED, spelt)
    return spelt if len(numbers) <= _FEW else f"{''.join(numbers[:_FEW])}[and {len(numbers) - _FEW} more]"


def _coverages(own: Iterable[bytes]) -> Iterator[frozenset[int]]:
    """What each font has, own ones first; those of the machine are read when something is still missing."""
    yield from map(_of_bytes, own)
    yield from map(_of_file, _installed())


@cache
def _of_bytes(body: bytes) -> frozenset[int]:
    with TTFont(io.BytesIO(body), lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


@cache
def _of_file(path: str) -> frozenset[int]:
    """Nothing where the file is of a kind that this does not read: then its characters are named, which is still true."""
    try:
        with Path(path).open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except _UNREADABLE:
        return frozenset()


@cache
def _installed() -> tuple[str, ...]:
    """Files of the fonts that the typesetter falls back on, as fontconfig knows them."""
    config = fontconfig.FcInitLoadConfigAndFonts()
    try:
        fonts = fontconfig.FcConfigGetFonts(config, fontconfig.FcSetSystem)
        return tuple(sorted({path for at in range(fonts.nfont) if (path := _path(fonts.fonts[at]))}))
    finally:
        fontconfig.FcConfigDestroy(config)


def _path(font: object) -> str:
    found = ffi.new("FcChar8 **")
    if fontconfig.FcPatternGetString(font, b"file", 0, found) != fontconfig.FcResultMatch:
        return ""
    return str(ffi.string(found[0]).decode())
