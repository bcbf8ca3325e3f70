"""What a report is made from, and what comes out."""

from dataclasses import dataclass, field

from app.model.canonical import digest
from app.model.chain import ChainLink
from app.model.change import Drift
from app.model.control import Assessment
from app.model.fix import Remedies
from app.model.history import Document, FindingLife, Scan, Trend
from app.model.hygiene import Hygiene
from app.model.judgement import Judgement
from app.model.period import Period
from app.model.snapshot import Snapshot, SnapshotObject


@dataclass(frozen=True, slots=True)
class ReportDefinition:
    """One file of `reports/`: which sections for which reader.

    Attributes:
        id: file name without its ending.
        title: what the cover's kicker says ("Compliance evidence").
        sections: section ids in order; a subset of `app.render.sections.SECTIONS`.
        prepared_for: text for the cover; empty leaves the line out.
        confidentiality: running head on the right.
        paper: "A4" or "Letter".
        rows: most population rows that are printed in one table; the full list is attached.
    """

    id: str
    title: str
    sections: tuple[str, ...]
    prepared_for: str = ""
    confidentiality: str = "Confidential"
    paper: str = "A4"
    rows: int = 200


@dataclass(frozen=True)
class Advice:
    """What a report says beside its verdicts; each is worked out only where the definition has its section.

    Attributes:
        hygiene: what is odd about the policies themselves.
        remedies: policies that would close findings, tried.
    """

    hygiene: Hygiene | None = None
    remedies: Remedies | None = None


@dataclass(frozen=True)
class ReportInput:
    """Everything a report shows. All of it comes from the store or is computed from it, so it can be made again."""

    scan: Scan
    snapshot: Snapshot
    documents: tuple[Document, ...]
    judgement: Judgement
    assessment: Assessment
    trend: Trend
    lives: tuple[FindingLife, ...]  # findings open at this scan, or closed since the scan before
    definition: ReportDefinition
    chain: tuple[ChainLink, ...] = ()  # scans up to this one, oldest first
    pseudonym_key: bytes = field(default=b"", repr=False)  # empty: names are printed as they are
    advice: Advice = field(default_factory=Advice)

    @property
    def redacted(self) -> bool:
        """True when names are replaced by pseudonyms in whatever is made of this."""
        return bool(self.pseudonym_key)


@dataclass(frozen=True)
class PeriodReport:
    """Everything that a report on a period shows; `scan` is the last one in it, and `chain` ends there.

    Attributes:
        drift: compares the first stored scan with it; None where there is one only, or nobody asked.
        pseudonym_key: empty: names are printed as they are.
        objects: every version of every object that a scan of the period saw, to know their names; for a redacted one only.
    """

    period: Period
    scan: Scan
    definition: ReportDefinition
    chain: tuple[ChainLink, ...] = ()
    drift: Drift | None = None
    pseudonym_key: bytes = field(default=b"", repr=False)
    objects: tuple[SnapshotObject, ...] = field(default=(), repr=False)

    @property
    def redacted(self) -> bool:
        """True when names are replaced by pseudonyms in whatever is made of this."""
        return bool(self.pseudonym_key)


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file to hand over."""

    name: str
    media_type: str
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes."""
        return digest(self.body)
