import itertools
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from app.errors import ConfigurationError, RenderError
from app.model.chain import ChainLink
from app.model.finding import Outcome
from app.model.history import ScanStatus
from app.render import ReportRenderer, format_of
from app.render.html import Templates, prose
from app.render.names import file_stem
from app.render.signs import upright
from app.resources import resource
from tests.report_builder import AUDITOR, empty_input, many_findings, report_input, result

RENDERER = ReportRenderer(resource("templates"))

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=http://example.com/x onerror=alert(2)>",
    "quotes": '"\' onmouseover=alert(1) x="',
    "template": "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "right to left": "\u202eevil\u202c \u05e9\u05dc\u05d5\u05dd",
    "emoji": "pod-\N{PILE OF POO}-\N{FAMILY}",
    "253 characters": "a" * 253,
    "formula": "=cmd|' /C calc'!A0",
    "control": "a\x07b\x00c",
}


class Document(HTMLParser):
    """Collects what a test asks of a document."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._quiet = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._quiet += tag in ("style", "script")

    def handle_endtag(self, tag):
        self._quiet -= tag in ("style", "script")

    def handle_data(self, data):
        if not self._quiet:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def html_of(report) -> str:
    (artefact,) = RENDERER.render(report, ["html"])
    return artefact.body.decode()


USUAL = html_of(report_input())
DOCUMENT = Document(USUAL)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_of_a_hostile_cluster_stays_text(text):
    base = report_input()
    bad = result(
        "unrestricted-path-into-cde",
        text,
        Outcome.FAIL,
        text,
        why=(text,),
        remedy=text,
    )
    runs = tuple(
        replace(run, results=(*run.results, bad)) if run.meta.id == bad.check else run
        for run in base.judgement.runs
    )
    report = replace(
        base,
        judgement=replace(base.judgement, runs=runs),
        scan=replace(base.scan, cluster=text),
        definition=replace(AUDITOR, prepared_for=text, confidentiality=text),
    )
    made = Document(html_of(report))

    assert [name for name, _ in made.tags].count("script") == 1
    assert not [
        name for name, _ in made.tags if name in ("img", "iframe", "object", "embed", "link", "base", "form")
    ]
    assert not [name for _, attributes in made.tags for name in attributes if name.startswith("on")]
    assert upright(text).replace("\x00", "").replace("\x07", "") in made.text.replace("\x00", "").replace(
        "\ufffd", ""
    ).replace("\x07", "")


def test_the_file_names_no_address_and_loads_nothing():
    outward = [
        value
        for _, attributes in DOCUMENT.tags
        for name, value in attributes.items()
        if name in ("src", "href", "action", "poster", "data", "xlink:href", "srcset")
        and not value.startswith("#")
    ]

    assert outward == []
    assert "url(http" not in USUAL
    assert "@import" not in USUAL
    assert set(re.findall(r"url\(([a-z]+:|#)", USUAL)) <= {"data:", "#"}


def test_the_policy_allows_only_what_is_in_the_file():
    policy = next(
        a["content"] for tag, a in DOCUMENT.tags if a.get("http-equiv") == "Content-Security-Policy"
    )

    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not [tag for tag, attributes in DOCUMENT.tags if "style" in attributes]


@pytest.mark.parametrize(
    "report",
    [
        report_input(),
        report_input(definition=replace(AUDITOR, sections=("summary", "findings", "trends"))),
        replace(many_findings(90), definition=replace(AUDITOR, rows=3)),
        empty_input(),
    ],
    ids=["usual", "three sections", "capped", "empty"],
)
def test_every_link_leads_to_an_anchor_of_the_file_and_anchors_are_unique(report):
    made = Document(html_of(report))
    anchors = [attributes["id"] for _, attributes in made.tags if "id" in attributes]
    targets = {attributes["href"][1:] for tag, attributes in made.tags if tag == "a"}

    assert len(anchors) == len(set(anchors))
    assert targets <= set(anchors)


@pytest.mark.parametrize(
    "report", [report_input(), empty_input(), many_findings(60)], ids=["usual", "empty", "many"]
)
def test_headings_step_by_one_and_tables_have_heads_and_captions(report):
    made = Document(html_of(report))
    levels = [int(tag[1]) for tag, _ in made.tags if re.fullmatch(r"h[1-6]", tag)]
    tags = [tag for tag, _ in made.tags]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert tags.count("table") == tags.count("caption") == tags.count("thead")
    assert all("scope" in attributes for tag, attributes in made.tags if tag == "th")


def test_everything_is_readable_without_script():
    hidden = [tag for tag, attributes in DOCUMENT.tags if "hidden" in attributes]

    assert hidden == ["div"]  # the filter, which the script shows
    assert [
        attributes["class"] for tag, attributes in DOCUMENT.tags if tag == "div" and "hidden" in attributes
    ] == ["filter"]


@pytest.mark.parametrize(
    "make", [report_input, empty_input, lambda: many_findings(3)], ids=["usual", "empty", "many"]
)
@pytest.mark.parametrize("word", ["compliant", "certified", "in place", "passed pci"])
@pytest.mark.parametrize("form", ["html", "json", "csv"])
def test_no_verdict_is_claimed_that_only_an_assessor_can_give(make, word, form):
    (artefact,) = RENDERER.render(make(), [form])
    text = Document(artefact.body.decode()).text if form == "html" else artefact.body.decode()

    assert not re.search(rf"\b{word}\b", text, re.IGNORECASE)


def test_names_of_files_are_stable_and_cannot_leave_a_folder():
    (artefact,) = RENDERER.render(report_input("../../etc/x y"), ["html"])

    assert artefact.name == "etc-x-y-pci-dss-4.0.1-2026-08-21.html"


def test_every_width_of_a_column_has_its_rule():
    """A width without a rule leaves all columns of its table alike, and nothing says so."""
    styles = (resource("templates") / "styles/report.css").read_text(encoding="utf-8")
    used = set(re.findall(r'<col class="(w\d+)"', RENDERER.render(report_input(), ["html"])[0].body.decode()))

    assert len(used) > 5
    assert not [name for name in used if f".{name} {{" not in styles]


def test_a_name_in_what_a_test_leaves_open_is_set_as_one():
    report = report_input()
    runs = tuple(replace(run, limits=("Groups such as `system:masters`.",)) for run in report.judgement.runs)
    (artefact,) = RENDERER.render(replace(report, judgement=replace(report.judgement, runs=runs)), ["html"])

    assert b'Groups such as <code class="whole">system:masters</code>.' in artefact.body
    assert b"`system:masters`" not in artefact.body


@pytest.mark.parametrize(
    ("hours", "status", "name"),
    [
        (1, ScanStatus.PARTIAL, "prod-pci-dss-4.0.1-2026-08-21.scan-14.html"),
        (1, ScanStatus.FAILED, "prod-pci-dss-4.0.1-2026-08-21.html"),  # it has no report
        (30, ScanStatus.COMPLETE, "prod-pci-dss-4.0.1-2026-08-21.html"),
    ],
)
def test_the_report_of_a_second_scan_of_a_day_does_not_replace_the_first(hours, status, name):
    report = report_input("prod")
    scan = report.scan
    earlier = replace(
        scan, number=scan.number - 1, status=status, taken_at=scan.taken_at - timedelta(hours=hours)
    )
    chain = (ChainLink(earlier, ""), ChainLink(scan, ""))
    (artefact,) = RENDERER.render(replace(report, chain=chain), ["html"])

    assert artefact.name == name


def test_reports_of_one_scan_never_share_a_file_name():
    """Whichever definition and paper; `auditor.letter` is a definition that tries to look like the auditor's on Letter."""
    shapes = [
        replace(AUDITOR, id=name, paper=paper)
        for name in ("auditor", "letter", "auditor.letter", "a/../letter")
        for paper in ("A4", "Letter")
    ]
    stems = [file_stem("prod", "soc2", "2026-08-21", shape, "auditor") for shape in shapes]

    assert stems[:4] == [
        "prod-soc2-2026-08-21",
        "prod-soc2-2026-08-21.letter",
        "prod-soc2-2026-08-21-letter",
        "prod-soc2-2026-08-21-letter.letter",
    ]
    assert len(set(stems)) == len(shapes)
    assert not [stem for stem in stems if "/" in stem or stem.startswith(".")]


@pytest.mark.parametrize("name", ["json", "manifest"])
def test_the_name_of_a_file_tells_definition_and_paper(name):
    shape = replace(AUDITOR, id="board", paper="Letter")
    (artefact,) = RENDERER.render(report_input(definition=shape), [name])

    assert artefact.name.endswith(f"-2026-08-21-board.letter.{'manifest.' if name == 'manifest' else ''}json")
    assert format_of(artefact.name) == name


def test_an_unknown_format_and_an_unknown_section_are_refused():
    with pytest.raises(ConfigurationError, match="docx"):
        RENDERER.render(report_input(), ["docx"])
    with pytest.raises(ConfigurationError, match="cellar"):
        RENDERER.render(report_input(definition=replace(AUDITOR, sections=("cellar",))), ["html"])


def test_a_missing_font_is_named(tmp_path):
    with pytest.raises(RenderError, match=r"fonts/Inter-Regular\.otf"):
        Templates(tmp_path).faces()


def test_a_report_without_cover_still_has_a_title():
    engineer = replace(AUDITOR, sections=("summary", "findings", "trends"))
    made = Document(html_of(report_input(definition=engineer)))

    assert "Network security of prod-eu-1" in made.text
    assert [tag for tag, _ in made.tags].count("h1") == 1


def test_prose_sets_names_in_the_code_face_after_escaping():
    assert prose("`<b>` and *term* & 2 * 3 * 4") == (
        '<code class="whole">&lt;b&gt;</code> and <em>term</em> &amp; 2 * 3 * 4'
    )


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("for 164.308(a)(1)(ii)(A), and", "164.308(a)(1)(ii)(A)"),
        ("(164.312(e)(1)).", "164.312(e)(1)"),
        (f"`{'n' * 40}`", "n" * 40),
        (f"`{'n' * 41}`", None),  # longer than some lines
        ("port 80(tcp) and f(x)(y)", None),
        ("1" + "(c)" * 90, None),
    ],
)
def test_a_number_or_a_short_name_does_not_break(text, whole):
    assert (f'class="whole">{whole}</' in prose(text)) if whole else ("whole" not in prose(text))


def test_the_same_input_gives_the_same_bytes():
    assert html_of(report_input()) == USUAL
