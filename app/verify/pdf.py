"""Reads attachments, revisions and signatures of a PDF that may come from anyone. pyHanko parses, bounds are ours."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils.reader import PdfFileReader

from app.errors import EvidenceError
from app.verify import bounds
from app.verify.pdf_objects import DEEPEST, at, items, text
from app.verify.pdf_revision import beyond_signature
from app.verify.pdf_seal import beyond_seal

_SIGNED_REVISIONS: Final = 2


@dataclass(frozen=True)
class PdfFile:
    """A PDF that could be read. `problems` are sentences on how its revisions differ from what netattest writes."""

    name: str
    body: bytes = field(repr=False)
    attachments: dict[str, bytes] = field(repr=False)
    typesetter: str  # libraries that set its pages, as /Keywords says
    signatures: int
    problems: tuple[str, ...] = ()

    def reader(self) -> Any:
        """A fresh reader of the same bytes."""
        return PdfFileReader(BytesIO(self.body), strict=True)


def read_pdf(name: str, body: bytes) -> PdfFile:
    """Read a PDF.

    Raises:
        EvidenceError: it is broken; the message says where reading stopped.
    """
    try:
        reader: Any = PdfFileReader(BytesIO(body), strict=True)
        signatures = len(reader.embedded_signatures)
        return PdfFile(
            name,
            body,
            dict(_attachments(reader)),
            text(at(at(reader.trailer, "/Info", {}), "/Keywords", "")),
            signatures,
            tuple(_problems(reader, signatures, body)),
        )
    except (EvidenceError, MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001  a parser of hostile files fails in every way there is
        raise EvidenceError(
            f"{name} is a PDF that cannot be read: {type(error).__name__}: {str(error)[:200]}",
            advice="take the file again from where it was handed over; it is cut short or damaged",
        ) from None


def _attachments(reader: Any) -> Iterator[tuple[str, bytes]]:
    """Attached files by name (ISO 32000-1, 7.11.4 and 7.9.6)."""
    names = at(reader.root, "/Names", {})
    left, seen = bounds.MOST_BYTES, set[str]()
    for name, spec in _leaves(at(names, "/EmbeddedFiles", {}), 0):
        if name in seen:
            raise EvidenceError(f"it carries the attachment {name!r} twice")
        content = _content(name, spec["/EF"]["/F"], left)
        left -= len(content)
        seen.add(name)
        yield name, content
    if len(seen) > bounds.MOST_FILES:
        raise EvidenceError(f"it carries {len(seen)} attachments")


def _leaves(node: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > DEEPEST:
        raise EvidenceError("its list of attachments is nested too deeply")
    pairs = items(at(node, "/Names", ()))
    for index in range(0, len(pairs) - 1, 2):
        spec = pairs[index + 1]
        yield text(at(spec, "/UF", pairs[index])), spec
    for kid in items(at(node, "/Kids", ())):
        yield from _leaves(kid, depth + 1)


def _content(name: str, stream: Any, most: int) -> bytes:
    """Bytes of a stream, unpacked to at most `most`."""
    raw: bytes = stream.encoded_data
    match at(stream, "/Filter", None):
        case None:
            content = raw
        case "/FlateDecode" if "/DecodeParms" not in stream:
            content = _inflated(raw, most)
        case other:
            raise EvidenceError(f"attachment {name!r} is packed with {other}, which netattest does not write")
    if len(content) > most:
        raise EvidenceError(
            f"its attachments unpack to more than {bounds.MOST_BYTES >> 20} MiB: reading stopped there"
        )
    return content


def _inflated(raw: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj()
    return unpacker.decompress(raw, most + 1)


def _problems(reader: Any, signatures: int, body: bytes) -> Iterator[str]:
    if not body.rstrip(b"\r\n").endswith(b"%%EOF"):
        yield "something stands after its end"
    revisions = reader.xrefs.total_revisions
    if signatures > 1:
        yield f"it carries {signatures} signatures; netattest writes one"
    elif revisions != (_SIGNED_REVISIONS if signatures else 1):
        yield f"it was changed after it was written: it has {revisions} revisions"
    elif signatures:
        yield from beyond_signature(reader)
        yield from beyond_seal(reader)
