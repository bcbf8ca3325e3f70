"""The published pages: from stored nights into a folder, and into a real browser."""

import functools
import http.server
import json
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from app import bootstrap
from app.cli.program import build
from app.deliver import Piece, deliver_site
from app.deliver.site import MANIFEST
from app.errors import InputError
from app.model.connections import Connections, PortSet, Protocol
from app.model.encryption import Authorisation, Authorised, EvidenceStrength, Label
from app.model.history import ScanStatus, Slot, SlotStatus
from app.model.reachability import Connection
from app.model.transit import NOT_ASKED, PathVerdict
from app.publication import Publication
from app.render.site import SiteRenderer, finding_shards, kept_record, overview, path_shards
from app.resources import resource
from app.settings import load_settings
from app.store import PostgresStore
from tests import year
from tests.acceptance.test_every_format import assert_no_promise
from tests.sealed import Silent

NIGHTS = (date(2026, 3, 14), date(2026, 3, 17))
TODAY = date(2026, 3, 18)
HOSTILE = "../<script>alert(1)</script>\"'&\u2028</script>"
HTTPS = Connections.of({Protocol.TCP: PortSet.of([(8443, 8443)])})
PATH = (
    Connection(f"shop/{HOSTILE}[Pod]", "shop/cart[Deployment]", Connections.all(), ("as declared: x",)),
    (
        PathVerdict(Label.UNKNOWN, EvidenceStrength.INTENDED, "not read", Connections.all() - HTTPS),
        PathVerdict(
            Label.MTLS_ENFORCED,
            EvidenceStrength.OBSERVED,
            "mesh",
            HTTPS,
            authorisation=Authorisation(Authorised.NO, "denied"),
        ),
    ),
)


@pytest.fixture(scope="module")
def store(shared_engine):
    found = PostgresStore(shared_engine)
    year.store_year(found, *NIGHTS)
    return found


def record(store, cluster, scans, lives, *, slots=(), removed=None, known=True):
    """A cluster's page from what is stored about the example, under any name; with no states unless they are known."""
    points, courses = (store.points(year.CLUSTER), store.courses(year.CLUSTER)) if known else ((), ())
    latest = [item for item in points if item.scan == scans[-1].number]
    row = overview(cluster, TODAY, scans, removed or {}, slots, latest)
    return kept_record(row, scans, removed or {}, slots, courses, (), lives)


@pytest.fixture(scope="module")
def records(store):
    """A cluster with nights, one with a hostile name and finding, and one of which every night failed."""
    scans = store.scans(year.CLUSTER)
    lives = store.findings(scans[-1])
    hostile = replace(lives[0], result=replace(lives[0].result, says=HOSTILE))
    failed = replace(scans[-1], status=ScanStatus.FAILED, reason="the API server refused", cluster="dark")
    return [
        record(store, year.CLUSTER, scans, lives),
        record(store, HOSTILE, scans, (hostile,)),
        record(store, "dark", [failed], (), known=False),
    ]


@pytest.fixture(scope="module")
def site(records, tmp_path_factory):
    folder, renderer = tmp_path_factory.mktemp("site"), SiteRenderer(resource("templates"))
    pieces, names = [Piece("assets", "", renderer.assets)], []
    for item in records:
        row = item.overview
        shards = [*finding_shards(row, item.findings), *path_shards(row, [PATH], ["read as calico"])]
        names += [shard.name for shard in shards]
        page = renderer.cluster(item, [shard.name for shard in shards], ())
        pieces.append(Piece(row.cluster, "", lambda made=(*shards, page): made))
    rows = [item.overview for item in records]
    pieces.append(Piece("rest", "", lambda: [renderer.search(rows, names), renderer.index(rows, TODAY)]))
    deliver_site(pieces, folder)
    return folder


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
    expected = ("favicon", "404", "ERR_FILE_NOT_FOUND")
    assert [text for text in complaints if not any(word in text for word in expected)] == []


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


def test_a_link_to_a_finding_that_was_searched_away_shows_it_and_escape_empties_the_search(page):
    page.get_by_role("link", name=year.CLUSTER, exact=True).click()
    row = page.locator("#rows tbody tr").last
    name = row.get_attribute("id")
    field = page.get_by_label("Search findings")
    field.fill("no such words")
    assert row.is_hidden()
    field.press("Escape")
    assert (field.input_value(), row.is_visible()) == ("", True)
    field.fill("no such words")
    page.evaluate(f"location.hash = '{name}'")
    expect(row).to_be_in_viewport()
    assert field.input_value() == ""


def test_the_parts_of_a_page_and_the_controls_of_a_search_are_reached_in_their_order_and_seen(page):
    page.get_by_role("link", name=year.CLUSTER, exact=True).click()
    places = page.locator(".here a").evaluate_all("nodes => nodes.map(node => node.getAttribute('href'))")
    assert {"#findings", "#paths", "#lost"} <= set(places)
    assert page.locator(", ".join(f'[id="{place[1:]}"]' for place in places)).count() == len(places)
    wanted = ["#main", "index.html", "search.html", *places]
    for place in wanted:
        page.keyboard.press("Tab")
        node = "document.activeElement"
        assert page.evaluate(f"{node}.getAttribute('href')") == place
        assert page.evaluate(f"getComputedStyle({node}).outlineStyle") != "none"


def test_pages_call_frameworks_and_severities_by_the_names_that_people_use(records):
    pages = SiteRenderer(resource("templates"), {"pci-dss-4.0.1": "PCI DSS v4.0.1 (all of it)"})
    overview_page = pages.index([records[0].overview], TODAY).body.decode()
    page = pages.cluster(records[0], (), ()).body.decode()
    assert '<th scope="col">PCI DSS v4.0.1</th>' in overview_page
    assert '<h2 id="pci-dss-4.0.1">PCI DSS v4.0.1 (all of it)</h2>' in page
    assert ">pci-dss-4.0.1<" not in overview_page + page
    severities = {f"<td>{item.severity.value.capitalize()}</td>" for item in records[0].findings}
    assert all(cell in page for cell in severities)
    shard = next(iter(finding_shards(records[0].overview, records[0].findings))).body.decode()
    assert {f'"{item.severity.value.capitalize()}"' in shard for item in records[0].findings} == {True}


def test_a_publication_calls_frameworks_by_the_titles_of_their_files(store, tmp_path):
    publication(store).write(tmp_path)
    assert "PCI DSS v4.0.1" in (tmp_path / "index.html").read_text()
    assert ">PCI DSS v4.0.1</h2>" in next(tmp_path.glob("cluster-*.html")).read_text()


def printed(page, paper):
    text = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=page.pdf(format=paper), capture_output=True, check=True
    )
    return text.stdout.decode().split("\f")[:-1]


@pytest.mark.parametrize(("paper", "width"), [("A4", 680), ("Letter", 702)])
def test_on_paper_there_are_no_controls_and_every_finding_and_nothing_is_cut_off(
    browser, site, records, paper, width
):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark")
    for name in ("index.html", "search.html", records[0].overview.page, records[1].overview.page):
        page.goto((site / name).as_uri())
        if page.locator("#search").count():
            page.locator("#search").fill("no such words")
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(22, 32, 42)"
        sheets = printed(page, paper)
        words = " ".join(" ".join(sheets).split())
        assert [
            word for word in ("All clusters Search", "Search findings", "Search allowed") if word in words
        ] == []
        assert [text for text in sheets[:-1] if len("".join(text.split())) < 200] == []
        hidden = page.locator("#rows tbody tr").evaluate_all(
            "nodes => nodes.filter(node => !node.checkVisibility()).length"
        )
        assert hidden == 0
        page.emulate_media(media="screen")
    page.close()


def test_on_paper_a_search_tells_its_words_and_what_it_found(browser, site):
    page = browser.new_page()
    page.goto((site / "search.html").as_uri())
    page.locator("#find-paths").fill("alert(1) CART")
    page.locator('[data-kind="paths"] tbody tr').nth(2).wait_for()
    words = " ".join(" ".join(printed(page, "A4")).split())
    assert "alert(1) CART" in words
    assert "3 of 3 rows" in words
    assert "Open findings" not in words
    page.close()


def test_style_is_applied_and_hostile_names_are_text(page):
    assert page.locator(".wide").first.evaluate("item => getComputedStyle(item).overflowX") == "auto"
    page.get_by_role("link", name=HOSTILE, exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == HOSTILE
    assert page.locator("script").count() == 1


def test_in_a_narrow_window_nothing_of_the_overview_is_out_of_sight_and_the_last_nights_are_in_view(
    browser, site, records
):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto((site / "index.html").as_uri())
    edges = "nodes => nodes.map(node => node.getBoundingClientRect()).map(box => [box.left, box.right])"
    seen = page.locator(".fleet tbody th, .fleet tbody td:not(:empty)").evaluate_all(edges)
    assert len(seen) > len(records)
    assert all(0 <= left < right <= 390 for left, right in seen)
    page.get_by_role("link", name=year.CLUSTER, exact=True).click()
    head, names = page.locator(".calendar thead th"), page.locator(".calendar tbody th")
    assert head.last.evaluate_all(edges)[0][1] <= 390
    assert all(left >= 0 for left, _ in names.evaluate_all(edges))
    page.close()


def test_the_last_weeks_begin_with_the_first_scan(records):
    for _, lines in records[0].lines:
        assert {line.recent[0].day for line in lines} == {NIGHTS[0]}
        assert {line.recent[-1].day for line in lines} == {records[0].overview.until}


def test_why_the_last_night_failed_is_a_sentence_of_its_own(records, site):
    text = (site / records[2].overview.page).read_text()
    assert "<p>Scan 4 failed: the API server refused</p>" in text


def test_paths_and_findings_of_all_clusters_are_found_by_all_their_words(page):
    page.get_by_role("link", name="Search").click()
    findings, paths = page.locator('[data-kind="findings"]'), page.locator('[data-kind="paths"]')
    findings.locator("input").fill(f"{year.CLUSTER} egress")
    first = findings.locator("tbody tr").first
    first.wait_for()
    assert all("egress" in text for text in findings.locator("tbody tr").all_inner_texts())
    paths.locator("input").fill("alert(1) CART")
    paths.locator("tbody tr").nth(2).wait_for()
    assert paths.locator("tbody tr").count() == 3
    cells = paths.locator("tbody tr").first.locator("td").all_inner_texts()
    assert cells[3] == "all connections; as declared: x"
    assert cells[4].endswith("TCP 8443: Mutual TLS, enforced (seen on running objects)")
    assert cells[5].endswith("TCP 8443: both ends; mesh policies: denied")
    assert "Not known (from templates, or from a setting that is absent)" in cells[4]
    paths.locator("input").fill("alert(1) enforced denied")
    page.get_by_text("3 of 3").last.wait_for()
    paths.locator("input").fill("alert(1) fails closed")
    page.get_by_text("0 of 3").last.wait_for()
    assert f"{year.CLUSTER}: read as calico" in paths.locator(".notes").inner_text()
    first.get_by_role("link").last.click()
    page.locator("tr:target").wait_for()
    assert page.locator("tr:target").count() == 1


def test_rows_that_cannot_be_loaded_are_named(page, site):
    shard = next(site.glob("paths-dark-*.js"))
    body = shard.read_bytes()
    shard.unlink()
    try:
        page.get_by_role("link", name="Search").click()
        page.locator("#find-paths").fill("shop")
        page.get_by_text("1 file(s) of rows could not be loaded").wait_for()
    finally:
        shard.write_bytes(body)


def test_a_list_of_paths_that_is_cut_says_so(records, monkeypatch):
    monkeypatch.setattr("app.render.site.finder.MOST_PATHS", 4)
    monkeypatch.setattr("app.render.site.finder.SHARD", 2)
    paths = [Connection("a/a[Pod]", f"a/b{n}[Pod]", Connections.all()) for n in range(5)]

    def cuts(found):
        shards = path_shards(records[0].overview, NOT_ASKED.along(found), ())
        return [json.loads(item.body[len("netattest.take(") : -3])["cut"] for item in shards]

    assert (cuts(paths), cuts(paths[:4]), cuts(paths[:3])) == ([False, True], [False, False], [False, False])


def test_a_day_without_a_scan_or_with_a_failed_one_is_never_supported(records):
    known = records[0].overview.latest.taken_at.date()
    assert records[0].overview.until == known
    for _, lines in records[0].lines:
        for line in lines:
            assert {night.kind for night in line.nights if night.day < NIGHTS[0]} == {"before"}
            assert len(line.nights) == 365
            assert sum(days for _, days in line.counted) == 365
    assert "every night failed" in records[2].overview.warning


def test_a_control_with_failures_is_never_called_accepted(store, records):
    """The states of DESIGN: an exception is a failure, and only a partial one is accepted."""
    stored = {(item.control, item.taken_at.date()): item for item in store.points(year.CLUSTER)}
    shown = {
        (line.control, night.day): night.kind
        for _, lines in records[0].lines
        for line in lines[1:]
        for night in line.nights
    }
    assert {stored[key].state.value for key in stored} >= {"exception"}
    for key, point in stored.items():
        lifted = point.state.value in ("supported", "manual-evidence-needed", "not-applicable")
        assert shown[key] == ("contrary" if point.contrary and lifted else point.state.value)
    overall = records[0].lines[0][1][0].nights[-2]
    assert (overall.kind, overall.says) == ("exception", "exception noted")


def test_a_failed_night_takes_the_place_of_what_was_there_before(store):
    scans = store.scans(year.CLUSTER)
    at = datetime(2026, 3, 18, 1, tzinfo=UTC)
    later = replace(scans[-1], number=9, status=ScanStatus.FAILED, taken_at=at, reason="refused")
    found = record(store, year.CLUSTER, [*scans, later], ())
    assert {line.nights[-1].kind for _, lines in found.lines for line in lines} == {"failed"}
    assert "last night failed" in found.overview.warning
    assert [(item.first, item.reason) for item in found.lost] == [(TODAY, "scan 9 failed: refused")]


def test_days_without_a_scan_have_their_reason(store):
    """A missed slot, a slot that failed before a scan by hand, a removed scan, and a day that nobody planned."""
    scans = store.scans(year.CLUSTER)
    missed = year.slot_of(TODAY)
    slots = [
        Slot(year.CLUSTER, missed, SlotStatus.MISSED, reason="the service was not running"),
        Slot(year.CLUSTER, year.slot_of(NIGHTS[1]), SlotStatus.FAILED, reason="refused"),
    ]
    found = record(store, year.CLUSTER, [scans[0], scans[3]], (), slots=slots, removed={1: "year"}).lost
    assert [(item.first.day, item.last.day, item.reason) for item in found] == [
        (18, 18, "the slot was missed: the service was not running"),
        (15, 16, "no slot of a schedule is on record"),
        (14, 14, "retention removed scan 1, rule year"),
    ]


def test_what_no_longer_speaks_for_today_has_no_colour(store, site):
    assert 'class="night exception"' in (site / "index.html").read_text()
    scans, points = store.scans(year.CLUSTER), store.points(year.CLUSTER)
    failed = replace(scans[-1], number=9, status=ScanStatus.FAILED)
    missed = Slot(year.CLUSTER, year.slot_of(TODAY), SlotStatus.MISSED)
    last = [item for item in points if item.scan == 4]
    for today, known, slots in (
        (date(2026, 3, 19), scans, ()),
        (TODAY, [*scans, failed], ()),
        (TODAY, scans, [missed]),
    ):
        row = overview(year.CLUSTER, today, known, {}, slots, last)
        text = SiteRenderer(resource("templates")).index([row], today).body.decode()
        assert row.warning
        assert 'class="night old"' in text
        assert ">2026-03-17</td>" in text  # the day that the states beside it are of


def publication(store, day=TODAY, reports=()):
    return Publication(load_settings(), store, Silent(), day, reports)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_publication_writes_nothing_and_a_new_folder_has_the_same_bytes(store, tmp_path):
    first, again = (publication(store).write(tmp_path / "a") for _ in range(2))
    assert (first.kept, again.written, again.kept) == (0, 0, first.written)
    publication(store).write(tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_day_on_which_nothing_happened_changes_the_overview_alone_until_a_night_is_missing(store, tmp_path):
    before = publication(store, NIGHTS[1]).write(tmp_path)
    page = next(tmp_path.glob("cluster-*.html"))
    fresh = page.read_text()
    placed = publication(store, TODAY).write(tmp_path)
    assert (placed.written, placed.kept) == (1, before.written - 1)
    assert f"As of {TODAY}" in (tmp_path / "index.html").read_text()
    assert publication(store, date(2026, 3, 19)).write(tmp_path).written == 2
    assert "Stale" not in fresh
    assert "Stale: the last scan is of 2026-03-17" in page.read_text()
    assert "2026-03-18 to 2026-03-19" in page.read_text()


def test_reports_of_the_schedule_are_linked_by_night_and_follow_what_is_in_their_folder(store, tmp_path):
    made, folder = tmp_path / "made", tmp_path / "site"
    made.mkdir()
    framework = store.points(year.CLUSTER)[0].framework
    mine = [f"{year.CLUSTER}-{framework}-2026-03-{rest}.pdf" for rest in ("14", "17", "17-executive.letter")]
    foreign = [f"{year.CLUSTER}-two-{framework}-2026-03-17.pdf", f"{year.CLUSTER}-{framework}-2026-03-18.pdf"]
    for name in (*mine, *foreign):
        (made / name).write_text(name)

    def published():
        return Publication(load_settings(), store, Silent(), TODAY, (), {year.CLUSTER: made}).write(folder)

    published()
    page = next(folder.glob("cluster-*.html"))
    copies = {path.name: path for path in folder.glob("nightly/*/*")}
    assert sorted(copies) == sorted(mine)
    assert [name in page.read_text() for name in (*mine, *foreign)] == [True, True, True, False, False]
    assert all(f'href="{path.relative_to(folder)}"' in page.read_text() for path in copies.values())
    assert published().written == 0
    (made / mine[0]).write_text("made again")
    assert published().written == 1
    assert copies[mine[0]].read_text() == "made again"
    (made / mine[0]).unlink()
    assert published().removed == 1
    assert mine[0] not in page.read_text()


def test_an_earlier_day_shows_nothing_that_came_later(store, tmp_path):
    publication(store, NIGHTS[0]).write(tmp_path)
    page = next(tmp_path.glob("cluster-*.html")).read_text()
    assert "Last stored scan: number 1," in page
    assert str(NIGHTS[1]) not in page
    moved = publication(store, TODAY).write(tmp_path)
    assert moved.removed == 2  # rows of the first scan
    assert files(tmp_path).keys() == json_names(tmp_path) | {MANIFEST}


def json_names(folder):
    pieces = json.loads((folder / MANIFEST).read_text())["pieces"]
    return {name for piece in pieces.values() for name in piece["files"]}


def test_reports_are_made_once_for_a_scan_and_go_with_it(store, tmp_path, monkeypatch):
    publication(store, reports=("json",)).write(tmp_path)
    (report,) = tmp_path.glob("reports/*/*.json")
    page = next(tmp_path.glob("cluster-*.html")).read_text()
    assert f'href="{report.relative_to(tmp_path)}"' in page
    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "renderer", lambda: pytest.fail("they were made again"))
        assert publication(store, reports=("json",)).write(tmp_path).written == 0
    report.write_bytes(b"another")
    assert publication(store, reports=("json",)).write(tmp_path).written == 1
    publication(store).write(tmp_path)
    assert list(tmp_path.glob("reports/*")) == []


def test_no_page_of_the_site_promises_what_only_an_assessor_may(site):
    pages = {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*.html")}
    assert len(pages) > 1
    assert_no_promise(pages)


def test_the_command_publishes_and_then_has_nothing_to_write(store, shared_engine, tmp_path):
    url = shared_engine.url.render_as_string(hide_password=False)
    arguments = ["publish", str(tmp_path / "site"), "--database-url", url, "--json"]
    first, second = (CliRunner().invoke(build(), arguments) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert json.loads(first.stdout)["written"] == json.loads(second.stdout)["kept"] == 7
    assert "Stale" in (tmp_path / "site" / "index.html").read_text()


@pytest.mark.parametrize(
    ("option", "says"),
    [("--as-of=2999-01-01", "has not come yet"), ("--as-of=soon", "not a day"), ("--reports=docx", "docx")],
)
def test_what_cannot_be_published_is_refused(option, says, tmp_path):
    result = CliRunner().invoke(build(), ["publish", str(tmp_path / "site"), option])
    assert isinstance(result.exception, InputError)
    assert says in str(result.exception)
