"""Opens what was handed over: a PDF with attachments, a bundle, or a folder of either."""

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Final

from app.errors import EvidenceError, NotFoundError
from app.model.bundle import EVIDENCE, MANIFEST, SIGNATURE_SUFFIX, read_manifest
from app.verify import bounds
from app.verify.container import FOLDERS, repacked
from app.verify.pdf import PdfFile, read_pdf

_NAME: Final = re.compile(r"(?:report/|evidence/)?[A-Za-z0-9_-][A-Za-z0-9._+-]{0,200}")
_ENCRYPTED: Final = 0x1
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    lzma.LZMAError,
    NotImplementedError,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
)  # what `zipfile` and its decompressors raise for bytes that are no ZIP


@dataclass(frozen=True)
class Package:
    """One report as it was handed over.

    Attributes:
        path: what was opened.
        files: everything in a bundle or beside a manifest by name, the manifest and its signature left out.
        evidence: what `evidence/` holds, or a PDF's attachments, by name.
        manifest: `netattest/bundle/v1`; None for a PDF alone.
        signature: over the manifest.
        pdfs: PDFs by name.
        bundle: a bundle, packed or unpacked; netattest writes none without evidence.
        repacked: the ZIP around them is not laid out as netattest does it.
    """

    path: str
    files: Mapping[str, bytes] = field(repr=False)
    evidence: Mapping[str, bytes] = field(repr=False)
    manifest: bytes | None = field(default=None, repr=False)
    signature: bytes | None = field(default=None, repr=False)
    pdfs: Mapping[str, PdfFile] = field(default_factory=dict, repr=False)
    bundle: bool = False
    repacked: bool = False

    @property
    def formats(self) -> dict[str, str]:
        """Format of each rendered file, by the file's name in the package."""
        rendered = (name for name in self.files if not name.startswith(EVIDENCE))
        found = {
            name: next((form for ending, form in _FORMATS if name.endswith(ending)), "") for name in rendered
        }
        return {name: form for name, form in found.items() if form}


_FORMATS: Final = (
    (".oscal.json", "oscal"),
    (".ocsf.json", "ocsf"),
    (".json", "json"),
    (".html", "html"),
    (".csv", "csv"),
    (".pdf", "pdf"),
)

_HANDED_OVER: Final = (
    "if this is what was handed over as evidence, ask for it again: as it is, it proves nothing"
)
_LOOSE: Final = tuple(ending for ending, form in _FORMATS if form != "pdf")


def open_packages(path: Path) -> tuple[Package, ...]:
    """Open a file or a folder. A folder is an unpacked bundle, or holds reports: manifests, bundles and PDFs.

    A file that is no report and one from which somebody took what made it one cannot be told apart: neither is evidence.

    Raises:
        NotFoundError: there is nothing at that path, or a folder with nothing that could be evidence.
        EvidenceError: a file is broken, or none that netattest writes.
    """
    if path.is_dir():
        found = tuple(_folder(path))
        if not found:
            raise NotFoundError(
                f"{path} holds no report: no manifest, no bundle and no PDF",
                advice="name the folder that `netattest report` wrote, or one file of it",
            )
        return found
    return (_file(path),)


def _file(path: Path) -> Package:
    body = _read(path)
    if body.startswith(b"PK"):
        files, other = _unzip(path.name, body)
        return replace(_bundle(str(path), files), repacked=other)
    if b"%PDF-" in body[:1024]:
        return _single_pdf(path, body)
    what = "is neither a PDF nor a bundle" if body else "is empty"
    raise EvidenceError(
        f"{path} {what}: it is no report of netattest, or no longer one",
        advice="name the PDF or the bundle, or the folder of HTML, JSON and CSV with their manifest; "
        + _HANDED_OVER,
    )


def _single_pdf(path: Path, body: bytes) -> Package:
    pdf = read_pdf(path.name, body)
    return Package(str(path), {path.name: body}, pdf.attachments, pdfs={path.name: pdf})


def _folder(path: Path) -> Iterator[Package]:
    if (path / MANIFEST).is_file():
        yield _bundle(str(path), _walk(path))
        return
    here = {item.name: item for item in sorted(path.iterdir()) if item.is_file() and not item.is_symlink()}
    covered: set[str] = set()
    for name, manifest in here.items():
        if name.endswith(f".{MANIFEST}"):
            body = _read(manifest)
            named = {entry.name for entry in read_manifest(body).files} & here.keys()
            covered |= {*named, name, f"{name}{SIGNATURE_SUFFIX}"}
            signature = here.get(f"{name}{SIGNATURE_SUFFIX}")
            files = {item: _read(here[item]) for item in sorted(named)}
            yield _manifested(str(path / name), files, body, _read(signature) if signature else None)
    left = [name for name in here if name not in covered]
    yield from (_file(here[name]) for name in left if name.endswith((".pdf", ".zip")))
    if loose := {name: b"" for name in left if name.endswith(_LOOSE)}:
        yield Package(str(path), loose, {})


def _manifested(path: str, files: Mapping[str, bytes], manifest: bytes, signature: bytes | None) -> Package:
    """Single files beside their manifest; evidence comes from the PDF, if there is one."""
    pdfs = {name: read_pdf(name, body) for name, body in files.items() if name.endswith(".pdf")}
    evidence = next((pdf.attachments for pdf in pdfs.values()), {})
    return Package(path, files, evidence, manifest, signature, pdfs)


def _bundle(path: str, files: Mapping[str, bytes]) -> Package:
    if MANIFEST not in files:
        raise EvidenceError(
            f"{path} has no {MANIFEST}: it is no bundle of netattest, or its manifest was taken out",
            advice=f"check the path; {_HANDED_OVER}",
        )
    signature = f"{MANIFEST}{SIGNATURE_SUFFIX}"
    own = {name: body for name, body in files.items() if name not in (MANIFEST, signature)}
    evidence = {name.removeprefix(EVIDENCE): body for name, body in own.items() if name.startswith(EVIDENCE)}
    pdfs = {name: read_pdf(name, body) for name, body in own.items() if name.endswith(".pdf")}
    return Package(path, own, evidence, files[MANIFEST], files.get(signature), pdfs, bundle=True)


def _unzip(name: str, body: bytes) -> tuple[dict[str, bytes], bool]:
    """Read a ZIP in memory; nothing is written to the disk. True beside its files when another tool packed it."""
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            entries = archive.infolist()
            _refuse_odd(name, entries)
            other = repacked(name, body, archive)
            return _contents(archive, [entry for entry in entries if not _is_folder(entry)]), other
    except _BROKEN as error:
        raise EvidenceError(f"{name} is not a whole ZIP: {error}") from None


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return entry.orig_filename in FOLDERS and not (entry.file_size or entry.compress_size)


def _refuse_odd(name: str, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > bounds.MOST_FILES:
        raise EvidenceError(f"{name} holds {len(entries)} files; a bundle has fewer than {bounds.MOST_FILES}")
    seen: set[str] = set()
    for entry in entries:
        shown = repr(entry.orig_filename[:100])
        if not _NAME.fullmatch(entry.orig_filename) and not _is_folder(entry):
            raise EvidenceError(f"{name} holds {shown}, a name that no bundle has: nothing was unpacked")
        if entry.filename in seen:
            raise EvidenceError(f"{name} holds {shown} twice")
        if entry.flag_bits & _ENCRYPTED:
            raise EvidenceError(f"{name} holds {shown} encrypted; bundles are not")
        seen.add(entry.filename)
    if (size := sum(entry.file_size for entry in entries)) > bounds.MOST_BYTES:
        raise EvidenceError(
            f"{name} would unpack to {size >> 20} MiB, more than {bounds.MOST_BYTES >> 20} MiB: nothing was unpacked"
        )


def _contents(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    """Read every file. `zipfile` reads no more than the size that an entry names, and those were added up before."""
    return {entry.filename: archive.read(entry) for entry in entries}


def _walk(folder: Path) -> dict[str, bytes]:
    """Files of an unpacked bundle; links are refused, as they may lead anywhere."""
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    if len(paths) > bounds.MOST_FILES:
        raise EvidenceError(f"{folder} holds {len(paths)} files; a bundle has fewer than {bounds.MOST_FILES}")
    for path in paths:
        if path.is_symlink():
            raise EvidenceError(f"{path} is a link; a bundle holds plain files only")
    return {path.relative_to(folder).as_posix(): _read(path) for path in paths}


def _read(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise EvidenceError(f"{path} is not a plain file")
        if status.st_size > bounds.MOST_BYTES:
            raise EvidenceError(f"{path} has more than {bounds.MOST_BYTES >> 20} MiB")
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"{path} does not exist", advice="check the path") from None
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror or error}") from None
