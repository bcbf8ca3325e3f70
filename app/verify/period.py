"""A report on a period: every night that it counts as scanned has to be a record of the chain that it carries.

What single nights found is not in it: their own reports carry the snapshots from which verdicts can be worked out again.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal, TypeVar

import msgspec

from app.errors import EvidenceError
from app.model.bundle import MANIFEST
from app.model.canonical import NOT_THAT_JSON, digest
from app.model.chain import ChainLink, chain_problems, read_chain_document
from app.model.history import Scan, ScanStatus
from app.model.verification import Part, Statement, fails, holds, unchecked
from app.verify.package import Package

PERIOD = "period.json"
T = TypeVar("T")


class _Night(msgspec.Struct, rename="camel"):
    """What `period.json` says about one night, as far as the chain can tell."""

    day: str
    status: str
    scans: tuple[int, ...]
    failed_runs: tuple[int, ...]
    taken_at: datetime | None
    due_at: datetime


class _Chosen(msgspec.Struct, rename="camel"):
    day: str
    due_at: datetime


class _Sample(msgspec.Struct):
    seed: str
    nights: tuple[_Chosen, ...]


class _Manifest(msgspec.Struct):
    """What the evidence's manifest says besides its files."""

    redacted: bool = False


class _LastScan(msgspec.Struct):
    number: int
    digest: str


class _Period(msgspec.Struct, rename="camel"):
    """The form of `period.json`, as far as it is checked."""

    schema: Literal["netattest/period/v1"]
    cluster: str
    last_scan: _LastScan
    nights: tuple[_Night, ...]
    sample: _Sample | None = None


def is_period(package: Package) -> bool:
    """True when the evidence is that of a period."""
    return PERIOD in package.evidence


def check_period(package: Package) -> tuple[tuple[Statement, ...], Scan | None]:
    """Check the chain, the nights against it, and the sample; returns what was found, and the last scan if it is named.

    Raises:
        EvidenceError: a file is missing, or not what it has to be.
    """
    period, manifest = _read(package, PERIOD, _Period), _read(package, MANIFEST, _Manifest)
    if manifest.redacted:
        return (_pseudonyms(), *_drawn(period), *_left()), None
    links = read_chain_document(package.evidence.get("chain.json", b""))
    if not links:
        raise EvidenceError("chain.json holds no scan", advice="it was taken out, or the file is not whole")
    return (_chain(period, links), _nights(period, links), *_drawn(period), *_left()), links[-1].scan


def _read(package: Package, name: str, form: type[T]) -> T:
    try:
        return msgspec.json.decode(package.evidence.get(name, b""), type=form)
    except NOT_THAT_JSON as error:
        raise EvidenceError(f"{name} is not what a report on a period carries: {error}") from None


def _pseudonyms() -> Statement:
    return unchecked(
        Part.CHAIN,
        "names are pseudonyms: nights and chain are those of the original, which only the original can show",
    )


def _drawn(period: _Period) -> Iterator[Statement]:
    """A sample by seed is drawn again: the nights whose digest of seed and due time is smallest."""
    if period.sample is None or not period.sample.seed:
        return
    chosen = [item.due_at for item in period.sample.nights]
    due = sorted((item.due_at for item in period.nights), key=lambda at: _ticket(at, period.sample))
    if sorted(due[: len(chosen)]) == sorted(chosen):
        yield holds(Part.DOCUMENTS, f"the {len(chosen)} sampled nights are those that the seed draws")
    else:
        yield fails(Part.DOCUMENTS, "the sampled nights are not those that the seed draws")


def _ticket(due_at: datetime, sample: _Sample | None) -> str:
    seed = sample.seed if sample else ""
    return digest(f"{seed}\n{due_at.astimezone(UTC).isoformat()}".encode())


def _chain(period: _Period, links: tuple[ChainLink, ...]) -> Statement:
    records = [link.scan for link in links]
    problems = list(
        chain_problems(records, {link.scan.number: link.results for link in links}, since_first=True)
    )
    last = records[-1]
    if (last.cluster, last.number, last.digest) != (
        period.cluster,
        period.last_scan.number,
        period.last_scan.digest,
    ):
        problems.append(f"it does not end with scan {period.last_scan.number} of {period.cluster}")
    if problems:
        return fails(Part.CHAIN, "the chain of scans is broken", problems)
    return holds(
        Part.CHAIN, f"scans {records[0].number} to {last.number} form one chain that ends with {last.digest}"
    )


def _nights(period: _Period, links: tuple[ChainLink, ...]) -> Statement:
    records = {link.scan.number: link.scan for link in links}
    problems = [text for night in period.nights for text in _night(night, records)]
    if problems:
        return fails(Part.SNAPSHOT, "nights are not those of the chain", problems)
    scanned = sum(bool(night.scans) for night in period.nights)
    return holds(
        Part.SNAPSHOT, f"{scanned} of {len(period.nights)} nights have a scan that the chain has as well"
    )


def _night(night: _Night, records: Mapping[int, Scan]) -> Iterator[str]:
    known = [records[number] for number in night.scans if number in records]
    if len(known) != len(night.scans) or any(number not in records for number in night.failed_runs):
        yield f"{night.day} names a scan that the chain does not have"
        return
    if any(item.status is ScanStatus.FAILED for item in known):
        yield f"{night.day} counts a failed run as a scan"
    if known and known[-1].taken_at != night.taken_at:
        yield f"{night.day} names another time than scan {known[-1].number}"
    stored = "complete" if any(item.status is ScanStatus.COMPLETE for item in known) else "partial"
    if (night.status in ("complete", "partial")) != bool(known) or (known and night.status != stored):
        yield f"{night.day} is called {night.status}, which its scans are not"


def _left() -> Iterator[Statement]:
    yield unchecked(
        Part.VERDICTS,
        "what each night found is worked out again from that night's own report (`netattest report --nights DATE`)",
    )
    yield unchecked(
        Part.PAGES,
        "pages and tables of a period are not printed again: that they say what period.json says rests on the signature",
    )
