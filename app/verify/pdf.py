"""Reads attachments, revisions and signatures of a PDF that may come from anyone. pyHanko parses, bounds are ours."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from app.errors import EvidenceError
from app.verify import bounds

_DEEPEST: Final = 32  # of a name tree; WeasyPrint writes one level
_SIGNED_REVISIONS: Final = 2
_NO_AREA: Final = [0, 0, 0, 0]


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
            _text(_at(_at(reader.trailer, "/Info", {}), "/Keywords", "")),
            signatures,
            tuple(_problems(reader, signatures)),
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
    names = _at(reader.root, "/Names", {})
    left, seen = bounds.MOST_BYTES, set[str]()
    for name, spec in _leaves(_at(names, "/EmbeddedFiles", {}), 0):
        if name in seen:
            raise EvidenceError(f"it carries the attachment {name!r} twice")
        content = _content(name, spec["/EF"]["/F"], left)
        left -= len(content)
        seen.add(name)
        yield name, content
    if len(seen) > bounds.MOST_FILES:
        raise EvidenceError(f"it carries {len(seen)} attachments")


def _leaves(node: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        raise EvidenceError("its list of attachments is nested too deeply")
    pairs = _items(_at(node, "/Names", ()))
    for index in range(0, len(pairs) - 1, 2):
        spec = pairs[index + 1]
        yield _text(_at(spec, "/UF", pairs[index])), spec
    for kid in _items(_at(node, "/Kids", ())):
        yield from _leaves(kid, depth + 1)


def _content(name: str, stream: Any, most: int) -> bytes:
    """Bytes of a stream, unpacked to at most `most`."""
    raw: bytes = stream.encoded_data
    match _at(stream, "/Filter", None):
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


def _problems(reader: Any, signatures: int) -> Iterator[str]:
    revisions = reader.xrefs.total_revisions
    if signatures > 1:
        yield f"it carries {signatures} signatures; netattest writes one"
    elif revisions != (_SIGNED_REVISIONS if signatures else 1):
        yield f"it was changed after it was written: it has {revisions} revisions"
    elif signatures:
        yield from _beyond_signature(reader)


def _beyond_signature(reader: Any) -> Iterator[str]:
    """What the revision with the signature changes besides adding it.

    A signature field without appearance touches the catalogue (its form), the first page (its annotations), and the
    dates that the file gives of itself; everything else it needs is new.
    """
    before, last = reader.get_historical_resolver(0), reader.xrefs
    rewritten = last.explicit_refs_in_revision(1) & last.explicit_refs_in_revision(0)
    allowed = {
        reader.trailer.raw_get("/Root").reference: {"/AcroForm", "/Extensions", "/Version"},
        reader.trailer.raw_get("/Info").reference: {"/ModDate", "/Producer"},
        _first_page(before): {"/Annots"},
    }
    metadata = before.root.raw_get("/Metadata").reference if "/Metadata" in before.root else None
    for reference in sorted(rewritten, key=lambda item: item.idnum):
        if reference == metadata:
            continue
        keys = allowed.get(reference)
        if keys is None:
            yield f"the revision that adds the signature also changes object {reference.idnum}"
        elif changed := _changed(before(reference), reader.get_object(reference)) - keys:
            yield f"the revision that adds the signature also changes {', '.join(sorted(changed))}"
    yield from _visible(reader, before)


def _visible(reader: Any, before: Any) -> Iterator[str]:
    """Annotations that the signing revision adds to the first page must not show anything."""
    first = _first_page(before)
    old = _items(_at(before(first), "/Annots", ()))
    for widget in _items(_at(reader.get_object(first), "/Annots", ()))[len(old) :]:
        if _at(widget, "/FT", "") != "/Sig" or [int(value) for value in widget["/Rect"]] != _NO_AREA:
            yield "the revision that adds the signature also puts something on the first page"


def _first_page(resolver: Any) -> Any:
    node, reference = resolver.root["/Pages"], None
    for _ in range(_DEEPEST):
        if "/Kids" not in node:
            return reference
        reference = node["/Kids"].raw_get(0).reference
        node = resolver(reference)
    raise EvidenceError("its pages are nested too deeply")


def _changed(before: Any, after: Any) -> set[str]:
    """Keys whose values differ, references compared by what they point at."""
    if not isinstance(before, generic.DictionaryObject) or not isinstance(after, generic.DictionaryObject):
        return {"its kind"}
    keys = {*before, *after}
    return {
        str(key)
        for key in keys
        if key not in before or key not in after or before.raw_get(key) != after.raw_get(key)
    }


def _at(dictionary: Any, key: str, default: Any) -> Any:
    """A value, references followed (`get` of pyHanko's dictionaries does not)."""
    return dictionary[key] if key in dictionary else default  # noqa: SIM401


def _items(array: Any) -> list[Any]:
    """Values of an array, references followed."""
    return [array[index] for index in range(len(array))]


def _text(value: Any) -> str:
    return str(value)
