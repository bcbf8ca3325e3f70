"""Every file against the digest that a manifest gives for it; no file is missing, and none is there besides."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from app.errors import EvidenceError
from app.model.bundle import EVIDENCE, MANIFEST, FileEntry, read_manifest
from app.model.canonical import digest
from app.model.verification import Part, Statement, fails, holds, unchecked
from app.verify.package import Package


def check_digests(package: Package) -> tuple[Statement, ...]:
    """Check the manifest of the package, if it has one, and the manifest of the evidence, if there is evidence."""
    if package.manifest is None and not package.pdfs:
        says = "no manifest and no bundle names these files: nothing is known about them"
        return (unchecked(Part.DIGESTS, says, sorted(package.files)),)
    problems: list[str] = []
    counted = 0
    if package.manifest is not None:
        entries = read_manifest(package.manifest).files
        problems += _outer(package, entries)
        counted += len(entries)
    if package.evidence:
        listed = evidence_entries(package.evidence)
        problems += _inner(package.evidence, listed)
        counted += len(listed)
    for name, pdf in package.pdfs.items():
        problems += (f"{name}: {problem}" for problem in pdf.problems)
        problems += _same_attachments(name, pdf.attachments, package.evidence)
    if problems:
        return (fails(Part.DIGESTS, "files are not what the manifest names", problems),)
    if not counted:  # of nothing, nothing is shown
        return (fails(Part.DIGESTS, "no manifest names any file of it"),)
    says = f"{counted} files match the digests of the manifest, and there are no others"
    return (holds(Part.DIGESTS, says), *_container(package))


def _container(package: Package) -> Iterator[Statement]:
    """A ZIP of another tool is no fault, since seals cover files; it is told, as its own digest is another one."""
    if package.repacked:
        yield holds(
            Part.DIGESTS,
            "the ZIP around them was packed again by another tool: seals cover the files, and nothing stands beside them",
        )


def evidence_entries(evidence: Mapping[str, bytes]) -> dict[str, FileEntry]:
    """Files that the evidence's own manifest names.

    Raises:
        EvidenceError: it is missing, or not a manifest.
    """
    if MANIFEST not in evidence:
        raise EvidenceError(
            "the evidence has no manifest.json",
            advice="the PDF carries no attachments of netattest, or they were taken out",
        )
    try:
        value: dict[str, Any] = orjson.loads(evidence[MANIFEST])
        if value["schema"] != "netattest/manifest/v1":
            raise EvidenceError(
                f"the evidence's manifest has the form {value['schema']!r}, which this version cannot read"
            )
        return {
            item["name"]: FileEntry(item["name"], "", item["bytes"], item["sha256"], item["document"])
            for item in value["files"]
        }
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise EvidenceError(f"the evidence's manifest.json is not whole: {error!r}") from None


def _outer(package: Package, entries: tuple[FileEntry, ...]) -> Iterator[str]:
    names = [item.name for item in entries]
    yield from (
        f"{name} is named twice in the manifest" for name in sorted({n for n in names if names.count(n) > 1})
    )
    yield from (f"{name} is missing" for name in names if name not in package.files)
    yield from (
        f"{name} is there, but the manifest does not name it" for name in package.files if name not in names
    )
    for item in entries:
        pdf = package.pdfs.get(item.name)
        longer = pdf is not None and pdf.signatures > 0
        if item.name in package.files and (
            problem := _differs(item, package.files[item.name], signed=longer)
        ):
            yield problem


def _differs(item: FileEntry, body: bytes, *, signed: bool) -> str:
    """A signed PDF is longer than what the manifest names: it begins with it."""
    own = body[: item.bytes] if signed else body
    if digest(own) == item.sha256:
        return ""
    return f"{item.name} has SHA-256 {digest(own)}, the manifest says {item.sha256}"


def _inner(evidence: Mapping[str, bytes], entries: Mapping[str, FileEntry]) -> Iterator[str]:
    there = {name for name in evidence if name != MANIFEST}
    yield from (f"{EVIDENCE}{name} is missing" for name in entries if name not in there)
    yield from (
        f"{EVIDENCE}{name} is there, but its manifest does not name it"
        for name in sorted(there - set(entries))
    )
    for name, item in entries.items():
        if name in there and digest(evidence[name]) != item.sha256:
            yield f"{EVIDENCE}{name} has SHA-256 {digest(evidence[name])}, its manifest says {item.sha256}"


def _same_attachments(
    name: str, attachments: Mapping[str, bytes], evidence: Mapping[str, bytes]
) -> Iterator[str]:
    for item in sorted({*attachments, *evidence}):
        if attachments.get(item) != evidence.get(item):
            yield f"{name} carries another {item} than the bundle does"
