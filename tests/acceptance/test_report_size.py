"""A report on a cluster twice as large is not twice as long: what grows with a cluster is printed in part and attached whole."""

from dataclasses import replace

from app import pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.history import Document
from app.model.report import ReportInput
from app.render import ReportRenderer, load_definition
from app.render.dossier import Dossier
from app.render.html import Templates
from app.render.page import build_page
from app.render.sections import reachability
from app.resources import resource
from app.settings import load_settings
from bench import dump
from tests import sealed as s
from tests.fakes import InMemoryStore

ROWS = 10
PCI = "pci-dss-4.0.1"
TEMPLATES = Templates(resource("templates"))


class Taken(ReportRenderer):
    """Keeps what it should render."""

    inputs: tuple[ReportInput, ...] = ()

    def render_each(self, reports, formats):
        self.inputs += tuple(reports)
        return iter(())


def judged(pods: int, folder) -> ReportInput:
    """A report on a cluster of that many pods, five of each workload, three namespaces of ten without a policy."""
    path = folder / f"{pods}.json"
    path.write_bytes(dump.dump(pods, closed=7))
    shipped = {item.name: item.body for item in documents(load_settings(None))}
    files = tuple(Document(*item) for item in sorted({**shipped, "scope.yaml": dump.SCOPE}.items()))
    store, taken = InMemoryStore(), Taken(resource("templates"))
    request = pipeline.ScanRequest("wide", s.FIRST, files, tool_version="0.1.0")
    scan = pipeline.scan(request, ManifestSource([path]), store, s.Silent()).scan
    auditor = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
    pipeline.report(scan, [PCI], replace(auditor, rows=ROWS), ["pdf"], store, taken, s.Silent())
    return taken.inputs[0]


def lengths(report: ReportInput) -> dict[str, int]:
    """Characters of the printed document, by section; diagrams fold themselves, which their own tests look at."""
    page = build_page(Dossier(report))
    sections = [item for item in page.sections if item.id != "diagrams"]
    return {item.id: len(TEMPLATES.print(replace(page, sections=(item,)))) for item in sections}


def test_a_report_does_not_grow_with_the_cluster(tmp_path, monkeypatch):
    monkeypatch.setattr(reachability, "MOST_NAMESPACES", 3)  # forty, which a small cluster does not have

    small, large = lengths(judged(800, tmp_path)), lengths(judged(1_600, tmp_path))

    grown = {name: (size, large[name]) for name, size in small.items() if large[name] > 1.25 * size}
    assert not grown
