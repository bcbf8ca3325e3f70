"""The HTML edition in a real browser."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from app.render import ReportRenderer
from app.resources import resource
from tests.report_builder import report_input

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    (artefact,) = ReportRenderer(resource("templates")).render(report_input(), ["html"])
    path = tmp_path_factory.mktemp("html") / artefact.name
    path.write_bytes(artefact.body)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "chromium is missing: install the package `chromium`"
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


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
    page.close()


def test_a_finding_has_an_address_of_its_own(browser, address):
    page = browser.new_page(viewport={"width": 1340, "height": 900})
    page.goto(address)
    anchor = page.locator("article.finding").first.get_attribute("id")
    page.goto(f"{address}#{anchor}")
    page.wait_for_function("window.scrollY > 0")

    assert page.locator(f"#{anchor}").is_visible()
    page.close()
