"""The PDF edition: PDF/A-3a, tagged, evidence attached; a function of its input and of nothing else.

WeasyPrint's own defaults read the clock for attachments and may fetch files and addresses; both are closed here.
"""

import gc
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Final

import fontTools
import pydyf
import weasyprint
from weasyprint import CSS, HTML, Attachment
from weasyprint.text import ffi
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from app.model.canonical import digest
from app.render.evidence import EvidenceFile
from app.render.glyphs import drawable

_PAPER: Final[dict[str, str]] = {
    "A4": "@page { size: 210mm 297mm; }",
    "Letter": "@page { size: 8.5in 11in; margin: 20mm 20mm 18mm 20mm; } @page cover { margin: 0; }",
}


class _Faces(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Serves this program's fonts under their own addresses, and nothing else whatever a document asks for.

    As `data:` addresses they would be a megabyte of style sheet, which takes longer to read than a page to set.
    """

    def __init__(self, faces: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._faces = faces

    def fetch(self, url: str, headers: object = None) -> Any:
        """A font, or `ValueError`."""
        if url in self._faces:
            return URLFetcherResponse(url, self._faces[url])
        return super().fetch(url, headers)


def write_pdf(
    html: str,
    styles: str,
    *,
    paper: str,
    at: datetime,
    files: Sequence[EvidenceFile],
    faces: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    """Write the PDF.

    Args:
        html: document of `Templates.print`.
        styles: `Templates.print_styles`.
        paper: "A4" or "Letter".
        at: time of the evidence; stands for creation and change of every attachment.
        files: attachments, in order.
        faces: fonts by the address under which the styles name them.

    Returns:
        PDF/A-3a. The same arguments give the same bytes.
    """
    fonts = FontConfiguration()
    fetcher = _Faces(faces)
    sheets = [CSS(string=text, font_config=fonts, url_fetcher=fetcher) for text in (styles, _PAPER[paper])]
    html = drawable(html, faces)
    with _no_collection(), warnings.catch_warnings():
        # WeasyPrint 70 leaves the colour profile of its own package to be closed by reference count.
        warnings.filterwarnings("ignore", category=ResourceWarning, message="unclosed file.*sRGB2014")
        pdf: bytes = HTML(string=_with_typesetter(html), base_url=None, url_fetcher=fetcher).write_pdf(
            stylesheets=sheets,
            font_config=fonts,
            pdf_variant="pdf/a-3a",
            pdf_identifier=_identifier(html, files),
            attachments=[_attachment(item, at) for item in files],
            finisher=partial(_pack, files),
        )
    return pdf


class _Packed(pydyf.Stream):  # type: ignore[misc]  # pydyf has no types
    """A stream that packs itself once: a file asks for its bytes when it places them and again for its identifier."""

    def __init__(self, of: pydyf.Stream) -> None:
        super().__init__(of.stream, of.extra, of.compress)
        self.number, self.generation, self.free = of.number, of.generation, of.free

    @cached_property
    def data(self) -> Any:
        """What a stream of `pydyf` gives anew at each call."""
        return super().data


def _pack(files: Sequence[EvidenceFile], _: object, pdf: Any) -> None:
    """Take attachments as they are packed already, and pack every other stream once; no byte of the file changes."""
    bodies = {item.body: item for item in files}
    for at, stream in enumerate(pdf.objects):
        if isinstance(stream, pydyf.Stream) and stream.compress:
            file = bodies.get(stream.stream[0]) if len(stream.stream) == 1 else None
            if file is not None:
                stream.stream, stream.compress = [file.packed], False
                stream.extra["Filter"] = "/FlateDecode"
            pdf.objects[at] = _Packed(stream)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Stop looking for cycles while pages are set: nearly all objects live to the end, and looking takes a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def typesetter() -> str:
    """The libraries that decide where a glyph stands and how a stream is packed; others give other bytes."""
    pango = ffi.pango.pango_version()
    return (
        f"WeasyPrint {weasyprint.__version__}, pydyf {pydyf.__version__}, fontTools {fontTools.version},"
        f" Pango {pango // 10_000}.{pango // 100 % 100}.{pango % 100}, zlib {zlib.ZLIB_RUNTIME_VERSION}"
    )


def _with_typesetter(html: str) -> str:
    """Name the typesetter among the file's keywords, so that whoever compares pages knows why they may differ."""
    return html.replace("</head>", f'<meta name="keywords" content="{typesetter()}"></head>', 1)


def _identifier(html: str, files: Sequence[EvidenceFile]) -> bytes:
    """Identify the file by what is in it (ISO 32000-1, 14.4), never by time or chance."""
    return digest("\n".join([digest(html.encode()), *(item.digest for item in files)]).encode())[:32].encode()


def _attachment(item: EvidenceFile, at: datetime) -> Any:
    return Attachment(
        string=item.body,
        name=item.name,
        description=item.about,
        relationship="Data" if not item.document else "Source",
        created=at,
        modified=at,
    )
