"""Webhook, Slack and Teams, against a real HTTP server."""

import json
from datetime import UTC, datetime

import pytest

from app.deliver import LAYOUTS, Address, ChatChannel, WebhookChannel, verify_signature
from app.errors import DeliveryError, TransientDeliveryError
from tests.receivers import Authority, http_server
from tests.unit.deliver.parcels import HOSTILE, news, parcel

SECRET = b"opensesame-hook"
AT = datetime(2026, 3, 14, 2, 5, tzinfo=UTC)
NOW = int(AT.timestamp())


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def webhook(hook, anchors=None):
    return WebhookChannel("siem", Address(hook.url, anchors, timeout=5.0), SECRET, lambda: AT)


def test_a_receiver_can_tell_that_a_webhook_is_whole_and_comes_from_who_has_the_secret(authority):
    with http_server(authority) as hook:
        told = webhook(hook, authority.anchors).send(parcel())
    ((headers, body),) = hook.requests
    assert told.startswith("localhost:")
    assert verify_signature(headers["Netattest-Signature"], body, SECRET, NOW)
    document = json.loads(body)
    assert document["schema"] == "netattest/news/v1"
    assert document["headlines"][0] == "2 paths opened into cde overnight."
    assert document["delivery"] == headers["Netattest-Delivery"]
    (file,) = document["files"]
    assert (file["name"], file["size"], len(file["sha256"])) == ("prod-pci-dss-4.0.1-2026-03-14.pdf", 4, 64)


@pytest.mark.parametrize(
    ("header", "body", "secret", "now"),
    [
        ("{good}", b"changed", SECRET, NOW),
        ("{good}", b"body", b"other", NOW),
        ("{good}", b"body", SECRET, NOW + 301),
        ("{good}", b"body", SECRET, NOW - 301),
        ("v1=00", b"body", SECRET, NOW),
        ("t=,v1=00", b"body", SECRET, NOW),
        ("t=²,v1=00", b"body", SECRET, NOW),
        ("", b"body", SECRET, NOW),
    ],
    ids=["body", "secret", "old", "from the future", "no time", "empty time", "no digit", "nothing"],
)
def test_a_signature_that_does_not_fit_is_refused(header, body, secret, now):
    from app.deliver.webhook import signature

    good = f"t={NOW},v1={signature(b'body', SECRET, NOW)}"
    assert verify_signature(good, b"body", SECRET, NOW)
    assert not verify_signature(header.format(good=good), body, secret, now)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, TransientDeliveryError),
        (503, TransientDeliveryError),
        (404, DeliveryError),
        (302, DeliveryError),
    ],
)
def test_an_answer_says_whether_it_may_be_another_time(status, kind):
    with http_server() as hook:
        hook.answers.append(status)
        with pytest.raises(DeliveryError) as refused:
            webhook(hook).send(parcel())
    assert type(refused.value) is kind
    assert str(status) in str(refused.value)
    assert len(hook.requests) == 1  # a redirect is not followed


def test_an_address_is_a_secret_and_errors_do_not_tell_it(authority, tmp_path):
    (tmp_path / "other").mkdir()
    anchors = Authority(tmp_path / "other").anchors
    with http_server(authority) as hook, pytest.raises(DeliveryError, match="is not trusted") as refused:
        webhook(hook, anchors).send(parcel())
    with pytest.raises(TransientDeliveryError, match="cannot be reached") as gone:
        webhook(hook).send(parcel())
    for error in (refused.value, gone.value):
        assert "opensesame" not in f"{error} {error.advice} {error!r}"
    assert "opensesame" not in repr(webhook(hook))


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_chat_message_says_what_is_new_and_where_the_evidence_is(kind):
    with http_server() as hook:
        ChatChannel("chat", Address(hook.url), LAYOUTS[kind], "https://evidence.example.com/").send(parcel())
    ((_, body),) = hook.requests
    text = body.decode()
    for words in ("2 paths opened into cde", "pay/db[StatefulSet]", "https://evidence.example.com/"):
        assert words in text


def test_nothing_of_a_slack_message_is_markup():
    message = LAYOUTS["slack"](news(HOSTILE, cluster=HOSTILE, says=HOSTILE), "")
    kinds = [block["text"]["type"] for block in message["blocks"]]
    assert set(kinds) == {"plain_text"}
    assert "<" not in message["text"]


def test_nothing_of_a_teams_card_is_markdown():
    (attachment,) = LAYOUTS["teams"](news(HOSTILE, cluster=HOSTILE, says=HOSTILE), "")["attachments"]
    assert {block["type"] for block in attachment["content"]["body"]} == {"RichTextBlock"}


def test_long_lists_are_cut_and_say_so():
    from dataclasses import replace

    told = news()
    many = replace(told, paths=(replace(told.paths[0], paths=told.paths[0].paths * 3000),))
    message = LAYOUTS["slack"](many, "")
    assert all(len(block["text"]["text"]) <= 3000 for block in message["blocks"])
    assert "… and 5,990 more" in json.dumps(message, ensure_ascii=False)
