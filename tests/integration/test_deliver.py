"""`netattest deliver` over every kind of channel at once, each a real server; what is told, what is not, and how often."""

import json
import time

import boto3
import pytest

from app.deliver import verify_signature
from tests import command
from tests.receivers import PASSWORD, USER, Authority, http_server, mail_server, s3_server

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}
spec: {{containers: [{{name: c, image: i}}]}}
status: {{phase: Running}}
"""
SCOPE = """
owner: security@example.com
reviewed_on: 2026-01-01
rules:
  - {id: shop, namespaces: [shop], zone: cde}
"""
CHANNELS = """
channels:
  - {{name: evidence, kind: folder, folder: out, formats: [json], frameworks: [soc2-tsc-2017]}}
  - {{name: grc, kind: grc, folder: inbox, formats: [oscal], frameworks: [soc2-tsc-2017]}}
  - name: team
    kind: mail
    host: localhost
    port: {mail}
    from: netattest@example.com
    to: [team@example.com]
    user: {user}
    password: {{file: smtp-password}}
    trust_anchors: anchors.pem
    frameworks: [soc2-tsc-2017]
    formats: [csv]
  - {{name: siem, kind: webhook, url: {{env: HOOK_URL}}, secret: {{env: HOOK_SECRET}}, trust_anchors: anchors.pem}}
  - {{name: chat, kind: slack, url: {{env: CHAT_URL}}}}
  - name: archive
    kind: s3
    bucket: evidence
    endpoint: {s3}
    region: us-east-1
    lock: governance
    retain: 365d
    formats: [bundle]
    frameworks: [soc2-tsc-2017]
"""


@pytest.fixture
def parties(tmp_path, monkeypatch):
    """Mailbox, signed hook, chat hook and S3 client, and a settings file that names them all."""
    authority = Authority(tmp_path)
    with (
        mail_server(authority) as (box, port),
        http_server(authority) as hook,
        http_server() as chat,
        s3_server(monkeypatch) as store_url,
    ):
        client = boto3.client("s3", endpoint_url=store_url, region_name="us-east-1")
        client.create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True)
        _ = authority.anchors
        (tmp_path / "smtp-password").write_text(f"{PASSWORD}\n")
        (tmp_path / "deliveries.yaml").write_text(CHANNELS.format(mail=port, user=USER, s3=store_url))
        (tmp_path / "netattest.yaml").write_text("{}\n")
        monkeypatch.setenv("HOOK_URL", hook.url)
        monkeypatch.setenv("HOOK_SECRET", "opensesame-hook")
        monkeypatch.setenv("CHAT_URL", chat.url)
        yield box, hook, chat, client
        client.close()


@pytest.fixture
def netattest(tmp_path, database_url):
    url = database_url.render_as_string(hide_password=False)

    def run(*arguments):
        given = (*arguments, "--config", tmp_path / "netattest.yaml")
        return command.run(*given, folder=tmp_path, settings={"NETATTEST_DATABASE_URL": url})

    return run


def night(netattest, tmp_path, *names):
    (tmp_path / "shop.yaml").write_text("---".join(POD.format(name=name) for name in names))
    done = netattest("scan", "--cluster", "prod", "--from", tmp_path / "shop.yaml")
    assert done.returncode == 0, done.stderr


def test_each_channel_gets_what_is_new_once(netattest, tmp_path, parties):
    box, hook, chat, client = parties
    night(netattest, tmp_path, "web")
    done = netattest("deliver", "--cluster", "prod")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("delivered") == 6

    (mail,) = box.mails
    assert mail["Subject"].startswith("prod: First scan: ")
    assert [item.get_filename().split("-")[1] for item in mail.iter_attachments()] == ["soc2"] * 1
    ((headers, body),) = hook.requests
    assert verify_signature(headers["Netattest-Signature"], body, b"opensesame-hook", int(time.time()))
    assert len(chat.requests) == 1
    kept = client.list_objects_v2(Bucket="evidence")["Contents"]
    assert [item["Key"].endswith(".bundle.zip") for item in kept] == [True]
    locked = client.get_object(Bucket="evidence", Key=kept[0]["Key"])
    assert locked["ObjectLockMode"] == "GOVERNANCE"
    receipt = json.loads((tmp_path / "inbox" / "prod" / "scan-1.drop.json").read_text())
    assert [item["name"].endswith(".oscal.json") for item in receipt["files"]] == [True]
    assert len(list((tmp_path / "out" / "prod").glob("*.json"))) == 1

    again = netattest("deliver", "--cluster", "prod")
    assert again.returncode == 0
    assert "Nothing to do" in again.stdout
    assert (len(box.mails), len(hook.requests), len(chat.requests)) == (1, 1, 1)


def test_a_quiet_night_is_told_to_nobody_and_still_handed_to_who_keeps_files(netattest, tmp_path, parties):
    box, hook, chat, _ = parties
    for _ in range(3):
        night(netattest, tmp_path, "web")
    done = netattest("deliver", "--cluster", "prod")
    assert done.returncode == 0, done.stderr
    assert (box.mails, hook.requests, chat.requests) == ([], [], [])
    listed = netattest("deliver", "--cluster", "prod", "--list", "--json")
    assert {item["channel"] for item in json.loads(listed.stdout)["deliveries"]} == {
        "archive",
        "evidence",
        "grc",
    }


def test_what_opened_overnight_is_said_first_and_a_dry_run_sends_nothing(netattest, tmp_path, parties):
    box, hook, *_ = parties
    (tmp_path / "scope.yaml").write_text(SCOPE)
    night(netattest, tmp_path, "web")
    night(netattest, tmp_path, "web", "job")
    dry = netattest("deliver", "--cluster", "prod", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "2 paths opened into cde overnight." in dry.stdout
    assert (box.mails, hook.requests) == ([], [])


def test_a_channel_without_its_secret_ends_with_2_one_that_is_down_with_4_and_both_are_tried_again(
    netattest, tmp_path, parties, monkeypatch
):
    _, _, chat, _ = parties
    night(netattest, tmp_path, "web")
    (tmp_path / "deliveries.yaml").write_text(
        "attempts: 1\nchannels:\n"
        "  - {name: chat, kind: slack, url: {env: CHAT_URL}}\n"
        "  - {name: siem, kind: slack, url: {env: PLAIN_URL}}\n"
    )
    monkeypatch.setenv("PLAIN_URL", chat.url)
    monkeypatch.delenv("CHAT_URL")
    unset = netattest("deliver", "--cluster", "prod")
    assert unset.returncode == 2
    assert "channel chat: environment variable CHAT_URL holds no secret" in unset.stderr
    assert len(chat.requests) == 1  # the other one's
    monkeypatch.setenv("CHAT_URL", "http://localhost:9/opensesame-path")
    down = netattest("deliver", "--cluster", "prod")
    assert down.returncode == 4
    assert "channel chat: localhost:9 cannot be reached" in down.stderr
    assert "opensesame" not in down.stderr + down.stdout
    assert len(chat.requests) == 1

    monkeypatch.setenv("CHAT_URL", chat.url)
    up = netattest("deliver", "--cluster", "prod", "--json")
    assert up.returncode == 0, up.stderr
    assert [(item["channel"], item["status"]) for item in json.loads(up.stdout)["deliveries"]] == [
        ("chat", "delivered")
    ]


def test_a_framework_that_did_not_judge_the_scan_is_named_instead_of_sending_nothing(
    netattest, tmp_path, parties
):
    night(netattest, tmp_path, "web")
    (tmp_path / "deliveries.yaml").write_text(
        "channels: [{name: files, kind: folder, folder: out, frameworks: [soc2]}]\n"
    )
    done = netattest("deliver", "--cluster", "prod")
    assert done.returncode == 2
    assert "channel files wants 'soc2', which did not judge scan 1" in done.stderr
    assert "soc2-tsc-2017" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_refusal_is_begun_again_by_hand_when_its_cause_is_gone(netattest, tmp_path, parties):
    _, _, chat, _ = parties
    night(netattest, tmp_path, "web")
    (tmp_path / "deliveries.yaml").write_text("channels: [{name: chat, kind: slack, url: {env: CHAT_URL}}]\n")
    chat.answers.append(404)
    assert netattest("deliver", "--cluster", "prod").returncode == 4
    again = netattest("deliver", "--cluster", "prod")
    assert again.returncode == 0, again.stderr
    assert len(chat.requests) == 2


def test_without_channels_the_command_says_where_to_begin(netattest, tmp_path):
    (tmp_path / "netattest.yaml").write_text("{}\n")
    done = netattest("deliver", "--cluster", "prod")
    assert done.returncode == 2
    assert "deliveries.example.yaml" in done.stderr
