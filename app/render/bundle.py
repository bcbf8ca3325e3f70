"""The manifest of a report's files, and the bundle that holds files, evidence and manifest in one ZIP."""

from collections.abc import Iterable
from typing import Final

from app.model.bundle import EVIDENCE, MANIFEST, REPORT, BundleManifest, FileEntry, Tool, pack
from app.model.report import Artefact
from app.render.dossier import Dossier

UNNAMED: Final = Tool("netattest", "", "")

_ABOUT: Final = {
    ".pdf": "Report for print, evidence attached",
    ".html": "Report for the screen",
    ".csv": "Every subject of every check",
    ".oscal.json": "OSCAL assessment results",
    ".ocsf.json": "OCSF compliance findings",
    ".json": "Report as values",  # after the endings that end in it
}


def manifest_of(dossier: Dossier, tool: Tool, files: Iterable[Artefact]) -> bytes:
    """The manifest of single files that stand beside it."""
    return _manifest(dossier, tool, [_entry(item, item.name) for item in files])


def bundle_of(dossier: Dossier, tool: Tool, files: Iterable[Artefact]) -> bytes:
    """The bundle: rendered files in `report/`, evidence in `evidence/`, and the manifest."""
    bodies: dict[str, bytes] = {}
    entries: list[FileEntry] = []
    for item in files:
        bodies[f"{REPORT}{item.name}"] = item.body
        entries.append(_entry(item, f"{REPORT}{item.name}"))
    for file in dossier.files:
        name = f"{EVIDENCE}{file.name}"
        bodies[name] = file.body
        entries.append(FileEntry(name, file.about, len(file.body), file.digest, file.document))
    return pack({**bodies, MANIFEST: _manifest(dossier, tool, entries)})


def _manifest(dossier: Dossier, tool: Tool, files: list[FileEntry]) -> bytes:
    framework, twin = dossier.assessment.framework, dossier.twin
    scan = dossier.report.scan
    return BundleManifest(
        identifier=twin.text(dossier.identifier) if twin else dossier.identifier,
        tool=tool,
        scan=twin.facts(scan) if twin else scan,
        framework=framework.id,
        framework_digest=twin.digest(framework.digest) if twin else framework.digest,
        redacted=dossier.report.redacted,
        files=tuple(files),
    ).to_bytes()


def _entry(item: Artefact, name: str) -> FileEntry:
    about = next(text for ending, text in _ABOUT.items() if item.name.endswith(ending))
    return FileEntry(name, about, len(item.body), item.digest)
