"""The HTML edition printed from a real browser, on A4 and Letter."""

import subprocess
from dataclasses import replace

import pytest

from app.render import ReportRenderer, load_definition
from app.resources import resource
from tests.report_builder import many_findings, report_input

DEFINITIONS = ("auditor", "findings", "executive", "engineer")
LEAST = 200
"""Signs without spaces; a page has some two thousand, and a title or a heading alone less than a hundred."""

WIDTHS = {"A4": 680, "Letter": 702}
"""Pixels between the margins."""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """Each definition's report of a cluster with more findings than one page holds."""
    folder, renderer = tmp_path_factory.mktemp("paper"), ReportRenderer(resource("templates"))
    report = many_findings(40)
    found = {}
    for name in DEFINITIONS:
        shape = load_definition(name, (resource("reports") / f"{name}.yaml").read_bytes())
        (made,) = renderer.render(replace(report, definition=shape), ["html"])
        path = folder / f"{name}.html"
        path.write_bytes(made.body)
        found[name] = path.as_uri()
    return found


@pytest.fixture(params=DEFINITIONS)
def page(request, browser, addresses):
    opened = browser.new_page()
    opened.goto(addresses[request.param])
    yield opened
    opened.close()


def printed(page, paper: str) -> list[str]:
    """The text of each sheet."""
    body = page.pdf(format=paper)
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=body, capture_output=True, check=True)
    return text.stdout.decode().split("\f")[:-1]


def signs(text: str) -> int:
    return len("".join(text.split()))


@pytest.mark.parametrize("paper", WIDTHS)
def test_no_sheet_but_the_last_is_nearly_empty_and_none_has_controls(page, paper):
    sheets = printed(page, paper)

    assert [(n, text) for n, text in enumerate(sheets[:-1], 1) if signs(text) < LEAST] == []
    words = " ".join(" ".join(sheets).split())
    assert "Network security of" in words
    assert [word for word in ("Search ", "Keys:", "show everything", "Skip to") if word in words] == []


@pytest.mark.parametrize("paper", WIDTHS)
def test_no_heading_is_the_last_line_of_a_sheet(page, paper):
    headings = page.locator("main h2, main h3, main h4").evaluate_all(
        "nodes => nodes.map(node => node.textContent.trim().replace(/\\s+/g, ' '))"
    )
    last = [" ".join(text.strip().splitlines()[-1].split()) for text in printed(page, paper)]

    assert [line for line in last if line in headings] == []


OUT = """width => [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility()
  && node.getBoundingClientRect().width > 2 && node.getBoundingClientRect().right > width + 1)
  .map((node) => `${node.tagName}.${node.className.baseVal ?? node.className}: ${node.textContent.slice(0, 60)}`)"""


@pytest.mark.parametrize("paper", WIDTHS)
def test_nothing_is_cut_off_at_the_right(page, paper):
    page.set_viewport_size({"width": WIDTHS[paper], "height": 900})
    page.emulate_media(media="print")

    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[paper]
    assert page.evaluate(OUT, WIDTHS[paper]) == []


def test_heads_of_tables_come_again_on_each_sheet(browser, addresses):
    page = browser.new_page()
    page.goto(addresses["auditor"])
    table = "table.controls"
    page.evaluate(f"""() => {{
      const kept = document.querySelector("{table}"), body = kept.querySelector("tbody");
      for (let n = 0; n < 40; n += 1) kept.append(body.cloneNode(true));
      document.querySelector("main").replaceChildren(kept); document.querySelector(".cover").remove();
    }}""")
    sheets = printed(page, "A4")

    assert len(sheets) > 2
    assert [n for n, text in enumerate(sheets, 1) if "Control and tests performed" not in text] == []
    page.close()


def test_a_reader_in_the_dark_prints_dark_words_on_white(page):
    page.emulate_media(media="print", color_scheme="dark")

    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(22, 32, 42)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The auditor's report of the usual cluster, with excerpts of objects."""
    (made,) = ReportRenderer(resource("templates")).render(report_input(), ["html"])
    path = tmp_path_factory.mktemp("usual") / made.name
    path.write_bytes(made.body)
    return path.as_uri()


def test_what_decides_in_an_excerpt_is_told_without_its_ground(browser, usual):
    page = browser.new_page()
    page.goto(usual)
    page.emulate_media(media="print")
    lines = page.locator(".excerpt mark").evaluate_all(
        "nodes => nodes.map(node => getComputedStyle(node).textDecorationLine)"
    )

    assert set(lines) == {"underline"}
    page.close()


def test_on_paper_every_entry_is_there_whatever_was_searched_for(browser, usual):
    page = browser.new_page()
    page.goto(usual)
    whole = printed(page, "A4")
    page.goto(f"{usual}#find=no+such+words")
    page.reload()

    assert page.locator("main [data-state]:visible").count() == 0
    assert printed(page, "A4") == whole
    page.close()
