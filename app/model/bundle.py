"""One ZIP with everything: rendered files, evidence, and a manifest that names each with its digest.

The manifest is about unsigned bytes and is the same whether the bundle is signed or not. A signed PDF begins with the
unsigned one (a signature is added after its last byte), so the digest holds for the first `bytes` of it.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from app.errors import EvidenceError
from app.model.canonical import NOT_THAT_JSON, canonical_json
from app.model.history import Scan

MANIFEST: Final = "manifest.json"
SIGNATURE_SUFFIX: Final = ".p7s"
REPORT: Final = "report/"
"""Folder of rendered files."""
EVIDENCE: Final = "evidence/"
"""Folder of what a PDF carries as attachments, under the same names."""

SCHEMA: Final = "netattest/bundle/v1"

_NO_DATE = (1980, 1, 1, 0, 0, 0)  # the first that ZIP knows: dates are in the manifest
_MODE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Tool:
    """What made a report; `digest` covers its program files, so that two builds of one version are told apart."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: size and digest of its unsigned bytes; `document` is the name under which it judged the scan."""

    name: str
    about: str
    bytes: int
    sha256: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """What belongs together, and which scan, configuration, framework and tool it came from."""

    identifier: str
    tool: Tool
    scan: Scan
    framework: str
    framework_digest: str
    redacted: bool
    files: tuple[FileEntry, ...]

    def to_bytes(self) -> bytes:
        """Write `netattest/bundle/v1`."""
        return canonical_json({"schema": SCHEMA, **msgspec.to_builtins(self, order="deterministic")})


class _ManifestFile(msgspec.Struct, forbid_unknown_fields=True):
    """The form of a bundle's `manifest.json`."""

    schema: Literal["netattest/bundle/v1"]
    identifier: str
    tool: Tool
    scan: Scan
    framework: str
    framework_digest: str
    redacted: bool
    files: tuple[FileEntry, ...]


def read_manifest(data: bytes) -> BundleManifest:
    """Read back what `BundleManifest.to_bytes` wrote.

    Raises:
        EvidenceError: it is not such a document.
    """
    try:
        value = msgspec.json.decode(data, type=_ManifestFile)
    except NOT_THAT_JSON as error:
        raise EvidenceError(f"the manifest is not a {SCHEMA} document: {error}") from None
    return BundleManifest(
        value.identifier,
        value.tool,
        value.scan,
        value.framework,
        value.framework_digest,
        value.redacted,
        value.files,
    )


def pack(files: Mapping[str, bytes]) -> bytes:
    """Write a ZIP: the manifest and its signature first, then by name, without dates; the same files, the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in packed_order(files):
            archive.writestr(packed_entry(name), files[name])
    return out.getvalue()


def packed_order(names: Iterable[str]) -> list[str]:
    """Names in the order in which `pack` writes them."""
    return sorted(names, key=lambda item: (not item.startswith(MANIFEST), item))


def packed_entry(name: str) -> zipfile.ZipInfo:
    """What `pack` says of each file in the ZIP's directory."""
    entry = zipfile.ZipInfo(name, _NO_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _MODE
    entry.create_system = 3  # Unix, wherever it is written
    return entry


def unpack(body: bytes) -> dict[str, bytes]:
    """Read back what `pack` wrote; for bundles of our own making only (`app.verify` reads those of others)."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
