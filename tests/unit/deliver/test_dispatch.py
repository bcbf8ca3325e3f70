from datetime import timedelta

import pytest

from app.deliver import FolderChannel, Patience, dispatch
from app.errors import DeliveryError, TransientDeliveryError, UnusableChannelError
from app.model.news import Delivery, DeliveryKey, DeliveryStatus
from app.store import PostgresDeliveryBook
from tests.histories import night
from tests.unit.deliver.parcels import news, parcel

NIGHT = night(15)


class Recorder:
    """A channel that fails as often as it is told to."""

    def __init__(self, name="chat", *failures):
        self.name, self.failures, self.sent = name, list(failures), []

    def send(self, given):
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(given)
        return "there"


@pytest.fixture
def book(engine):
    return PostgresDeliveryBook(engine)


@pytest.fixture
def send(book):
    pauses = []

    def run(*pairs, at=NIGHT, attempts=3):
        return list(dispatch(pairs, book, lambda: at, pauses.append, Patience(attempts, 2.0, 60.0)))

    run.pauses = pauses
    return run


def test_a_parcel_goes_over_each_channel_once_however_often_it_is_given(send, book):
    one, two = Recorder("one"), Recorder("two")
    assert [item.status for item in send((one, parcel()), (two, parcel()))] == [DeliveryStatus.DELIVERED] * 2
    assert send((one, parcel()), (two, parcel())) == []
    assert (len(one.sent), len(two.sent)) == (1, 1)
    first = book.deliveries("prod", night(1))[0]
    key = DeliveryKey("prod", "scan 14", "one")
    assert first == Delivery(key, parcel().digest, DeliveryStatus.DELIVERED, 1, night(15), night(15), "there")


def test_what_may_work_later_is_tried_again_after_a_growing_pause(send, book):
    channel = Recorder("chat", TransientDeliveryError("busy"), TransientDeliveryError("busy"))
    (sent,) = send((channel, parcel()))
    assert sent.status is DeliveryStatus.DELIVERED
    assert len(send.pauses) == 2
    assert send.pauses[0] < send.pauses[1] + 1
    assert book.deliveries("prod", night(1))[0].attempts == 3


def test_what_lacks_something_here_is_not_waited_for_and_tried_in_the_next_round(send, book):
    channel = Recorder("chat", UnusableChannelError("no secret"))
    (sent,) = send((channel, parcel()))
    assert (sent.status, sent.at_fault) == (DeliveryStatus.FAILED, True)
    assert send.pauses == []
    (sent,) = send((channel, parcel()))
    assert (sent.status, sent.at_fault) == (DeliveryStatus.DELIVERED, False)


def test_what_still_fails_is_tried_in_the_next_round(send, book):
    channel = Recorder("chat", *[TransientDeliveryError("busy")] * 3)
    (sent,) = send((channel, parcel()))
    assert (sent.status, sent.note) == (DeliveryStatus.FAILED, "busy")
    (again,) = send((channel, parcel()), at=night(16))
    assert again.status is DeliveryStatus.DELIVERED
    assert book.deliveries("prod", night(1))[0].attempts == 4


def test_what_cannot_work_is_given_up_at_once_and_takes_no_other_with_it(send):
    broken, sound = Recorder("broken", DeliveryError("no such mailbox", advice="ask")), Recorder("sound")
    given_up, delivered = send((broken, parcel()), (sound, parcel()))
    assert (given_up.status, given_up.advice) == (DeliveryStatus.GAVE_UP, "ask")
    assert delivered.status is DeliveryStatus.DELIVERED
    assert send.pauses == []


def test_a_surprise_of_a_library_is_recorded_without_its_text(send, book):
    surprised, sound = Recorder("chat", ValueError("opensesame")), Recorder("sound")
    assert [item.status for item in send((surprised, parcel()), (sound, parcel()))] == [
        DeliveryStatus.GAVE_UP,
        DeliveryStatus.DELIVERED,
    ]
    assert "opensesame" not in str(book.deliveries("prod", night(1)))


def test_two_processes_do_not_both_deliver_and_a_dead_one_is_replaced(book, send):
    key = DeliveryKey("prod", "scan 14", "chat")
    assert book.claim_delivery(key, "d", night(15))
    channel = Recorder()
    (waiting,) = send((channel, parcel()), at=night(15) + timedelta(minutes=29))
    assert (waiting.status, channel.sent) == (DeliveryStatus.SENDING, [])  # nobody may take it for delivered
    (sent,) = send((channel, parcel()), at=night(15) + timedelta(minutes=31))
    assert sent.status is DeliveryStatus.DELIVERED


def test_a_drop_has_its_receipt_last_and_no_name_leaves_the_folder(tmp_path):
    channel = FolderChannel("grc", tmp_path, receipt=True)
    channel.send(parcel("a.oscal.json"))
    channel.send(parcel("a.oscal.json", told=news(cluster="../../etc")))
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json")) == [
        "cluster/a.oscal.json",
        "cluster/scan-14.drop.json",
        "prod/a.oscal.json",
        "prod/scan-14.drop.json",
    ]


def test_what_was_given_up_is_begun_again_only_when_somebody_asks(send, book):
    channel = Recorder("chat", DeliveryError("no such mailbox"))
    send((channel, parcel()))
    assert send((channel, parcel())) == []
    pairs = [(channel, parcel())]
    (sent,) = dispatch(pairs, book, lambda: NIGHT, lambda _: None, given_up=True)
    assert sent.status is DeliveryStatus.DELIVERED
    assert list(dispatch(pairs, book, lambda: NIGHT, lambda _: None, given_up=True)) == []
