"""A report on a period: every night that it counts as scanned has to be a record of the chain that it carries.

What single nights found is not in it: their own reports carry the snapshots from which verdicts can be worked out again.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from app.errors import EvidenceError
from app.model.canonical import NOT_THAT_JSON
from app.model.chain import ChainLink, chain_problems, read_chain_document
from app.model.history import Scan, ScanStatus
from app.model.verification import Part, Statement, fails, holds, unchecked
from app.verify.package import Package

PERIOD = "period.json"


class _Night(msgspec.Struct, rename="camel"):
    """What `period.json` says about one night, as far as the chain can tell."""

    day: str
    status: str
    scans: tuple[int, ...]
    failed_runs: tuple[int, ...]
    taken_at: datetime | None


class _LastScan(msgspec.Struct):
    number: int
    digest: str


class _Period(msgspec.Struct, rename="camel"):
    """The form of `period.json`, as far as it is checked."""

    schema: Literal["netattest/period/v1"]
    cluster: str
    last_scan: _LastScan
    nights: tuple[_Night, ...]


def is_period(package: Package) -> bool:
    """True when the evidence is that of a period."""
    return PERIOD in package.evidence


def check_period(package: Package) -> tuple[tuple[Statement, ...], Scan]:
    """Check the chain, and the nights against it; returns what was found, and the last scan.

    Raises:
        EvidenceError: a file is missing, or not what it has to be.
    """
    try:
        period = msgspec.json.decode(package.evidence[PERIOD], type=_Period)
    except NOT_THAT_JSON as error:
        raise EvidenceError(f"{PERIOD} is not a netattest/period/v1 document: {error}") from None
    links = read_chain_document(package.evidence.get("chain.json", b""))
    if not links:
        raise EvidenceError("chain.json holds no scan", advice="it was taken out, or the file is not whole")
    return (_chain(period, links), _nights(period, links), *_left()), links[-1].scan


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
