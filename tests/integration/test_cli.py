"""The commands as a person runs them: a real database, real manifests, and processes of their own where that is the point."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app.model.history import ScanStatus, SlotStatus
from tests import command
from tests.apiserver import TOKEN, ApiServer, forbidden

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "examples/harbour/cluster"
CHANGE = ROOT / "examples/harbour/changes/patients-egress.yaml"  # a namespace closes its egress
OPEN = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIPs: [{ip: 10.1.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
status: {phase: Running, podIPs: [{ip: 10.1.0.2}]}
"""
CLOSED = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
BROKEN = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: [not, a, name]}\n"


@pytest.fixture
def url(database_url):
    return database_url.render_as_string(hide_password=False)


@pytest.fixture
def folder(tmp_path):
    """A folder with manifests, in which a command runs."""
    (tmp_path / "open.yaml").write_text(OPEN)
    (tmp_path / "closed.yaml").write_text(CLOSED)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    return tmp_path


@pytest.fixture
def netattest(folder, url):
    """Run `netattest …`; answers with how it ended."""

    def run(*arguments, **settings):
        given = {"NETATTEST_DATABASE_URL": url, **settings}
        return command.run(*arguments, folder=folder, settings=given)

    return run


@pytest.fixture
def process(folder, url):
    """The same as a process of its own: what a command keeps in memory, and codes as a shell sees them."""

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NETATTEST_DATABASE_URL": url}
        given = [sys.executable, "-W", "error", "-m", "app", *(str(item) for item in arguments)]
        return subprocess.run(given, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    return run


def document(ended):
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout)


def test_two_nights_from_scan_to_report(process, netattest, tmp_path):
    first = process("scan", "--cluster", "shop", "--from", CLUSTER, "--taken-at", "2026-11-20", "--json")
    assert first.returncode == 0, first.stderr
    night = document(first)
    assert (night["schema"], night["scan"]["number"], night["scan"]["status"]) == (
        "netattest/scan/v1",
        1,
        "complete",
    )
    assert night["findings"]["open"]["high"] > 0

    second = process("scan", "--cluster", "shop", "--from", CLUSTER, CHANGE, "--taken-at", "2026-11-21")
    assert second.returncode == 0, second.stderr
    assert "Scan 2 of shop, taken 2026-11-21 00:00 UTC: complete" in second.stdout
    assert "since scan 1: 0 new" in second.stdout

    changes = document(netattest("diff", "--cluster", "shop", 1, 2, "--json"))
    assert {(item["object"], item["change"]) for item in changes["objects"]} >= {
        ("NetworkPolicy patients/default-deny-egress", "added")
    }
    closed = {
        (row["source"], row["destination"]) for row in changes["connections"] if row["change"] == "closed"
    }
    assert ("patients/portal[Deployment]", "analytics/metabase[Deployment]") in closed

    before, after = (
        {
            item["fingerprint"]
            for item in document(netattest("findings", "--cluster", "shop", "--scan", n, "--json"))[
                "findings"
            ]
        }
        for n in (1, 2)
    )
    assert before - after, "closing a namespace closes findings"
    assert {item["fingerprint"] for item in changes["findings"]["closed"]} == before - after

    course = document(netattest("trend", "--cluster", "shop", "--framework", "soc2", "--json"))
    assert [point["scan"] for point in course["frameworks"][0]["points"]] == [1, 2]

    arguments = ("report", "--cluster", "shop", "--framework", "soc2", "--format", "html,json,csv")
    made = document(process(*arguments, "--output", "a", "--json"))
    again = document(process(*arguments, "--output", "b", "--json"))
    digests = [item["sha256"] for item in made["files"]]
    assert digests == [item["sha256"] for item in again["files"]]
    assert digests == [
        hashlib.sha256((tmp_path / item["path"]).read_bytes()).hexdigest() for item in made["files"]
    ]
    assert {Path(item["path"]).suffix for item in made["files"]} == {".html", ".json", ".csv"}

    assert netattest("db", "check").returncode == 0


def test_a_stored_scan_answers_like_its_manifests(netattest):
    netattest("scan", "--cluster", "shop", "--from", "open.yaml", "closed.yaml")
    stored = document(netattest("reach", "--cluster", "shop", "--json"))
    assert stored == document(netattest("reach", "--from", "open.yaml", "closed.yaml", "--json"))
    told = netattest("explain", "web", "db", "--port", "5432", "--cluster", "shop").stdout
    assert "shop/web[Pod] → shop/db[Pod], TCP 5432: DENIED" in told


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("open.yaml", "--fail-on", "high"), 1),
        (("open.yaml", "--fail-on", "critical"), 0),
        (("open.yaml", "broken.yaml"), 3),
        (("open.yaml", "broken.yaml", "--fail-on", "high"), 3),
        (("broken.yaml",), 2),
    ],
    ids=[
        "threshold met",
        "threshold not met",
        "incomplete",
        "incomplete comes before the threshold",
        "nothing read",
    ],
)
def test_exit_codes_of_a_scan(process, arguments, code):
    ended = process("scan", "--cluster", "shop", "--from", *arguments)
    assert ended.returncode == code, ended.stderr
    if "--fail-on" in arguments:
        assert "--fail-on" in ended.stdout
    if code == 3:
        assert "broken.yaml" in ended.stdout


def test_a_cluster_that_cannot_be_reached_ends_with_4_and_leaves_a_failed_scan(netattest, tmp_path, store):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    (tmp_path / "kubeconfig").write_text(
        "{apiVersion: v1, kind: Config, current-context: a, users: [{name: a, user: {token: s3cret}}],"
        f" clusters: [{{name: a, cluster: {{server: 'http://127.0.0.1:{port}'}}}}],"
        " contexts: [{name: a, context: {cluster: a, user: a}}]}"
    )
    ended = netattest(
        "scan", "--cluster", "shop", "--kubeconfig", "kubeconfig", NETATTEST_COLLECT__ATTEMPTS="1"
    )
    assert ended.returncode == 4, ended.stderr
    assert "next step:" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "s3cret" not in ended.stderr
    (scan,) = store.scans("shop")
    assert scan.status is ScanStatus.FAILED


KUBECONFIG = (
    "{apiVersion: v1, kind: Config, current-context: a, users: [{name: a, user: {token: t}}],"
    " clusters: [{name: a, cluster: {server: 'http://127.0.0.1:9'}}], contexts: [{name: a, context: {cluster: a, user: a}}]}"
)
WRONG = {
    "a path that is not there": (("--from", "typo.yaml"), "typo.yaml does not exist"),
    "a folder without manifests": (("--from", "empty"), "no Kubernetes object could be read from empty"),
    "a file without manifests": (
        ("--from", "notes.txt"),
        "no Kubernetes object could be read from notes.txt",
    ),
    "a path below a file": (("--from", "notes.txt/x"), "notes.txt/x cannot be read: Not a directory"),
    "a context that is not there": (("--kubeconfig", "good", "--context", "prdo"), "prdo"),
    "a kubeconfig that is not there": (("--kubeconfig", "gone"), "gone"),
    "a kubeconfig that does not parse": (("--kubeconfig", "notes.txt"), "notes.txt"),
    "no pod around it": (("--in-cluster",), "Service host/port is not set"),
    "settings that are not there": (("--from", "open.yaml", "--config", "gone.yaml"), "gone.yaml"),
    "settings that do not parse": (("--from", "open.yaml", "--config", "bad.yaml"), "bad.yaml"),
    "a scope that does not parse": (("--from", "open.yaml", "--config", "scoped.yaml"), "scope.yaml"),
}


@pytest.mark.parametrize(("arguments", "says"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_refused_and_leaves_no_run(netattest, store, tmp_path, arguments, says):
    (tmp_path / "empty").mkdir()
    files = {
        "notes.txt": "a: [",
        "good": KUBECONFIG,
        "bad.yaml": "a: [",
        "scoped.yaml": "documents: {scope: bad.yaml}",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    ended = netattest("scan", "--cluster", "shop", *arguments)
    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr
    assert "next step:" in ended.stderr
    assert store.scans("shop") == ()


def test_a_night_that_finds_wrong_input_is_recorded(netattest, store):
    slot = "2026-11-20T02:15:00Z"
    assert netattest("scan", "--cluster", "shop", "--from", "typo.yaml", "--slot", slot).returncode == 2
    (scan,) = store.scans("shop")
    (recorded,) = store.slots("shop", scan.slot, scan.slot)
    assert (scan.status, recorded.status) == (ScanStatus.FAILED, SlotStatus.FAILED)
    assert "typo.yaml does not exist" in recorded.reason


KUBE_SYSTEM = "{{apiVersion: v1, kind: Namespace, metadata: {{name: kube-system, uid: {uid}}}}}"


def test_another_cluster_under_an_old_name_is_told_by_scan_trend_diff_and_report(netattest, tmp_path):
    said = []
    for number, uid in enumerate(("a-1", "", "b-2"), start=1):
        (tmp_path / "now.yaml").write_text(KUBE_SYSTEM.format(uid=uid or '""'))
        taken = f"2026-01-0{number}T02:00:00Z"
        ended = netattest("scan", "--cluster", "shop", "--from", "open.yaml", "now.yaml", "--taken-at", taken)
        assert ended.returncode == 0, ended.stderr
        said.append("warning: Another cluster answers from here on" in ended.stdout)
    assert said == [False, False, True]

    diffs = [netattest("diff", "--cluster", "shop", "1", number).stdout for number in ("2", "3")]
    assert ["The two scans are of two clusters" in text for text in diffs] == [False, True]
    assert "cluster.json" not in "".join(diffs)
    trend = json.loads(
        netattest("trend", "--cluster", "shop", "--framework", "soc2-tsc-2017", "--json").stdout
    )
    points = trend["frameworks"][0]["points"]
    told = [any("has another UID than in scan 1" in item for item in point["breaks"]) for point in points]
    assert told == said
    ended = netattest(
        *(
            "report",
            "--cluster",
            "shop",
            "--framework",
            "soc2-tsc-2017",
            "--format",
            "html,bundle",
            "--output",
            "out",
        )
    )
    assert ended.returncode == 0, ended.stderr
    (page,) = (tmp_path / "out").glob("*.html")
    assert "Another cluster answers from here on" in page.read_text()
    assert (
        "Another cluster answers to this name from this scan on: it is compared with none" in page.read_text()
    )
    assert netattest("verify", "out").returncode == 0, "cluster.json is part of the evidence"


def test_history_begins_anew_with_another_cluster(netattest, tmp_path):
    """Nothing that was known of the cluster before makes a finding older, a streak longer or a night a change."""
    idle = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: idle, namespace: shop},"
    (tmp_path / "idle.yaml").write_text(f"{idle} spec: {{podSelector: {{matchLabels: {{app: nothing}}}}}}}}")
    said = []
    for number, uid in enumerate("aabb", start=1):
        (tmp_path / "now.yaml").write_text(KUBE_SYSTEM.format(uid=uid))
        taken = f"2026-01-0{number}T02:00:00Z"
        files = ("--from", "open.yaml", "now.yaml", "idle.yaml")
        ended = netattest("scan", "--cluster", "shop", *files, "--taken-at", taken, "--json")
        assert ended.returncode == 0, ended.stderr
        said.append(json.loads(ended.stdout)["findings"]["compared_with"])
    assert said == [None, 1, None, 3]

    told = json.loads(netattest("findings", "--cluster", "shop", "--json").stdout)
    found = told["findings"]
    assert told["another_cluster_since"] == 3
    assert {item["first_seen"]["at"][:10] for item in found} == {"2026-01-03"}
    assert "policy-selects-nothing" not in {item["check"] for item in found}, (
        "two nights of three in this cluster"
    )
    before = json.loads(netattest("findings", "--cluster", "shop", "--scan", "2", "--json").stdout)[
        "findings"
    ]
    assert {item["first_seen"]["at"][:10] for item in before} == {"2026-01-01"}
    history = json.loads(netattest("history", "--cluster", "shop", "--json").stdout)
    assert history["another_cluster_since"] == 3
    assert {item["first_seen"][:10] for item in history["exposures"]} == {"2026-01-03"}
    for name in ("history", "findings"):
        (line,) = (
            item for item in netattest(name, "--cluster", "shop").stdout.splitlines() if "Another" in item
        )
        assert "since scan 3 of 2026-01-03" in line
        assert "`netattest findings --scan 2`" in line
    assert "Another" not in netattest("findings", "--cluster", "shop", "--scan", "2").stdout

    period = ("--framework", "soc2", "--period", "2026-01-01..2026-01-04", "--format", "json,html")
    ended = netattest("report", "--cluster", "shop", *period, "--output", "period")
    assert ended.returncode == 0, ended.stderr
    (body,) = (tmp_path / "period").glob("*.json")
    deviations = json.loads(body.read_text())["deviations"]
    assert {(item["openedIn"], item["openedAt"][:10], item["opening"]) for item in deviations} == {
        (1, "2026-01-01", 1),
        (3, "2026-01-03", 1),
    }
    for item in deviations:
        assert item["closedAt"] is None
        assert (item["anotherClusterAt"] or "")[:10] == ("2026-01-03" if item["openedIn"] == 1 else "")
        assert (item["days"], item["causes"], item["cleanBefore"]) == (
            2 if item["openedIn"] == 1 else 1,
            [],
            None,
        )


def test_a_slot_is_scanned_once_however_often_it_is_asked_for(netattest, store):
    arguments = ("scan", "--cluster", "shop", "--from", "open.yaml", "--slot", "2026-11-20T02:15:00Z")
    assert netattest(*arguments).returncode == 0
    again = netattest(*arguments)
    assert again.returncode == 0
    assert "recorded before; nothing was done" in again.stdout
    (scan,) = store.scans("shop")
    (slot,) = store.slots("shop", scan.slot, scan.slot)
    assert (slot.status, slot.scan) == (SlotStatus.DONE, 1)


def test_a_slot_whose_scan_could_not_begin_is_recorded_as_failed(netattest, store, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "netattest.yaml").write_text("documents: {scope: missing.yaml}")
    slot = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
    ended = netattest("scan", "--cluster", "shop", "--from", "open.yaml", "--slot", slot.isoformat())
    assert ended.returncode == 2
    (recorded,) = store.slots("shop", slot, slot)
    assert recorded.status is SlotStatus.FAILED
    assert "missing.yaml cannot be read" in recorded.reason


def test_a_database_that_is_not_there_ends_with_4_and_never_shows_its_password(netattest):
    ended = netattest(
        "findings", "--cluster", "shop", "--database-url", "postgresql://me:hunter2@127.0.0.1:1/x"
    )
    assert ended.returncode == 4
    assert "could not be reached" in ended.stderr
    assert "hunter2" not in ended.stderr + ended.stdout


def test_a_database_url_that_cannot_be_read_is_wrong_usage(netattest):
    for url in ("nonsense", "mysql://me:hunter2@db/x", "postgresql://me:hunter2@db:port/x"):
        ended = netattest("findings", "--cluster", "shop", "--database-url", url)
        assert ended.returncode == 2, (url, ended.stderr)
        assert "write postgresql://user:password@host:5432/database" in ended.stderr
        assert "hunter2" not in ended.stderr


def test_a_cluster_name_that_cannot_stand_in_a_file_name_is_refused(netattest):
    for name in ("a/b", "../shop", "x\x1b[31m", "x" * 101):
        ended = netattest("scan", "--cluster", name, "--from", "open.yaml")
        assert ended.returncode == 2, (name, ended.stderr)
        assert "cannot be the name of a cluster" in ended.stderr
        assert "\x1b" not in ended.stderr


def test_an_empty_database_wants_an_upgrade_and_gets_it_once(netattest, engine):
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    refused = netattest("scan", "--cluster", "shop", "--from", "open.yaml")
    assert refused.returncode == 4
    assert "netattest db upgrade" in refused.stderr
    assert "revision none" in netattest("db", "current").stdout
    assert "revision none →" in netattest("db", "upgrade").stdout
    assert "already" in netattest("db", "upgrade").stdout
    assert netattest("scan", "--cluster", "shop", "--from", "open.yaml").returncode == 0


def test_evidence_that_was_changed_ends_with_5(netattest, engine):
    netattest("scan", "--cluster", "shop", "--from", "open.yaml")
    with engine.begin() as connection:
        connection.execute(
            text("SET LOCAL session_replication_role = replica")
        )  # past the append-only triggers
        connection.execute(text("UPDATE scan SET tool_version = 'forged'"))
    ended = netattest("db", "check")
    assert ended.returncode == 5
    assert "scan 1 of shop does not match its digest" in ended.stderr


def test_what_does_not_exist_is_named_with_what_does(netattest):
    netattest("scan", "--cluster", "shop", "--from", "open.yaml")
    for arguments, says in {
        ("findings", "--cluster", "shpo"): "shop",
        ("findings", "--cluster", "shop", "--scan", "7"): "scan",
        ("report", "--cluster", "shop", "--framework", "iso"): "pci-dss-4.0.1",
        ("findings", "--cluster", "shop", "--check", "pod-without-ingress"): "pod-without-ingress-isolation",
        ("trend", "--cluster", "shpo"): "shop",
        ("trend", "--cluster", "shop", "--framework", "iso"): "pci-dss-4.0.1",
        ("trend", "--cluster", "shop", "--control", "99"): "no scan of this time has a control 99",
    }.items():
        ended = netattest(*arguments)
        assert ended.returncode == 2, (arguments, ended.stderr)
        assert says in ended.stderr


def test_a_reader_that_goes_away_is_no_error(folder):
    piped = f"{sys.executable} -m app reach --from open.yaml --json | head -c 1; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        ["bash", "-c", piped], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "{")
    assert "BrokenPipe" not in ended.stderr


def test_the_doctor_looks_at_everything_and_ends_with_the_first_failure(netattest, tmp_path):
    well = netattest("doctor", "--json")
    results = {line["part"]: line["result"] for line in document(well)["checks"]}
    assert results == {
        "documents": "ok",
        "scope": "warn",
        "schedule": "warn",
        "database": "ok",
        "clock": "ok",
        "fonts": "ok",
        "pdf": "ok",
        "cluster": "warn",
    }
    assert well.returncode == 0

    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "scope.yaml").write_text("nonsense: true")
    (tmp_path / "config" / "schedule.yaml").write_text("clusters: [{name: a, cron: daily}]")
    ill = netattest("doctor", "--database-url", "postgresql://me@127.0.0.1:1/x")
    assert ill.returncode == 2
    failed = [line.split(":")[0].split()[1] for line in ill.stdout.split("\n") if line.startswith("fail")]
    assert failed == ["documents", "schedule", "database"]


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}


def test_a_refused_list_is_a_gap_with_the_rule_that_grants_it_and_ends_with_3(netattest, tmp_path):
    with ApiServer([NAMESPACE], faults=[forbidden("networkpolicies")]) as server:
        config = server.kubeconfig(tmp_path / "kubeconfig")
        ended = netattest("scan", "--cluster", "live", "--kubeconfig", config)
    assert ended.returncode == 3, ended.stderr
    assert "partial" in ended.stdout
    assert "networkpolicies" in ended.stdout
    assert 'verbs: ["list"]' in ended.stdout
    assert TOKEN not in ended.stdout + ended.stderr


def test_the_doctor_names_kinds_that_may_not_be_read_and_what_depends_on_them(netattest, tmp_path):
    with ApiServer([NAMESPACE], faults=[forbidden("networkpolicies")]) as server:
        config = server.kubeconfig(tmp_path / "kubeconfig")
        ended = netattest("doctor", "--kubeconfig", config)
    assert ended.returncode == 3, ended.stderr
    (line,) = [line for line in ended.stdout.split("\n") if line.startswith("fail")]
    assert line.startswith("fail  permission: NetworkPolicy.networking.k8s.io may not be read")
    assert "namespace-without-default-deny-ingress" in line
    assert '      - apiGroups: ["networking.k8s.io"]' in ended.stdout
