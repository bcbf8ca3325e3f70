"""The evidence itself: the snapshot against the scan's record, its documents, and the chain of scans behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from app.errors import EvidenceError
from app.model.bundle import MANIFEST, read_manifest
from app.model.canonical import NOT_THAT_JSON
from app.model.chain import ChainLink, chain_problems, read_chain_document, scan_digest
from app.model.evidence import read_snapshot_document
from app.model.history import Document, Scan, ScanStatus
from app.model.snapshot import Snapshot
from app.model.verification import Part, Statement, fails, holds, unchecked
from app.verify.digests import evidence_entries
from app.verify.package import Package


class _Manifest(msgspec.Struct, rename="camel"):
    """What the evidence's manifest says besides its files."""

    scan: "_Scan"
    redacted: bool = False


class _Scan(msgspec.Struct, rename="camel"):
    """`app.model.history.Scan`, as `app.render.plain` writes it."""

    cluster: str
    number: int
    status: ScanStatus
    taken_at: str
    recorded_at: str
    slot: str | None
    tool_version: str
    snapshot_digest: str
    documents: tuple[tuple[str, str], ...]
    previous_digest: str
    digest: str
    objects: int
    gaps: int
    reason: str
    ledger: str = ""
    imported: bool = False


@dataclass(frozen=True)
class Evidence:
    """What a report was made from, read back."""

    scan: Scan
    snapshot: Snapshot = field(repr=False)
    documents: tuple[Document, ...] = field(repr=False)
    links: tuple[ChainLink, ...] = field(repr=False)
    redacted: bool = False

    @property
    def results(self) -> str:
        """Digest over what the scan said, as the chain records it; empty where the chain does not have the scan."""
        return next((link.results for link in self.links if link.scan.number == self.scan.number), "")


def read_evidence(package: Package) -> Evidence:
    """Read the files that verdicts depend on.

    Raises:
        EvidenceError: one is missing or not what it has to be; the message names it.
    """
    files = package.evidence
    entries = evidence_entries(files)
    manifest = _manifest(files[MANIFEST])
    documents = sorted(
        (Document(item.document, _file(files, item.name)) for item in entries.values() if item.document),
        key=lambda item: item.name,
    )
    return Evidence(
        scan=msgspec.convert(msgspec.to_builtins(_renamed(manifest.scan)), Scan),
        snapshot=read_snapshot_document(_file(files, "snapshot.json")),
        documents=tuple(documents),
        links=read_chain_document(_file(files, "chain.json")),
        redacted=manifest.redacted,
    )


def check_evidence(package: Package, evidence: Evidence) -> tuple[Statement, ...]:
    """Check that snapshot, documents and chain belong to the scan that the report names."""
    if evidence.redacted:
        return (_snapshot(evidence), _redacted(), *_outer(package, evidence))
    return (
        _snapshot(evidence),
        _documents(evidence),
        *_chain(evidence),
        *_outer(package, evidence),
    )


def _redacted() -> Statement:
    return unchecked(
        Part.CHAIN,
        "names are pseudonyms: documents, chain and verdicts are those of the original, which only the original can show",
    )


def _snapshot(evidence: Evidence) -> Statement:
    snapshot, scan = evidence.snapshot, evidence.scan
    where = f"scan {scan.number} of {scan.cluster}"
    if evidence.redacted:
        return holds(Part.SNAPSHOT, f"{len(snapshot.objects)} objects with pseudonyms match their digests")
    if snapshot.digest != scan.snapshot_digest:
        return fails(
            Part.SNAPSHOT,
            f"the snapshot is not that of {where}",
            (f"it has digest {snapshot.digest}", f"the scan names {scan.snapshot_digest}"),
        )
    if (len(snapshot.objects), len(snapshot.gaps)) != (scan.objects, scan.gaps):
        return fails(Part.SNAPSHOT, f"the snapshot has other numbers of objects and gaps than {where} says")
    return holds(
        Part.SNAPSHOT,
        f"{len(snapshot.objects)} objects and {len(snapshot.gaps)} gaps match their digests and that of {where}",
    )


def _documents(evidence: Evidence) -> Statement:
    given = {item.name: item.digest for item in evidence.documents}
    named = dict(evidence.scan.documents)
    problems = [
        *(f"{name} is missing" for name in named if name not in given),
        *(f"{name} did not judge the scan" for name in given if name not in named),
        *(
            f"{name} is not the one that judged the scan"
            for name in named
            if given.get(name, named[name]) != named[name]
        ),
    ]
    if problems or len(given) != len(evidence.documents):
        return fails(Part.DOCUMENTS, "the documents are not those that judged the scan", problems)
    return holds(Part.DOCUMENTS, f"{len(given)} documents are those that judged the scan")


def _chain(evidence: Evidence) -> Iterator[Statement]:
    """The scan's own digest, and every record before it that the report carries."""
    scan, links = evidence.scan, evidence.links
    if not links or links[-1].scan != scan:
        yield fails(
            Part.CHAIN,
            f"chain.json does not end with scan {scan.number} of {scan.cluster} as the report names it",
        )
        return
    if scan_digest(scan, evidence.results) != scan.digest:
        yield fails(
            Part.CHAIN, f"the record of scan {scan.number} of {scan.cluster} does not match its digest"
        )
        return
    records = [link.scan for link in links]
    problems = chain_problems(records, {link.scan.number: link.results for link in links}, since_first=True)
    if problems:
        yield fails(Part.CHAIN, "the chain of scans is broken", problems)
        return
    first = records[0]
    rest = (
        ""
        if first.number == 1
        else f"; scan {first.number} continues {first.previous_digest}, which is not carried"
    )
    yield holds(
        Part.CHAIN, f"scans {first.number} to {scan.number} form one chain that ends with {scan.digest}{rest}"
    )


def _outer(package: Package, evidence: Evidence) -> Iterator[Statement]:
    """A bundle's manifest and the evidence in it have to be about one scan."""
    if package.manifest is None:
        return
    manifest = read_manifest(package.manifest)
    if manifest.scan != evidence.scan or manifest.redacted != evidence.redacted:
        yield fails(
            Part.DIGESTS,
            f"the manifest is about scan {manifest.scan.number} of {manifest.scan.cluster}, the evidence about scan"
            f" {evidence.scan.number} of {evidence.scan.cluster}, or they say different things of it",
        )
    digests = dict(evidence.scan.documents)
    if not evidence.redacted and manifest.framework_digest not in digests.values():
        yield fails(
            Part.DOCUMENTS,
            f"the manifest names a framework file that did not judge the scan: {manifest.framework}",
        )


def _manifest(body: bytes) -> _Manifest:
    try:
        return msgspec.json.decode(body, type=_Manifest)
    except NOT_THAT_JSON as error:
        raise EvidenceError(f"the evidence's manifest.json is not whole: {error}") from None


def _renamed(scan: _Scan) -> dict[str, object]:
    return {name: getattr(scan, name) for name in scan.__struct_fields__}


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise EvidenceError(
            f"the evidence has no {name}", advice="it was taken out, or the file is not whole"
        )
    return files[name]
