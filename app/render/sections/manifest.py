"""Evidence manifest: every attached file with its digest, how to do it again, the method, the words, the signatures."""

from dataclasses import dataclass

from app.model.finding import Outcome
from app.render.content import Column, Entry, Fact, Row, SectionPage, Stack, Table
from app.render.dossier import Dossier, Section
from app.render.evidence import EvidenceFile
from app.render.wording import number, stamp

_METHOD: tuple[str, ...] = (
    (
        "Collect. A read-only account lists the kinds named under *what was read*, to the end of each list. A list that was"
        " refused or cut short is a gap. Secret data, tokens and environment values are removed before anything is kept."
    ),
    (
        "Keep. Each object is stored in canonical JSON under its SHA-256. A scan’s digest covers its objects, gaps,"
        " configuration files, results and the digest of the scan before, so that history cannot be rewritten unnoticed."
    ),
    (
        "Detect. The network plugin, its version and what it enforces on each node are read from its own objects, and the"
        " fields that say so are printed."
    ),
    (
        "Work out. Policies add up; which connections are open is worked out over all of them, for both directions, both"
        " ends, every port and protocol, inside and outside the cluster. A policy counts as far as it is enforced."
    ),
    (
        "Test. Each check gives every subject of its population an outcome, with the objects and fields it rests on. What"
        " depends on something that was not read is not determined."
    ),
    (
        "Judge. Checks are tied to controls by the framework file. Exceptions and declarations come from the entity’s own"
        " files. The order of states is given under *how to read this report*."
    ),
)

_GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Boundary", "The population that a framework protects; unknown placement counts as inside."),
    ("Direct, supporting", "A direct test decides a control’s state; a supporting one never lifts it."),
    ("Exception noted", "A test found a subject that fails. Not to be confused with an accepted exception."),
    ("Finding", "One failing subject of one check; its number stays the same from night to night."),
    ("Gap", "Something that was not read or not understood, with its cause."),
    (
        "Isolated",
        "Selected by at least one enforced policy for that direction: only what a rule allows gets through.",
    ),
    ("Population", "All subjects that a check looked at."),
    ("Scan", "One reading of one cluster, stored whole or not at all."),
    ("Witness", "The rule or field that a verdict rests on."),
    ("Workload", "Pods of one owner that no policy can tell apart."),
)


@dataclass(frozen=True)
class ManifestPage(SectionPage):
    """Files, facts about the run, commands to do it again, method, glossary, and lines to sign on."""

    files: Table
    facts: tuple[Fact, ...]
    commands: tuple[tuple[str, str], ...]
    method: tuple[str, ...]
    glossary: tuple[tuple[str, str], ...]
    signatures: tuple[str, ...]


def build(dossier: Dossier) -> ManifestPage:
    """Build the section."""
    return ManifestPage(
        id="manifest",
        title="Evidence manifest",
        lede=(
            (
                "Everything this report says can be worked out again from the files below. They are attached to the PDF edition;"
                " its own digest stands beside it where it is handed over."
            ),
        ),
        entries=(
            Entry("Do it again", "manifest-again", 2),
            Entry("Method", "manifest-method", 2),
            Entry("Glossary", "manifest-glossary", 2),
        ),
        files=_files(dossier.files),
        facts=_facts(dossier),
        commands=_commands(dossier),
        method=_METHOD,
        glossary=_GLOSSARY,
        signatures=("Prepared by, date", "Reviewed by, date"),
    )


def _files(files: tuple[EvidenceFile, ...]) -> Table:
    return Table(
        caption="Attached files",
        columns=(
            Column("File", 32, "code"),
            Column("What it is, and its SHA-256"),
            Column("Bytes", 12, "number"),
        ),
        rows=tuple(
            Row((item.name, Stack((item.about,), (item.digest,)), number(len(item.body)))) for item in files
        ),
    )


def _facts(dossier: Dossier) -> tuple[Fact, ...]:
    scan, judgement = dossier.report.scan, dossier.report.judgement
    results = sum(len(run.results) for run in judgement.runs)
    failing = sum(run.count(Outcome.FAIL) for run in judgement.runs)
    return (
        Fact("Cluster", scan.cluster, code=True),
        Fact("Report", dossier.identifier, code=True),
        Fact("Tool", f"netattest {scan.tool_version or '(version not recorded)'}"),
        Fact("Scan", f"{scan.number}, taken {stamp(scan.taken_at)}, recorded {stamp(scan.recorded_at)}"),
        Fact(
            "Results",
            f"{number(results)} over {number(len(judgement.runs))} checks, {number(failing)} of them failing",
        ),
        Fact("Policy semantics", judgement.reachability.profile.value),
        Fact("Snapshot SHA-256", scan.snapshot_digest, code=True),
        Fact("Scan SHA-256", scan.digest, code=True),
        Fact(
            "Scan before, SHA-256",
            scan.previous_digest or "none: first scan",
            code=bool(scan.previous_digest),
        ),
        Fact("Framework file SHA-256", dossier.assessment.framework.digest, code=True),
    )


def _commands(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    scan, framework = dossier.report.scan, dossier.assessment.framework
    cluster = _quoted(scan.cluster)
    return (
        (
            "The same report from the store, byte for byte",
            (
                f"netattest report --cluster {cluster} --scan {scan.number} --framework {framework.id}"
                f" --definition reports/{dossier.definition.id}.yaml --paper {dossier.definition.paper.lower()}"
            ),
        ),
        ("Every allowed connection", f"netattest reach --cluster {cluster} --scan {scan.number} --json"),
        ("Count a kind at the source", "kubectl get networkpolicies --all-namespaces --no-headers | wc -l"),
        ("Check this report, offline", "netattest verify REPORT.pdf"),
        ("Compare a file with its digest", "pdfdetach -saveall REPORT.pdf && sha256sum snapshot.json"),
    )


def _quoted(name: str) -> str:
    """Quote for a POSIX shell whatever is not plain."""
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    return name if plain.isascii() and plain.isalnum() else "'" + name.replace("'", "'\\''") + "'"


SECTION = Section("manifest", "Evidence manifest", build)
