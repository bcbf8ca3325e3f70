"""The ZIP around a bundle: every byte of it is a file, or says where and how files lie; nothing stands beside them.

No signature covers a ZIP: they cover the manifest, which names each file by its digest. So a bundle that another tool packs
again is the same bundle, whatever dates, order or compression it gives, as long as there is no room in it for anything that
nobody checks. The layout is that of PKWARE's APPNOTE 6.3, sections 4.3.7 to 4.3.16 and 4.5.
"""

import struct
import zipfile
from collections.abc import Iterator
from typing import Final

from app.errors import EvidenceError
from app.model.bundle import EVIDENCE, REPORT, packed_entry, packed_order

FOLDERS: Final = frozenset({EVIDENCE, REPORT})
"""Entries that tools add for the folders themselves."""

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = 46  # bytes of an entry of the directory, and of its end: name and extra fields apart
_END: Final = 22
_EXTRA: Final = struct.Struct("<2H")
_STREAMED: Final = 0x8  # sizes follow the data (4.4.4, bit 3)
_LARGE: Final = 0x0001  # sizes of 64 bits stand there (4.5.3)
_FIELDS: Final = {_LARGE, 0x000A, 0x000D, 0x5455, 0x5855, 0x7855, 0x7875, 0xCAFE}
"""Extra fields that tools write (4.5.2 and Info-ZIP's list): large sizes, dates, owners, and Java's mark."""
_MOST_EXTRA: Final = 64  # bytes of one entry; the fields above need less
_DESCRIPTORS: Final = (struct.Struct("<I2I"), struct.Struct("<I2Q"))
_DESCRIPTOR_MARK: Final = b"PK\x07\x08"


def repacked(name: str, body: bytes, archive: zipfile.ZipFile) -> bool:
    """True when the ZIP is not laid out as netattest does it.

    Raises:
        EvidenceError: it holds bytes that belong to no file: whoever unpacks it never sees them.
    """
    entries = archive.infolist()
    if not _whole(body, archive, entries):
        raise EvidenceError(
            f"{name} holds bytes beside its files",
            advice="take the bundle again from where it was handed over",
        )
    names = [entry.orig_filename for entry in entries]
    return names != packed_order(names) or any(_otherwise(body, entry) for entry in entries)


def _whole(body: bytes, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bool:
    """True when files, directory and its end lie one behind the other, from the first byte to the last."""
    at = 0
    for entry in sorted(entries, key=lambda item: item.header_offset):
        if entry.header_offset != at or not _plain(entry.extra) or entry.comment:
            return False
        after = _after(body, entry)
        if after is None:
            return False
        at = after
    directory = sum(_CENTRAL + len(item.orig_filename.encode()) + len(item.extra) for item in entries)
    return not archive.comment and at == archive.start_dir and len(body) == at + directory + _END


def _after(body: bytes, entry: zipfile.ZipInfo) -> int | None:
    """Where a file ends that begins where its entry says; None where something else stands there."""
    start = entry.header_offset
    if len(body) < start + _LOCAL.size:
        return None
    _, _, flags, method, _, _, *sizes, named, extra = _LOCAL.unpack_from(body, start)
    data = start + _LOCAL.size + named + extra
    more = body[data - extra : data]
    if body[start + _LOCAL.size : data - extra] != entry.orig_filename.encode() or not _plain(more):
        return None
    if method != entry.compress_type or flags != entry.flag_bits:
        return None
    ends: int = data + entry.compress_size
    if flags & _STREAMED:
        return ends + _descriptor(body[ends : ends + 24], entry)
    known = [entry.CRC, entry.compress_size, entry.file_size]
    return ends if sizes == known or _LARGE in _kinds(more) else None


def _descriptor(body: bytes, entry: zipfile.ZipInfo) -> int:
    """Bytes of the record behind a file that was packed as it came (4.3.9); its mark is usual and not demanded."""
    mark = len(_DESCRIPTOR_MARK) if body.startswith(_DESCRIPTOR_MARK) else 0
    for form in _DESCRIPTORS:
        if body[mark:].startswith(form.pack(entry.CRC, entry.compress_size, entry.file_size)):
            return mark + form.size
    return 0


def _plain(extra: bytes) -> bool:
    """True for extra fields of known kinds, one behind the other."""
    return len(extra) <= _MOST_EXTRA and all(kind in _FIELDS for kind in _kinds(extra))


def _kinds(extra: bytes) -> Iterator[int]:
    """Kinds of extra fields; -1 for what is none."""
    while extra:
        if len(extra) < _EXTRA.size:
            yield -1
            return
        kind, size = _EXTRA.unpack_from(extra)
        yield kind if len(extra) >= _EXTRA.size + size else -1
        extra = extra[_EXTRA.size + size :]


def _otherwise(body: bytes, entry: zipfile.ZipInfo) -> bool:
    """True where an entry says something else of its file than `pack` says of every file."""
    own = packed_entry(entry.filename)
    said = [
        (item.date_time, item.compress_type, item.external_attr, item.create_system) for item in (entry, own)
    ]
    local = _LOCAL.unpack_from(body, entry.header_offset)
    return said[0] != said[1] or bool(entry.flag_bits or entry.extra or local[-1])
