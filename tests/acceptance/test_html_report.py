"""The HTML edition in a real browser."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from app.render import ReportRenderer, load_definition
from app.resources import resource
from tests.report_builder import empty_input, report_input


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    (artefact,) = ReportRenderer(resource("templates")).render(report_input(), ["html"])
    path = tmp_path_factory.mktemp("html") / artefact.name
    path.write_bytes(artefact.body)
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    """The open report; whatever it asks for or complains about fails the test."""
    opened = browser.new_page(viewport={"width": 1340, "height": 900})
    requests, complaints = [], []
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(address)
    yield opened
    opened.close()
    assert [url for url in requests if url != address and not url.startswith("data:")] == []
    assert complaints == []


def visible(page) -> int:
    return page.locator("main [data-state]:visible").count()


def test_the_filter_shows_one_state_and_then_everything_again(page):
    whole = visible(page)
    page.get_by_role("button", name="Insufficient evidence").click()

    assert 0 < visible(page) < whole
    assert page.locator("main [data-state]:visible:not([data-state=insufficient-evidence])").count() == 0
    assert "entries shown" in page.get_by_role("status").inner_text()

    page.get_by_role("button", name="Everything").click()
    assert visible(page) == whole


def test_without_script_everything_is_there(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)

    assert page.locator(".filter").is_hidden()
    assert page.get_by_role(
        "heading", name="kube-system can reach payments/card-vault on every port"
    ).is_visible()
    context.close()


def test_our_fonts_are_the_ones_that_are_used(page):
    loaded = page.evaluate(
        "document.fonts.ready.then(f => [...f].filter(x => x.status === 'loaded').map(x => x.family))"
    )

    assert {name.strip('"') for name in loaded} == {"Netattest Text", "Netattest Code"}


def test_an_inline_script_that_is_not_ours_does_not_run(browser, tmp_path, address):
    (artefact,) = ReportRenderer(resource("templates")).render(report_input(), ["html"])
    path = tmp_path / "tampered.html"
    path.write_bytes(artefact.body.replace(b"</main>", b"<script>window.ran = true</script></main>", 1))
    page = browser.new_page()
    page.goto(path.as_uri())

    assert page.evaluate("window.ran") is None
    page.close()


CONTRAST = """
() => {
  const parse = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (node) => { for (let n = node; n; n = n.parentElement) {
    const c = parse(getComputedStyle(n).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
  const poor = new Set();
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest("svg") || ![...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim())) continue;
    if (!node.checkVisibility()) continue;
    const a = light(parse(getComputedStyle(node).color)), b = light(ground(node));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return [...poor];
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser, address, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.goto(address)

    assert page.evaluate(CONTRAST) == []
    page.close()


@pytest.mark.parametrize("width", [1600, 1024, 390])
def test_nothing_sticks_out_of_the_window(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OUT_OF_REACH) == []
    page.close()


def test_on_a_phone_the_state_of_each_control_and_its_tests_are_in_sight(browser, address):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(address)
    far = "nodes => nodes.map(node => Math.round(node.getBoundingClientRect().right)).filter(right => right > 390)"

    assert page.locator("table.controls .head .mark").count() > 5
    assert page.locator("table.controls .head .mark, table.controls .test td").evaluate_all(far) == []
    page.close()


OUT_OF_REACH = """() => [...document.querySelectorAll("main *")].filter((node) => {
  const style = getComputedStyle(node);
  const moves = ["auto", "scroll"].includes(style.overflowX) && node.scrollWidth > node.clientWidth;
  return node.checkVisibility() && moves && node.tabIndex < 0;
}).map((node) => node.className)"""
"""What scrolls and takes no focus; WCAG 2.1.1, which axe-core asks for as scrollable-region-focusable."""


def test_on_a_phone_each_cell_of_a_row_is_in_sight_below_the_name_of_its_column(browser, address):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(address)
    cells = page.locator("table.rows tbody td")
    beside = "nodes => nodes.filter(node => node.getBoundingClientRect().right > 390).length"
    named = "node => [getComputedStyle(node, '::before').content, node.dataset.head]"

    assert cells.count() > 20
    assert cells.evaluate_all(beside) == 0
    content, head = page.locator("table.rows tbody tr td:nth-child(2)").first.evaluate(named)
    assert head in content
    page.close()


def test_links_in_sentences_differ_in_more_than_colour(page):
    links = page.locator("main p a:not(.self)").all()

    assert links
    assert {link.evaluate("node => getComputedStyle(node).textDecorationLine") for link in links} == {
        "underline"
    }


def test_a_finding_has_an_address_of_its_own(browser, address):
    page = browser.new_page(viewport={"width": 1340, "height": 900})
    page.goto(address)
    anchor = page.locator("article.finding").first.get_attribute("id")
    page.goto(f"{address}#{anchor}")

    expect(page.locator(f"#{anchor}")).to_be_in_viewport()
    page.close()


def entries(page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('main [data-state]:not([hidden])')].map(e => e.textContent)"
    )


def test_a_search_shows_the_entries_that_have_all_words_and_escape_shows_everything(page):
    whole = len(entries(page))
    page.get_by_label("Search findings").fill("CARD-VAULT allow-platform")

    found = entries(page)
    assert 0 < len(found) < whole
    assert all("card-vault" in text and "allow-platform" in text for text in found)
    assert page.get_by_role("status").inner_text() == f"{len(found)} of {whole} entries shown"

    page.get_by_role("button", name="Manual evidence needed").click()
    assert entries(page) == []
    page.keyboard.press("Escape")
    assert len(entries(page)) == whole
    assert page.get_by_label("Search findings").input_value() == ""


def test_keys_lead_to_the_search_and_from_entry_to_entry_and_can_be_switched_off(page):
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("jk/")
    assert page.get_by_label("Search findings").input_value() == "jk/"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Exception noted").click()
    at = "[...document.querySelectorAll('main [data-state]:not([hidden])')].indexOf(document.activeElement)"
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate(at) == place
    expect(page.locator("main [data-state]:focus")).to_be_in_viewport()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"

    page.locator("#keys").uncheck()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "keys"


FOCUSED = """() => {
  const node = document.activeElement, style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  return [node.tagName, node.getAttribute("href") || node.dataset.filter || node.id, style.outlineStyle !== "none", box.width * box.height > 0];
}"""


def test_tab_leads_through_contents_states_and_search_to_the_first_link_and_is_seen_on_its_way(page):
    contents = page.locator(".side ol a").evaluate_all(
        "nodes => nodes.map(node => node.getAttribute('href'))"
    )
    states = page.locator(".filter button:visible").evaluate_all(
        "nodes => nodes.map(node => node.dataset.filter)"
    )
    wanted = ["#content", *contents, *states, "find", "keys"]
    seen = []
    for _ in wanted:
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))

    assert len(states) > 3
    assert [place for _, place, *_ in seen] == wanted
    assert [place for _, place, outlined, there in seen if not (outlined and there)] == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_first_link_skips_to_the_report(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        ("auditor", "findings, controls and populations"),
        ("findings", "findings"),
        ("executive", "findings"),
    ],
)
def test_a_search_names_what_a_report_has_and_offers_states_that_some_entry_has(
    browser, tmp_path, definition, names
):
    page = browser.new_page()
    page.goto(shaped(tmp_path, report_input(), definition))

    assert page.locator("label[for=find]").inner_text() == f"Search {names}"
    assert page.locator(".filter button:visible").count() > 1
    for button in page.locator(".filter button:visible:not([data-filter=''])").all():
        button.click()
        assert visible(page) > 0
    page.close()


def test_a_report_without_entries_offers_no_search(browser, tmp_path):
    page = browser.new_page()
    page.goto(shaped(tmp_path, empty_input(), "engineer"))
    page.keyboard.press("/")

    assert page.locator("main [data-state]").count() == 0
    assert page.locator(".filter").is_hidden()
    page.close()


def shaped(folder, report, definition) -> str:
    """The address of a report by one of the packaged definitions."""
    shape = load_definition(definition, (resource("reports") / f"{definition}.yaml").read_bytes())
    (made,) = ReportRenderer(resource("templates")).render(replace(report, definition=shape), ["html"])
    path = folder / made.name
    path.write_bytes(made.body)
    return path.as_uri()


def test_an_address_can_hold_a_search_and_a_state(browser, address):
    page = browser.new_page()
    page.goto(f"{address}#find=shop/web&state=exception")

    assert page.get_by_label("Search findings").input_value() == "shop/web"
    assert page.get_by_role("button", name="Exception noted").get_attribute("aria-pressed") == "true"
    assert entries(page)
    assert all("shop/web" in text for text in entries(page))
    page.close()


def test_a_link_to_an_entry_that_is_filtered_out_shows_it(page):
    page.get_by_role("button", name="Supported").click()
    link = page.evaluate("document.querySelector('article.finding').id")
    assert page.locator(f"#{link}").is_hidden()
    page.evaluate(f"location.hash = '{link}'")

    expect(page.locator(f"#{link}")).to_be_in_viewport()


def test_findings_controls_and_populations_link_to_themselves(page):
    for entry in ("article.finding", "table.controls tbody[id]", "section.population"):
        first = page.locator(entry).first
        assert first.locator("a.self").get_attribute("href") == f"#{first.get_attribute('id')}"


CROSSED = """
() => {
  const svgs = [...document.querySelectorAll("svg.diagram")], crossed = [], outside = [];
  for (const svg of svgs) {
    const boxes = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBBox()]);
    const frames = [...svg.querySelectorAll("rect.panel, rect.cell")].map((r) => r.getBBox());
    for (const [name, b] of boxes)
      if (!frames.some((f) => b.x >= f.x && b.x + b.width <= f.x + f.width && b.y >= f.y - 1 && b.y + b.height <= f.y + f.height + 1))
        outside.push(name);
    for (const path of svg.querySelectorAll(".trunk path")) for (let at = 0; at <= path.getTotalLength(); at += 1) {
      const p = path.getPointAtLength(at);
      for (const [name, b] of boxes)
        if (p.x > b.x && p.x < b.x + b.width && p.y > b.y && p.y < b.y + b.height) crossed.push(name);
    }
  }
  return [svgs.length, [...new Set(crossed)], outside];
}
"""


def test_no_line_of_a_diagram_crosses_a_word_and_no_word_leaves_its_box(page):
    page.evaluate("document.fonts.ready")

    assert page.evaluate(CROSSED) == [2, [], []]


def test_words_and_lines_are_there_in_forced_colours(browser, address):
    page = browser.new_page(forced_colors="active", color_scheme="dark")
    page.goto(address)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert page.evaluate("getComputedStyle(document.querySelector('svg.diagram text')).fill") != ground
    assert (
        page.evaluate("getComputedStyle(document.querySelector('svg.diagram .trunk path')).stroke") != ground
    )
    assert page.evaluate(CONTRAST) == []
    page.close()


def test_on_paper_there_is_no_filter_and_every_entry(page):
    page.get_by_role("button", name="Supported").click()
    page.emulate_media(media="print")

    assert page.locator(".filter").is_hidden()
    assert page.locator("main [data-state]:visible").count() == page.locator("main [data-state]").count()
