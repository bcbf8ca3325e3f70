"""A year of nights through the real store: size against full copies, time per night, rebuild, trend.

    python -m bench.history [--nights 365] [--objects 5000] [--clusters 50]

Objects look like redacted pods of some 2.6 kB; each night 2 % of them change and a few are replaced; 5 % of the objects have a
finding, and 2 % of the findings change. Each night stores the states of 180 controls. The trend is then asked for in a database
that holds the same number of nights for many clusters (their states only).
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, event, text

from app.model.canonical import canonical_json, digest
from app.model.control import ControlState
from app.model.finding import CheckResult, Outcome, Severity, Strength, Subject, SubjectKind
from app.model.history import CheckCounts, ControlPoint, Document, Scan, ScanRecord
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import Coverage, KindCoverage, Snapshot, SnapshotObject, SourceInfo, SourceKind
from app.resources import resource
from app.store import PostgresStore, create_engine, migrate, open_database

T = TypeVar("T")
CLUSTER = "bench"
CHURN = 0.02
CHECK = "workload-without-policy"
START = datetime(2026, 1, 1, 2, tzinfo=UTC)
PODS = GroupKind("", "Pod")
FRAMEWORKS = ("pci-dss-4.0.1", "hipaa-security-rule", "soc2-2017")
CONTROLS = 60
STATES = list(ControlState)


class Cluster:
    """Pods that change from night to night, the same way each time."""

    def __init__(self, size: int) -> None:
        self.rng = random.Random(20260101)
        self.size = size
        self.names = list(range(size))
        self.versions = dict.fromkeys(self.names, 0)
        self.objects = {name: self._pod(name) for name in self.names}

    def pass_night(self) -> None:
        for name in self.rng.sample(self.names, int(self.size * CHURN * 0.9)):
            self.versions[name] += 1
            self.objects[name] = self._pod(name)
        for name in self.rng.sample(self.names, int(self.size * CHURN * 0.1)):
            self.names.remove(name)
            del self.objects[name]
            new = max(self.versions) + 1
            self.names.append(new)
            self.versions[new] = 0
            self.objects[new] = self._pod(new)

    def snapshot(self, at: datetime) -> Snapshot:
        objects = tuple(sorted(self.objects.values(), key=lambda item: item.ref))
        kind = KindCoverage(PODS, "v1", Coverage.COMPLETE, len(objects), resource_version=str(at.timestamp()))
        return Snapshot(CLUSTER, at, SourceInfo(SourceKind.API, "bench"), objects, (kind,), ())

    def results(self) -> tuple[CheckResult, ...]:
        failing = [name for name in self.names if name % 20 == 0]
        return tuple(
            CheckResult(
                check=CHECK,
                subject=Subject(SubjectKind.WORKLOAD, f"shop/app-{name}[Deployment]", "shop"),
                outcome=Outcome.FAIL,
                strength=Strength.EFFECTIVE,
                says=f"every pod of the cluster can reach shop/app-{name}",
                why=("no policy selects its pods", f"its labels are those of version {self.versions[name]}"),
                remedy="add a NetworkPolicy that selects it",
                severity=Severity.HIGH,
            )
            for name in failing
        )

    def _pod(self, name: int) -> SnapshotObject:
        rng = random.Random(name * 1_000 + self.versions[name])
        app = f"app-{name % 400}"
        containers = [
            {
                "name": f"{app}-{index}",
                "image": f"registry.example.com/shop/{app}@sha256:{rng.randbytes(32).hex()}",
                "ports": [{"containerPort": 8000 + index, "name": f"http-{index}", "protocol": "TCP"}],
                "env": [{"name": f"SETTING_{number}", "value": "<redacted>"} for number in range(14)],
                "resources": {"limits": {"cpu": "500m", "memory": "512Mi"}, "requests": {"cpu": "100m"}},
                "securityContext": {"runAsNonRoot": True, "readOnlyRootFilesystem": True},
            }
            for index in range(2)
        ]
        body = canonical_json(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"pod-{name:07}",
                    "namespace": "shop",
                    "uid": rng.randbytes(16).hex(),
                    "labels": {"app": app, "pod-template-hash": rng.randbytes(5).hex()},
                },
                "spec": {"containers": containers, "nodeName": f"node-{rng.randrange(200)}"},
                "status": {
                    "phase": "Running",
                    "podIP": f"10.{name % 250}.{name // 250 % 250}.{rng.randrange(250)}",
                },
            }
        )
        return SnapshotObject(ObjectRef("", "Pod", "shop", f"pod-{name:07}"), body, digest(body))


def record(cluster: Cluster, at: datetime, night: int) -> ScanRecord:
    results = cluster.results()
    points = tuple(
        ControlPoint(
            scan=0,
            taken_at=at,
            framework=framework,
            framework_digest=digest(framework.encode()),
            control=f"{index // 10}.{index % 10}",
            state=STATES[(index + night // 30) % len(STATES)],
            contrary=False,
            passed=night,
            failed=index,
            excepted=0,
            undecided=0,
        )
        for framework in FRAMEWORKS
        for index in range(CONTROLS)
    )
    counts = tuple(
        CheckCounts(
            CHECK if number == 0 else f"check-{number}",
            ((Outcome.FAIL, len(results)),),
            population_complete=True,
        )
        for number in range(51)
    )
    documents = (
        Document("scope.yaml", b"rules: []\n"),
        Document("context.json", canonical_json({"night": night})),
    )
    return ScanRecord(CLUSTER, at, None, "bench", documents, results, (), counts, points, {})


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


@dataclass
class Year:
    """What writing it took: seconds by the clock, seconds of this process's processor, and plain bytes.

    `rows` and `pages` are what the server looked at for a night: they do not depend on what else the machine does.
    """

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    copies: int = 0


def looked_at(engine: Engine) -> tuple[int, int]:
    """Rows and pages of 8 KiB that the server has looked at so far in this database."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        connection.commit()
        rows, pages = connection.execute(
            text(
                "SELECT tup_returned + tup_fetched, blks_hit + blks_read FROM pg_stat_database"
                " WHERE datname = current_database()"
            )
        ).one()
    return int(rows), int(pages)


def write_year(engine: Engine, store: PostgresStore, cluster: Cluster, nights: int) -> Year:
    year = Year()
    for night in range(nights):
        if night:
            cluster.pass_night()
        at = START + timedelta(days=night)
        snapshot, judged = cluster.snapshot(at), record(cluster, at, night)
        year.copies += sum(len(item.body) for item in snapshot.objects)
        rows, pages = looked_at(engine)
        before = time.process_time()
        took, scan = timed(lambda snapshot=snapshot, judged=judged: store.save(judged, snapshot))
        year.processor.append(time.process_time() - before)
        more_rows, more_pages = looked_at(engine)
        year.rows.append(more_rows - rows)
        year.pages.append(more_pages - pages)
        year.seconds.append(took)
        year.scans.append(scan)
    return year


def print_nights(year: Year) -> None:
    """Tenths of the year: the clock tells what else the machine does, the processor less, rows and pages not at all."""
    print(f"save: first {year.seconds[0]:.2f} s, then median by tenth of the year")
    kinds: tuple[tuple[str, Sequence[float], float, str], ...] = (
        ("clock", year.seconds, 1e3, "ms"),
        ("processor", year.processor, 1e3, "ms"),
        ("rows", year.rows, 1, "looked at by the server"),
        ("pages", year.pages, 1, "of 8 KiB"),
    )
    for name, values, scale, unit in kinds:
        print(f"  {name:10}" + " ".join(f"{value * scale:6.0f}" for value in tenths(values)) + f" {unit}")


def tenths(values: Sequence[float]) -> list[float]:
    """Medians of the tenths, without the first night, which writes everything."""
    size = max(1, len(values) // 10)
    return [
        statistics.median(values[start : start + size]) for start in range(1, len(values) - size + 1, size)
    ]


def print_plans(engine: Engine, store: PostgresStore, night: Scan) -> None:
    """The plans of the queries that a night and a rebuild wait for."""
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    store.snapshot(night)
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql("EXPLAIN (ANALYZE, COSTS OFF) " + statement, parameters)
            print("\n".join(f"    {line[:150]}" for line in plan.scalars()))
            print()


def full_copies(engine: Engine, snapshot: Snapshot) -> float:
    """Bytes on disk for one night as JSONB rows, the way that needs no thought."""
    bodies = [item.body.decode() for item in snapshot.objects]
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE bench_copy (scan int, key text, body jsonb, PRIMARY KEY (scan, key))")
        )
        rows = [
            {"key": item.ref.key, "body": body} for item, body in zip(snapshot.objects, bodies, strict=True)
        ]
        connection.execute(text("INSERT INTO bench_copy VALUES (1, :key, CAST(:body AS jsonb))"), rows)
        size = connection.scalars(text("SELECT pg_total_relation_size('bench_copy')")).one()
        connection.execute(text("DROP TABLE bench_copy"))
    return float(size)


def print_sizes(engine: Engine, copy: float, nights: int) -> None:
    query = text(
        "SELECT relname, pg_total_relation_size(oid), reltuples::bigint FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"
    )
    with engine.connect() as connection:
        sizes = connection.execute(query).all()
    total = sum(size for _, size, _ in sizes)
    for name, size, rows in sizes[:9]:
        print(f"  {name:18} {size / 1e6:9.2f} MB {rows:>10} rows")
    print(
        f"  {'total':18} {total / 1e6:9.2f} MB; full JSONB copies {copy * nights / 1e6:.0f} MB: 1/{copy * nights / total:.0f}"
    )


def add_clusters(engine: Engine, clusters: int) -> None:
    """States of the same nights for more clusters, with as little of everything else as the schema allows."""
    statements = (
        "INSERT INTO cluster (name) SELECT 'bench-' || n FROM generate_series(2, :clusters) AS n",
        """INSERT INTO control_state
           SELECT c.id, s.scan, control_id, state, contrary, passed, failed, excepted, undecided
           FROM control_state s CROSS JOIN cluster c WHERE s.cluster_id = 1 AND c.id > 1 ORDER BY c.id, s.scan""",
        """INSERT INTO scan
           SELECT c.id, number, status, taken_at, recorded_at, slot, tool_version, snapshot_digest, results_digest,
                  previous_digest, digest, objects, gaps, reason, manifest_id, origins_id, streaks_id
           FROM scan s CROSS JOIN cluster c WHERE s.cluster_id = 1 AND c.id > 1""",
    )
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), {"clusters": clusters} if ":clusters" in statement else {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def print_trends(engine: Engine, store: PostgresStore, clusters: int) -> None:
    fleet = text(
        "SELECT s.cluster_id, s.scan, s.state FROM control_state s JOIN control c ON c.id = s.control_id"
        " WHERE c.framework = 'pci-dss-4.0.1' AND c.control = '1.3'"
    )
    with engine.connect() as connection:
        took = min(timed(lambda: connection.execute(fleet).all())[0] for _ in range(5))
        rows = len(connection.execute(fleet).all())
        plan = connection.scalars(text("EXPLAIN (ANALYZE, FORMAT TEXT) " + fleet.text)).all()
    print(f"trend of one control, {clusters} clusters: {took * 1e3:.1f} ms with transfer, {rows} rows")
    print("\n".join(f"    {line[:150]}" for line in plan))
    took = min(timed(lambda: store.points(CLUSTER, control="1.3"))[0] for _ in range(3))
    print(f"trend of one control, one cluster, through the store: {took * 1e3:.1f} ms")
    took = min(timed(lambda: store.points(CLUSTER))[0] for _ in range(3))
    print(
        f"trend of all {CONTROLS * len(FRAMEWORKS)} controls, one cluster, through the store: {took * 1e3:.1f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--objects", type=int, default=5_000)
    parser.add_argument("--clusters", type=int, default=50)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="netattest-bench-"))
    folder.chmod(0o711)
    with open_database(data_dir=folder / "data") as database:
        engine = create_engine(database.url)
        migrate.upgrade(engine, resource("migrations"))
        store, cluster = PostgresStore(engine), Cluster(wanted.objects)
        year = write_year(engine, store, cluster, wanted.nights)
        scans, copies = year.scans, year.copies
        print(
            f"{wanted.nights} nights x {wanted.objects} objects, {copies / wanted.nights / 1e6:.1f} MB plain a night"
        )
        print_nights(year)
        for scan in (scans[0], scans[len(scans) // 2], scans[-1]):
            took, _ = timed(lambda scan=scan: store.snapshot(scan))
            print(f"rebuild night {scan.number}: {took * 1e3:.0f} ms")
        took, changes = timed(lambda: store.object_changes(scans[-min(31, len(scans))], scans[-1]))
        print(f"changes over 30 nights: {len(changes)} in {took * 1e3:.0f} ms")
        took, lives = timed(lambda: store.findings(scans[-1], closed_since=1))
        print(f"findings at the last night: {len(lives)} in {took * 1e3:.0f} ms")
        took, _ = timed(lambda: store.context(CLUSTER, START + timedelta(days=wanted.nights)))
        print(f"context with the chain of {wanted.nights} records: {took * 1e3:.0f} ms")
        took, found = timed(store.check)
        print(f"full check: {took:.1f} s for {found.blobs} bodies, {len(found.problems)} problems")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        print("plans of rebuilding the night in the middle:")
        print_plans(engine, store, scans[len(scans) // 2])
        print_sizes(engine, full_copies(engine, cluster.snapshot(START)), wanted.nights)
        add_clusters(engine, wanted.clusters)
        print_trends(engine, store, wanted.clusters)
        engine.dispose()
    print(f"data folder: {folder}; remove it when you are done")


if __name__ == "__main__":
    main()
