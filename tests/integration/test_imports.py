"""Dumps from the past come in with their own dates, and are never shown as scans of those nights."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from app import bootstrap, pipeline
from app.cli import build
from app.collect import ManifestSource
from app.errors import InputError
from app.model.history import ScanStatus
from app.settings import load_settings
from app.store import PostgresStore
from tests.histories import CLUSTER
from tests.integration.test_run import MANIFESTS
from tests.sealed import Silent

THEN = [datetime(2025, month, 1, 2, tzinfo=UTC) for month in (1, 2, 3)]
NOT_READ = "netattest did not read the cluster then"


@pytest.fixture
def run(store: PostgresStore, tmp_path) -> Callable[[datetime | None], pipeline.ScanResult]:
    """Imports manifests as of a time; without one, scans them now."""
    (tmp_path / "shop.yaml").write_text(MANIFESTS)

    def scan(at: datetime | None) -> pipeline.ScanResult:
        request = pipeline.ScanRequest(
            CLUSTER,
            at or datetime.now(UTC),
            bootstrap.documents(load_settings()),
            tool_version="0.2.0",
            imported=at is not None,
        )
        return pipeline.scan(request, ManifestSource([tmp_path]), store, Silent())

    return scan


def html(store: PostgresStore, number: int) -> str:
    settings = load_settings()
    artefacts = pipeline.report(
        store.scan(CLUSTER, number),
        ["pci-dss-4.0.1"],
        bootstrap.definition(settings),
        ["html"],
        store,
        bootstrap.renderer(),
        Silent(),
    )
    return " ".join(next(item.body.decode() for item in artefacts if item.name.endswith(".html")).split())


def test_an_import_carries_its_mark_and_both_times(store, run, engine):
    scan = run(THEN[0]).scan

    assert (scan.imported, scan.taken_at) == (True, THEN[0])
    assert scan.recorded_at.year > THEN[0].year
    assert store.scan(CLUSTER) == scan
    assert store.check().problems == ()
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT imported FROM v_scan")).all() == [True]


def test_imports_come_oldest_first(store, run):
    run(THEN[1])
    with pytest.raises(InputError, match=r"has scan 1 of 2025-02-01.*later than 2025-01-01"):
        run(THEN[0])

    with pytest.raises(InputError, match=r"has scan 1 of 2025-02-01T02:00:00\+00:00 already$"):
        run(THEN[1].astimezone(timezone(timedelta(hours=5, minutes=30))))

    assert len(store.scans(CLUSTER)) == 1, "nothing is left of a refused import"
    assert run(THEN[2]).scan.number == 2


def test_of_two_imports_of_one_night_at_once_the_second_is_refused(store, run, monkeypatch):
    """It waits for nobody, and looks at what is stored only when nobody else can add to it."""
    held = store.exclusive

    def meanwhile(cluster: str):
        monkeypatch.undo()
        run(THEN[0])
        return held(cluster)

    monkeypatch.setattr(store, "exclusive", meanwhile)
    with pytest.raises(InputError, match="already"):
        run(THEN[0])
    assert [item.status for item in store.scans(CLUSTER)] == [ScanStatus.COMPLETE]


def test_a_failed_run_of_today_stands_in_no_imports_way(store, run):
    store.save_failure(CLUSTER, datetime.now(UTC), None, "no connection", "0.2.0")
    assert run(THEN[0]).scan.number == 2


def test_a_report_says_on_its_cover_and_in_its_trend_that_a_scan_was_imported(store, run):
    for at in (*THEN, None):
        run(at)

    assert NOT_READ in html(store, 3)
    assert "not scanned on the night itself" in html(store, 3)
    assert NOT_READ not in html(store, 4)
    assert "From here on scanned on the night itself" in html(store, 4)


@pytest.mark.parametrize(("last", "there"), [("2025-03-31", {1, 3}), ("2025-02-28", {1})])
def test_a_period_tells_which_of_its_nights_retention_removed(
    store, run, database_url, tmp_path, last, there
):
    for at in THEN:
        run(at)
    assert store.remove(CLUSTER, {2: "year"}, rule="{}", tool_version="0.2.0") == (2,)
    asked = ["report", "--cluster", CLUSTER, "--framework", "soc2", "--period", f"2025-01-01..{last}"]
    url, out = database_url.render_as_string(hide_password=False), tmp_path / "out"
    done = CliRunner().invoke(
        build(), [*asked, "--format", "json", "--database-url", url, "--output", str(out)]
    )
    assert done.exit_code == 0, repr(done.exception)

    (file,) = (path for path in out.iterdir() if path.suffix == ".json")
    nights = {item["day"]: item for item in json.loads(file.read_text())["nights"]}
    gone = nights["2025-02-01"]
    assert (gone["status"], gone["scans"]) == ("missing", [])
    assert gone["cause"] == "retention removed the evidence of scan 2, rule year"
    assert {scan for item in nights.values() for scan in item["scans"]} == there
