"""The sheets: an executive summary of two pages whatever the cluster, and a morning page that is one when little happened."""

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pikepdf
import pytest

from app.model.reachability import Connection
from app.model.report import ReportDefinition, ReportInput
from app.render import ReportRenderer, load_definition
from app.render.dossier import Dossier
from app.render.sections import executive, morning
from app.resources import resource
from tests.report_builder import (
    FixedReachability,
    empty_input,
    life,
    many_findings,
    report_input,
    with_reachability,
    workload,
)

RENDERER = ReportRenderer(resource("templates"))

HOSTILE = {
    "253 characters": "x" * 253,
    "right to left": "\u202eשלום\u202c עולם " * 16,  # noqa: RUF001
    "emoji": "🔥🧨👩‍👩‍👧‍👦" * 40,
    "wide": "漢字仮名交じり文" * 30,
    "markup": "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>" * 3,
}


@cache
def definition(name: str) -> ReportDefinition:
    return load_definition(name, (resource("reports") / f"{name}.yaml").read_bytes())


def shaped(report: ReportInput, name: str, paper: str = "A4") -> ReportInput:
    return replace(report, definition=replace(definition(name), paper=paper))


def pages(report: ReportInput) -> int:
    """Pages of the PDF, which must be tagged whatever is in it."""
    (made,) = RENDERER.render(report, ["pdf"])
    with pikepdf.open(io.BytesIO(made.body)) as document:
        assert document.Root.StructTreeRoot.K
        assert document.Root.MarkInfo.Marked
        return len(document.pages)


class NothingOpen(FixedReachability):
    """A closed cluster: its pairs need not be gone through one by one."""

    def connections(self) -> Iterator[Connection]:
        return iter(())


@cache
def of_size(size: int) -> ReportInput:
    """A cluster whose every workload has a finding of its own, open for a while."""
    base = many_findings(size)
    found = sorted(
        (workload(f"team-{n % 37:02d}", f"service-{n:05d}") for n in range(size)), key=lambda item: item.id
    )
    report = with_reachability(base, NothingOpen(tuple(found)))
    lives = tuple(life(item.result, 9) for item in Dossier(report).findings)
    return replace(report, lives=lives)


@cache
def hostile(text: str) -> ReportInput:
    """The usual report with a text in every sentence and name that a cluster or an entity can set."""
    base = report_input(f"a{text}"[:253])
    words = {"says": text, "why": (text,) * 4, "remedy": text}
    judgement = base.judgement
    performed = tuple(
        replace(run, results=tuple(replace(item, **words) for item in run.results)) for run in judgement.runs
    )
    owned = replace(judgement.scope, owner=text)
    uses = tuple(
        replace(use, exception=replace(use.exception, reason=text, owner=f"{text} 1"))
        for use in base.assessment.exceptions
    )
    comparison = base.trend.comparison
    assert comparison is not None
    changed = replace(
        comparison,
        opened=tuple(replace(item, **words) for item in comparison.opened) * 9,
        closed=tuple(replace(item, **words) for item in comparison.closed) * 9,
        paths=tuple(replace(item, source=text, destination=text, ports=text) for item in comparison.paths),
    )
    return replace(
        base,
        judgement=replace(judgement, runs=performed, scope=owned),
        assessment=replace(base.assessment, exceptions=uses * 3),
        trend=replace(base.trend, comparison=changed),
    )


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("size", [3, 300, 5000])
def test_the_executive_summary_has_two_pages_at_any_size(size, paper):
    assert pages(shaped(of_size(size), "executive", paper)) == 2


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_executive_summary_has_two_pages_whatever_names_say(text):
    assert pages(shaped(hostile(text), "executive", "Letter")) == 2


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["executive", "engineer"])
def test_text_of_a_cluster_stays_text(name, text):
    (made,) = RENDERER.render(shaped(hostile(text), name), ["html"])

    assert b"<script>alert" not in made.body
    assert b"<img" not in made.body


def test_a_first_scan_of_nothing_still_has_both_pages():
    assert pages(shaped(empty_input(), "executive")) == 2
    assert pages(shaped(empty_input(), "engineer")) == 1


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_morning_page_is_one_page_when_little_happened(paper):
    assert pages(shaped(report_input(), "engineer", paper)) == 1


def test_the_morning_page_of_a_bad_night_is_bounded():
    assert pages(shaped(hostile(HOSTILE["253 characters"]), "engineer", "Letter")) <= 12


def test_the_executive_summary_names_what_is_worst_its_owner_and_its_age():
    report = shaped(of_size(300), "executive")
    page = executive.build(Dossier(report))
    first = page.worst.rows[0].cells

    assert len(page.worst.rows) == 5
    assert page.worst.note == "295 more findings in the full report."
    assert report.judgement.scope.owner in first[3]
    assert first[4].lines == ("8 days",)
    assert (
        first[0].notes[0].endswith(", exception noted")
    )  # a graver one that decides nothing may stand below


def test_many_findings_of_one_test_do_not_fill_the_worst_of_the_executive_summary():
    report = of_size(30)
    other = replace(report.judgement.runs[2].results[0], check="pod-without-egress-isolation")
    runs = tuple(
        replace(run, results=(other,)) if run.meta.id == other.check else run for run in report.judgement.runs
    )
    changed = replace(report, judgement=replace(report.judgement, runs=runs))

    rows = executive.build(Dossier(shaped(changed, "executive"))).worst.rows

    assert len(rows) == 5
    assert len({row.cells[2] for row in rows}) == 2  # the control of the other test is there


@pytest.mark.parametrize(
    ("numbers", "printed"),
    [
        (("164.312(e)(1)", "164.312(e)(2)(i)", "164.312(e)(2)(ii)"), "164.312(e)(1), 164.312(e)(2)(i), 164.312(e)(2)(ii)"),
        (("1.2.1", "1.3.1", "1.3.2", "1.4.1"), "1.2.1, 1.3.1 and 2 more"),
    ],
)  # fmt: skip
def test_numbers_of_controls_are_whole_or_counted(numbers, printed):
    dossier = Dossier(shaped(many_findings(1), "executive"))
    vars(dossier)["findings"] = tuple(replace(item, controls=numbers) for item in dossier.findings)

    assert executive.build(dossier).worst.rows[0].cells[2] == printed


def test_the_executive_summary_says_what_is_not_known():
    facts = {
        item.label: item.value
        for item in executive.build(Dossier(shaped(report_input(), "executive"))).unknown
    }

    assert "gap" in facts["Not seen"]
    assert "could not be determined" in facts["Not determined"]
    assert "counts as in scope" in facts["Scope"]


def test_a_line_over_time_begins_with_the_second_stored_scan():
    report = shaped(report_input(), "executive")
    lines = tuple(
        replace(line, points=(replace(line.points[-1], counts=None, scan=None), line.points[-1]))
        for line in report.trend.lines
    )
    first = executive.build(Dossier(replace(report, trend=replace(report.trend, lines=lines))))

    page = executive.build(Dossier(report))
    assert page.chart
    assert len(page.breaks) == len(page.chart.breaks) > 0
    assert (first.chart, first.chart_note) == (None, "A line over time begins with the second stored scan.")


def test_the_morning_page_says_why_and_what_to_do():
    page = morning.build(Dossier(shaped(report_input(), "engineer")))
    (opened,) = page.opened

    assert opened.why
    assert opened.remedy
    assert "opened" in page.lede[0]
    assert "open for PCI DSS" in page.still
    assert "No failing result opened." not in page.alike


def test_on_the_morning_page_what_did_not_happen_is_one_line_and_what_people_wrote_comes_first():
    report = shaped(report_input(), "engineer")
    comparison = report.trend.comparison
    assert comparison is not None
    written, made = (
        replace(comparison.objects[0], ref=replace(comparison.objects[0].ref, kind=kind, name=f"a-{kind}"))
        for kind in ("Deployment", "Pod")
    )
    quiet = replace(comparison, opened=(), closed=(), paths=(), objects=(made, written))
    page = morning.build(Dossier(replace(report, trend=replace(report.trend, comparison=quiet))))

    assert page.alike == "No failing result opened. No connection opened. Nothing closed."
    assert page.differing == ()
    assert ["a-Deployment" in row.cells[0] for row in page.objects.rows] == [True, False]


def test_sheets_have_neither_cover_nor_contents():
    (made,) = RENDERER.render(shaped(report_input(), "executive"), ["html"])

    assert b"Executive summary" in made.body
    assert b'id="cover"' not in made.body
