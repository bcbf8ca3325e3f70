"""The published pages: from stored nights into a folder, and into a real browser."""

import functools
import http.server
import json
import shutil
import threading
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import sync_playwright
from typer.testing import CliRunner

from app.cli.program import build
from app.deliver import deliver_site
from app.model.history import ScanStatus
from app.render.site import SiteRenderer, kept_record
from app.resources import resource
from app.store import PostgresStore
from tests import year
from tests.acceptance.test_every_format import assert_no_promise

NIGHTS = (date(2026, 3, 14), date(2026, 3, 17))
TODAY = date(2026, 3, 18)
HOSTILE = "../<script>alert(1)</script>\"'&"
CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def store(shared_engine):
    found = PostgresStore(shared_engine)
    year.store_year(found, *NIGHTS)
    return found


@pytest.fixture(scope="module")
def records(store):
    """A cluster with nights, one with a hostile name and finding, and one of which every night failed."""
    scans, points = store.scans(year.CLUSTER), store.points(year.CLUSTER)
    lives = store.findings(scans[-1])
    hostile = replace(lives[0], result=replace(lives[0].result, says=HOSTILE))
    failed = replace(scans[-1], status=ScanStatus.FAILED, reason="the API server refused", cluster="dark")
    return [
        kept_record(year.CLUSTER, TODAY, scans, points, lives),
        kept_record(HOSTILE, TODAY, scans, points, (hostile,)),
        kept_record("dark", TODAY, [failed], (), ()),
    ]


@pytest.fixture(scope="module")
def site(records, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    deliver_site(SiteRenderer(resource("templates")).render(records, TODAY), folder)
    return folder


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "chromium is missing: install the package `chromium`"
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def served(site):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=site)
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


@pytest.fixture(params=["file", "http"])
def page(request, browser, site, served):
    opened, complaints = browser.new_page(), []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(dialog.message))
    opened.goto((site / "index.html").as_uri() if request.param == "file" else served)
    yield opened
    opened.close()
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []


def test_search_leaves_the_findings_that_have_the_words(page):
    page.get_by_role("link", name=year.CLUSTER, exact=True).click()
    rows = page.locator("#rows tbody tr:visible")
    whole = rows.count()
    word = page.locator("#rows tbody tr td:last-child").first.inner_text()
    page.get_by_label("Search findings").fill(word)
    assert 0 < rows.count() < whole
    assert all(word in text for text in rows.all_inner_texts())
    page.get_by_label("Search findings").fill("no such words")
    assert rows.count() == 0


def test_style_is_applied_and_hostile_names_are_text(page):
    assert page.locator(".wide").first.evaluate("item => getComputedStyle(item).overflowX") == "auto"
    page.get_by_role("link", name=HOSTILE, exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == HOSTILE
    assert page.locator("script").count() == 1


def test_a_night_without_a_scan_or_with_a_failed_one_is_never_supported(records):
    known = {day.date() for day in (item.taken_at for item in [records[0].latest])}
    for _, lines in records[0].lines:
        for line in lines:
            assert {night.kind for night in line.nights if night.day > max(known)} <= {"none"}
    assert "every night failed" in records[2].warning


def test_a_failed_night_takes_the_place_of_what_was_there_before(store, records):
    scans = store.scans(year.CLUSTER)
    later = replace(
        scans[-1],
        number=scans[-1].number + 1,
        status=ScanStatus.FAILED,
        taken_at=datetime(2026, 3, 18, 1, tzinfo=UTC),
    )
    record = kept_record(year.CLUSTER, TODAY, [*scans, later], store.points(year.CLUSTER), ())
    assert {line.nights[-1].kind for _, lines in record.lines for line in lines} == {"failed"}
    assert "last night failed" in record.warning


def test_no_page_of_the_site_promises_what_only_an_assessor_may(site):
    pages = {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*.html")}
    assert len(pages) > 1
    assert_no_promise(pages)


def test_the_command_publishes_and_then_has_nothing_to_write(store, shared_engine, tmp_path):
    url = shared_engine.url.render_as_string(hide_password=False)
    arguments = ["publish", str(tmp_path / "site"), "--database-url", url, "--json"]
    first, second = (CliRunner().invoke(build(), arguments) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert json.loads(first.stdout)["written"] == json.loads(second.stdout)["kept"] == 4
    assert "stale" in (tmp_path / "site" / "index.html").read_text()
