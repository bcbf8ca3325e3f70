"""`netattest schedule`: what a person sees and does, on a real database."""

import json

import pytest

from app.cli import main

MANIFESTS = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running}
"""
SCHEDULE = """
clusters:
  - {name: shop, cron: "0 2 * * *", from: [shop.yaml], formats: [json], frameworks: [soc2-tsc-2017], output: out}
  - {name: tools, cron: "0 4 * * *", from: [shop.yaml], formats: []}
"""


@pytest.fixture
def schedule(tmp_path, monkeypatch, capsys, database_url):
    """Calls a command; answers with exit code, JSON or words."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/schedule.yaml").write_text(SCHEDULE)
    (tmp_path / "config/shop.yaml").write_text(MANIFESTS)
    monkeypatch.setenv("NETATTEST_DATABASE_URL", database_url.render_as_string(hide_password=False))

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["schedule", *arguments, "--json"])
        said = capsys.readouterr()
        try:
            return ended.value.code, json.loads(said.out)
        except json.JSONDecodeError:
            return ended.value.code, said.out + said.err

    return call


def by_name(listed):
    return {row["cluster"]: row for row in listed["clusters"]}


def test_a_pause_is_seen_with_who_and_why_until_it_is_resumed(schedule):
    assert schedule("pause", "shop", "--why", "upgrade", "--who", "ada")[0] == 0
    _, listed = schedule("list")
    assert by_name(listed)["shop"]["note"] == "paused by ada: upgrade"
    assert by_name(listed)["shop"]["next"] == ""
    code, said = schedule("pause", "shop", "--why", "again")
    assert (code, "paused already by ada: upgrade" in said) == (2, True)
    assert schedule("resume", "shop")[0] == 0
    assert by_name(schedule("list")[1])["shop"]["next"].endswith("T02:00Z")
    assert schedule("resume", "shop")[0] == 2


def test_a_pause_needs_a_reason_and_a_cluster_that_is_known(schedule):
    assert schedule("pause", "shop")[0] == 2
    code, said = schedule("pause", "shpo", "--why", "upgrade")
    assert (code, "shop, tools" in said) == (2, True)


def test_the_next_slots_come_in_their_order(schedule):
    slots = schedule("next", "--count", "4")[1]["slots"]
    assert len(slots) == 4
    assert slots == sorted(slots, key=lambda row: row["begins"])
    assert {row["cluster"] for row in slots} == {"shop", "tools"}


def test_a_run_now_that_could_not_read_everything_ends_with_3_but_not_the_run_of_a_slot(schedule, tmp_path):
    with (tmp_path / "config/shop.yaml").open("a") as out:
        out.write("---\n{apiVersion: v1, kind: Pod, metadata: {name: [], namespace: shop}}\n")
    assert schedule("run-now", "tools")[0] == 3
    assert schedule("run-now", "tools", "--slot", "2026-01-04T02:00Z")[0] == 0  # its record tells


def test_a_run_now_stores_a_scan_and_makes_its_reports(schedule, store, tmp_path):
    assert schedule("run-now", "shop") == (
        0,
        {"schema": "netattest/run/v1", "cluster": "shop", "scan": 1},
    )
    assert [path.suffix for path in (tmp_path / "config/out").iterdir()] == [".json"]
    assert store.scan("shop").slot is None


def test_a_run_for_a_slot_comes_once_and_leaves_what_follows_to_the_service(schedule, store, tmp_path):
    slot = "2026-01-05T02:00:00Z"
    assert schedule("run-now", "shop", "--slot", slot)[1]["scan"] == 1
    code, said = schedule("run-now", "shop", "--slot", slot)
    assert (code, "was recorded before" in said) == (0, True)
    assert len(store.scans("shop")) == 1
    assert not (tmp_path / "config/out").exists()
