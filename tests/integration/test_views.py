from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.errors import StoreError
from app.model.control import ControlState
from app.model.finding import CheckResult, Outcome, Severity, Strength, Subject, SubjectKind
from app.store import PostgresStore, create_engine
from app.store.tables import metadata
from tests.histories import CHECK, CLUSTER, night, pods, point, record, result, snapshot

# Names and columns are a contract with people's dashboards: a change here is a change for them.
CONTRACT = {
    "v_scan": [
        "cluster", "scan", "status", "taken_at", "recorded_at", "slot_due_at", "tool_version", "objects", "gaps",
        "reason", "snapshot_digest", "previous_digest", "digest", "imported", "removed_at", "removed_by",
    ],
    "v_control_daily": [
        "cluster", "day", "scan", "taken_at", "scan_status", "framework", "framework_digest", "control", "state",
        "contrary", "passed", "failed", "excepted", "undecided",
    ],
    "v_finding": [
        "cluster", "fingerprint", "check_id", "severity", "subject_kind", "subject", "namespace", "says", "is_open",
        "opened_scan", "opened_at", "last_seen_scan", "last_seen_at", "closed_scan", "closed_at",
    ],
    "v_exposure": [
        "cluster", "exposure", "subject_kind", "namespace", "check_id", "severity", "says", "fingerprint", "is_open",
        "opened_scan", "opened_at", "closed_scan", "closed_at",
    ],
    "v_slot": ["cluster", "due_at", "status", "scan", "reason"],
    "v_scan_document": ["cluster", "scan", "taken_at", "name", "sha256"],
    "v_change": ["cluster", "scan", "taken_at", "name", "before", "after"],
}  # fmt: skip


def way_in(kind: SubjectKind, subject: str) -> CheckResult:
    return CheckResult(
        CHECK,
        Subject(kind, subject, "shop"),
        Outcome.FAIL,
        Strength.EFFECTIVE,
        "open",
        severity=Severity.CRITICAL,
    )


@pytest.fixture(scope="module")
def stored(shared_engine: Engine) -> Engine:
    """A night, a second scan on the same day, a failed run, and a night on which one finding is gone."""
    store = PostgresStore(shared_engine)
    ways = (
        way_in(SubjectKind.EXPOSURE, "Ingress shop/web"),
        way_in(SubjectKind.PATH, "external:0.0.0.0-255.255.255.255 → shop/web[Deployment]"),
        way_in(SubjectKind.PATH, "shop/a[Pod] → shop/b[Pod]"),
    )
    exception, supported = (
        [point("1.3.1", state)] for state in (ControlState.EXCEPTION, ControlState.SUPPORTED)
    )
    later = night(1) + timedelta(hours=5)
    store.save(record(result("shop"), *ways, points=exception), snapshot(pods(cart=1)))
    store.save(record(result("shop"), *ways, at=later, points=supported), snapshot(pods(cart=1), at=later))
    store.save_failure(CLUSTER, night(2), night(2), "the API server did not answer", "0.1.0")
    store.save(record(*ways, at=night(3), points=supported), snapshot(pods(cart=1), at=night(3)))
    return shared_engine


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize("view", CONTRACT)
def test_a_view_has_exactly_the_columns_that_are_promised(stored, view):
    with stored.connect() as connection:
        assert list(connection.execute(text(f"SELECT * FROM {view}")).keys()) == CONTRACT[view]


def test_scans_show_failed_runs_with_their_reason(stored):
    assert rows(stored, "SELECT scan, status, reason, length(digest) FROM v_scan ORDER BY scan") == [
        (1, "complete", "", 64),
        (2, "complete", "", 64),
        (3, "failed", "the API server did not answer", 64),
        (4, "complete", "", 64),
    ]


def test_a_day_shows_its_last_stored_scan_and_no_row_for_a_failed_one(stored):
    query = (
        "SELECT day::text, scan, framework, control, state, passed, failed FROM v_control_daily ORDER BY day"
    )
    assert rows(stored, query) == [
        ("2026-03-01", 2, "pci-dss-4.0.1", "1.3.1", "supported", 5, 0),
        ("2026-03-03", 4, "pci-dss-4.0.1", "1.3.1", "supported", 5, 0),
    ]


def test_a_finding_shows_when_it_opened_was_seen_last_and_closed(stored):
    query = (
        "SELECT opened_scan, last_seen_scan, closed_scan, is_open, severity, says FROM v_finding"
        " WHERE subject = 'shop'"
    )
    assert rows(stored, query) == [(1, 2, 4, False, "high", "shop: fail")]


def test_exposures_are_ways_in_from_outside(stored):
    assert rows(stored, 'SELECT exposure, is_open FROM v_exposure ORDER BY exposure COLLATE "C"') == [
        ("Ingress shop/web", True),
        ("external:0.0.0.0-255.255.255.255 → shop/web[Deployment]", True),
    ]


def test_an_auditor_reads_the_views_and_nothing_else(stored):
    with stored.connect() as connection:
        connection.execute(text("SET ROLE netattest_auditor"))
        for view in CONTRACT:
            connection.execute(text(f"SELECT count(*) FROM {view}"))
        relations = """SELECT oid::regclass::text FROM pg_class
                       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'S', 'p', 'f')"""
        known = set(connection.scalars(text(relations)))
        assert known > metadata.tables.keys() | CONTRACT.keys()
        for name in sorted(known):
            rights = ["INSERT", "UPDATE", "DELETE", "TRUNCATE", *([] if name in CONTRACT else ["SELECT"])]
            asked = text("SELECT has_table_privilege(to_regclass(:name), :right)")
            held = [right for right in rights if connection.scalar(asked, {"name": name, "right": right})]
            assert held == [], name
        for statement in ("SELECT count(*) FROM scan", "CREATE TABLE more (x int)"):
            with pytest.raises(DBAPIError, match="permission denied"), connection.begin_nested():
                connection.execute(text(statement))


def test_a_writer_does_all_that_a_run_needs(database_url):
    engine = create_engine(database_url.update_query_dict({"options": "-c role=netattest_writer"}))
    store = PostgresStore(engine)
    store.claim_slot(CLUSTER, night(1))
    with store.exclusive(CLUSTER):
        store.save(record(result("shop"), slot=night(1)), snapshot(pods(cart=1)))
    store.save(record(at=night(2)), snapshot(at=night(2)))
    found = store.check()
    with pytest.raises(StoreError, match="permission denied") as caught:
        drop(engine)
    engine.dispose()

    assert found.problems == ()
    assert "netattest_writer" in caught.value.advice


def drop(engine: Engine) -> None:
    from app.store.connection import database_errors

    with database_errors(), engine.begin() as connection:
        connection.execute(text("DELETE FROM scan"))
