"""From nothing to evidence in the hands of others: `netattest run`, an empty database, an example cluster behind an API server."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3
import pytest
import yaml

from app.deliver import verify_signature
from tests.apiserver import ApiServer
from tests.integration.test_run import free_port, get, until
from tests.receivers import PASSWORD, USER, Authority, http_server, mail_server, s3_server

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE = """
clusters:
  - {name: breakwater, cron: "* * * * *", kubeconfig: kubeconfig, frameworks: [soc2-tsc-2017], formats: [json], output: out}
  - {name: elsewhere, cron: "* * * * *", kubeconfig: nothing, formats: []}
"""
DELIVERIES = """
channels:
  - name: team
    kind: mail
    host: localhost
    port: {mail}
    from: netattest@example.com
    to: [team@example.com]
    user: {user}
    password: {{file: smtp-password}}
    trust_anchors: ../anchors.pem
    send: always
    formats: [pdf]
  - name: siem
    kind: webhook
    url: {{env: HOOK_URL}}
    secret: {{env: HOOK_SECRET}}
    trust_anchors: ../anchors.pem
    send: always
  - name: archive
    kind: s3
    bucket: evidence
    endpoint: {s3}
    region: us-east-1
    lock: compliance
    retain: 365d
    formats: [bundle]
  - {{name: chat, kind: slack, url: {{env: SLACK_URL}}, trust_anchors: ../anchors.pem}}
  - {{name: rooms, kind: teams, url: {{env: TEAMS_URL}}, trust_anchors: ../anchors.pem}}
  - {{name: watchman, kind: heartbeat, url: {{env: WATCHMAN_URL}}, trust_anchors: ../anchors.pem}}
"""


CHANNELS = {"team", "siem", "archive", "chat", "rooms", "watchman"}


def example():
    files = sorted((ROOT / "examples/breakwater/cluster").rglob("*.yaml"))
    found = [item for path in files for item in yaml.safe_load_all(path.read_text()) if item]
    return [part for item in found for part in (item["items"] if item["kind"].endswith("List") else [item])]


@pytest.fixture
def home():
    """An empty place that the embedded server's own user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="netattest-cold-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def parties(home, monkeypatch):
    """Mailbox, signed hook, S3 client, both chats and a dead man's switch: real servers that the service delivers to."""
    authority = Authority(home)
    with (
        mail_server(authority) as (box, port),
        http_server(authority) as hook,
        http_server(authority) as chat,
        http_server(authority) as rooms,
        http_server(authority) as watchman,
        s3_server(monkeypatch) as store_url,
    ):
        client = boto3.client("s3", endpoint_url=store_url, region_name="us-east-1")
        client.create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True)
        _ = authority.anchors
        config = home / "config"
        config.mkdir()
        (config / "schedule.yaml").write_text(SCHEDULE)
        (config / "smtp-password").write_text(f"{PASSWORD}\n")
        (config / "deliveries.yaml").write_text(DELIVERIES.format(mail=port, user=USER, s3=store_url))
        monkeypatch.setenv("HOOK_URL", hook.url)
        monkeypatch.setenv("HOOK_SECRET", "opensesame-hook")
        for name, told in (("SLACK_URL", chat), ("TEAMS_URL", rooms), ("WATCHMAN_URL", watchman)):
            monkeypatch.setenv(name, told.url)
        yield box, hook, client, chat, rooms, watchman
        client.close()


def of(cluster, hook):
    """What the hook was told of a cluster."""
    return [item for item in hook.requests if json.loads(item[1])["cluster"] == cluster]


def test_a_service_that_starts_from_nothing_ends_with_evidence_handed_over_and_its_numbers(home, parties):
    box, hook, client, *posts = parties
    config, port = home / "config", free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NETATTEST_")},
        "PYTHONPATH": str(ROOT),
        "NETATTEST_DATA_DIR": str(home / "data"),
        "NETATTEST_SERVICE__PORT": str(port),
    }
    with ApiServer(example()) as server:
        server.kubeconfig(config / "kubeconfig")
        command = [sys.executable, "-m", "app", "run", "--json"]
        with (home / "log").open("w") as log:
            service = subprocess.Popen(command, cwd=home, env=environment, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            until(lambda: get(f"{url}/readyz") == "ok\n", 120)
            assert get(f"{url}/healthz") == "ok\n"
            until(lambda: list((config / "out").glob("*.json")), 300)
            until(lambda: 'status="failed"} 1.0' in get(f"{url}/metrics"), 60)
            until(lambda: handed_over(get(f"{url}/metrics")) == CHANNELS, 300)
            numbers = get(f"{url}/metrics")
        finally:
            service.send_signal(signal.SIGTERM)
            code = service.wait(60)
    assert code == 0
    _check_numbers(numbers)
    _check_log((home / "log").read_text())
    _check_deliveries(box, hook, client)
    _check_posts(*posts)


def handed_over(numbers):
    return set(
        re.findall(
            r'netattest_deliveries_total\{channel="(\w+)",cluster="breakwater",status="delivered"\}', numbers
        )
    )


def _check_deliveries(box, hook, client):
    mail = next(item for item in box.mails if item["Subject"].startswith("breakwater: First scan: "))
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content().startswith(b"%PDF-")
    headers, body = of("breakwater", hook)[0]
    assert verify_signature(headers["Netattest-Signature"], body, b"opensesame-hook", int(time.time()))
    assert not verify_signature(headers["Netattest-Signature"], body, b"another secret", int(time.time()))
    kept = client.list_objects_v2(Bucket="evidence", Prefix="breakwater/scan-1/")["Contents"]
    assert [item["Key"].endswith(".bundle.zip") for item in kept] == [True]
    locked = client.get_object(Bucket="evidence", Key=kept[0]["Key"])
    assert locked["ObjectLockMode"] == "COMPLIANCE"
    assert locked["Body"].read(2) == b"PK"


def _check_posts(chat, rooms, watchman):
    said = next(json.loads(body) for _, body in chat.requests if b"breakwater: First scan: " in body)
    assert said["blocks"][0]["type"] == "header"
    said = next(json.loads(body) for _, body in rooms.requests if b"breakwater: First scan: " in body)
    assert said["type"] == "message"
    assert said["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert {body for _, body in watchman.requests} == {b"{}"}  # and none for the cluster that has no scan


def _check_numbers(numbers):
    assert "netattest_leading 1.0" in numbers
    (objects,) = re.findall(r'netattest_last_scan_objects{cluster="breakwater"} (\S+)', numbers)
    assert float(objects) >= len(example()) > 10
    for line in (
        'netattest_slots_total{cluster="breakwater",status="done"}',
        'netattest_last_scan_timestamp_seconds{cluster="breakwater"}',
        'netattest_stage_duration_seconds{cluster="breakwater",stage="judge"}',
        'netattest_failures{cluster="breakwater",severity="high"}',
        'netattest_alerts_total{cluster="elsewhere",status="failed"}',  # whose failure touched nobody else
    ):
        assert line in numbers


def _check_log(log):
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    recorded = [
        line for line in lines if line["event"] == "slot recorded" and line["cluster"] == "breakwater"
    ]
    assert recorded[0]["status"] == "done"
    events = {line["event"] for line in lines if line.get("run") == recorded[0]["run"]}
    assert events >= {"collect", "judge", "store", "slot recorded"}
    assert not [line for line in lines if line["event"].startswith("Traceback")]
