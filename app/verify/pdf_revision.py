"""What the revision that adds a signature to a PDF changes besides; a signer could otherwise say more than the report says."""

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree as ET

from pyhanko.pdf_utils import generic

from app.errors import EvidenceError
from app.verify.pdf_objects import DEEPEST, at, items, text

_NO_AREA: Final = [0, 0, 0, 0]
_FORM: Final = {"/Fields", "/SigFlags"}
_FIELD: Final = {"/F", "/FT", "/P", "/Rect", "/Subtype", "/T", "/Type", "/V"}
_SIGNED_BY: Final = re.compile(r"(; )?pyHanko [0-9A-Za-z.+-]{1,40}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z-]{5,30}")
_XMP_GROWTH: Final = 4096  # bytes; pyHanko writes the packet anew


def beyond_signature(reader: Any) -> Iterator[str]:
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
    yield from _form(reader)
    yield from _producer(reader, before)
    if metadata is not None:
        yield from _metadata(before(metadata).data, reader.get_object(metadata).data)


def _visible(reader: Any, before: Any) -> Iterator[str]:
    """Annotations that the signing revision adds to the first page must not show anything."""
    first = _first_page(before)
    old, new = (at(page, "/Annots", ()) for page in (before(first), reader.get_object(first)))
    kept = [new.raw_get(index) for index in range(min(len(old), len(new)))]
    if kept != [old.raw_get(index) for index in range(len(old))]:
        yield "the revision that adds the signature also changes what lies on the first page"
    for widget in items(new)[len(old) :]:
        if at(widget, "/FT", "") != "/Sig" or [int(value) for value in widget["/Rect"]] != _NO_AREA:
            yield "the revision that adds the signature also puts something on the first page"


def _form(reader: Any) -> Iterator[str]:
    """The form holds the signature's field alone: other fields, XFA and scripts can show or do what no page says."""
    form = at(reader.root, "/AcroForm", {})
    fields = items(at(form, "/Fields", ()))
    own = [{str(key) for key in item} for item in fields]
    if extra := {str(key) for key in form} - _FORM | set().union(*own) - _FIELD:
        yield f"the revision that adds the signature also adds {', '.join(sorted(extra))} to its form"
    if len(fields) != 1 or at(fields[0], "/FT", "") != "/Sig":
        yield "the revision that adds the signature also adds other fields"


def _producer(reader: Any, before: Any) -> Iterator[str]:
    info = reader.trailer.raw_get("/Info").reference
    old, new = (text(at(item, "/Producer", "")) for item in (before(info), reader.get_object(info)))
    if new != old and not _SIGNED_BY.fullmatch(new.removeprefix(old)):
        yield "the revision that adds the signature also changes /Producer"


def _metadata(old: bytes, new: bytes) -> Iterator[str]:
    """XMP of the signed revision may say another time, and that pyHanko has signed; nothing else that was not said."""
    said = [_texts(body) for body in (old, new)]
    added = said[1] - said[0]
    producers = {text for text in added for past in said[0] if _SIGNED_BY.fullmatch(text.removeprefix(past))}
    if [text for text in added - producers if not _DATE.fullmatch(text)] or len(new) > len(old) + _XMP_GROWTH:
        yield "the revision that adds the signature also changes what the file says of itself (XMP)"


def _texts(xmp: bytes) -> set[str]:
    """Every text and every attribute of an XMP packet."""
    if b"<!" in xmp:  # no doctype, no entities, no comments: netattest writes none
        raise EvidenceError("its metadata (XMP) is not what netattest writes")
    # As text it is UTF-8 whatever it declares, so that no entity can be declared without the bytes of `<!`.
    root = ET.fromstring(xmp.decode())  # noqa: S314
    found = [(item.tag, item.text, item.tail, *item.attrib.values()) for item in root.iter()]
    return {part.strip() for parts in found for part in parts if part and part.strip()}


def _first_page(resolver: Any) -> Any:
    node, reference = resolver.root["/Pages"], None
    for _ in range(DEEPEST):
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
