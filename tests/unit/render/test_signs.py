"""Characters that would turn the text around them, or that no font draws, are named and never obeyed or left blank."""

import io
from datetime import UTC, datetime

import pikepdf
import pytest

from app.render.glyphs import _of_file, drawable
from app.render.html import Templates
from app.render.pdf import write_pdf
from app.render.signs import upright
from app.resources import resource

FACES = Templates(resource("templates")).faces()
NOBODY_DRAWS = "\U0010fffd"  # for private use


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a[U+202E]b"),
        ("\u2066a\u2069\u200f", "[U+2066]a[U+2069][U+200F]"),
        ("\u05e9\u05dc", "\u05e9\u05dc"),  # letters that run from right to left by themselves
        ("a\u200bb\u00adc", "a\u200bb\u00adc"),
        ("a\u202e" * 6, "a[U+202E]" * 4 + "a[…]" * 2),
        ("<i>\u202ea</i>" * 6, "<i>[U+202E]a</i>" * 6),  # of each text, however many there are
    ],
)
def test_what_turns_the_direction_is_named(text, shown):
    assert upright(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße → …", "Grüße → …"),
        (f"a{NOBODY_DRAWS}b", "a[U+10FFFD]b"),
        (f"{NOBODY_DRAWS * 2}b", "[U+10FFFD][U+10FFFD]b"),
        (
            f"a{f'{NOBODY_DRAWS} ' * 40}b",
            "a[U+10FFFD][U+10FFFD][and 38 more] b",
        ),  # a page is not made of numbers
        ("e\u0301 a\u200db", "e\u0301 a\u200db"),  # what joins its neighbour has no glyph to miss
    ],
)
def test_what_no_font_draws_is_named(text, shown):
    assert drawable(text, FACES) == shown


def test_what_only_a_font_of_the_machine_draws_stays():
    """DejaVu, which every installation has, draws Armenian; the fonts of the report do not."""
    assert drawable("\u0531", FACES) == "\u0531"


@pytest.mark.parametrize(
    "body", [b"", b"no font", b"OTTO" + bytes(40), b"\x00\x01\x00\x00\x00\x01" + bytes(22)]
)
def test_a_font_that_cannot_be_read_draws_nothing(body, tmp_path):
    path = tmp_path / "broken.otf"
    path.write_bytes(body)
    assert _of_file(str(path)) == frozenset()


def test_no_glyph_of_a_pdf_is_missing():
    html = f"<html><head></head><body><p>x{NOBODY_DRAWS}y</p></body></html>"
    body = write_pdf(html, "", paper="A4", at=datetime(2026, 1, 1, tzinfo=UTC), files=(), faces=FACES)
    with pikepdf.open(io.BytesIO(body)) as document:
        fonts = [font for page in document.pages for font in page.Resources.Font.values()]
        known = "".join(font.ToUnicode.read_bytes().decode() for font in fonts)
    assert "<dbffdffd>" not in known.lower()
