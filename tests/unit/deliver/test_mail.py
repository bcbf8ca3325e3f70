import pytest

from app.deliver import MailChannel
from app.errors import DeliveryError, TransientDeliveryError
from tests.receivers import PASSWORD, USER, Authority, mail_server
from tests.unit.deliver.parcels import HOSTILE, news, parcel


def channel(port, **changes):
    settings = {
        "name": "security",
        "host": "localhost",
        "port": port,
        "sender": "netattest@example.com",
        "recipients": ("team@example.com",),
        "security": "none",
        "timeout": 5.0,
        **changes,
    }
    return MailChannel(**settings)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def secured(port, authority, **changes):
    return channel(
        port,
        **{
            "security": "starttls",
            "user": USER,
            "password": PASSWORD,
            "trust_anchors": authority.anchors,
            **changes,
        },
    )


def test_a_mail_goes_over_starttls_with_a_login_and_carries_the_pdf(authority):
    with mail_server(authority) as (box, port):
        assert secured(port, authority).send(parcel()) == "1 recipients by localhost"
    (mail,) = box.mails
    assert mail["Subject"] == "prod: 2 paths opened into cde overnight (+1 more)"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, pdf = list(mail.walk())[1:]
    assert "opened into cde: shop/web[Deployment] to pay/db[StatefulSet], TCP 5432" in text.get_content()
    assert (pdf.get_filename(), pdf.get_content_type()) == (
        "prod-pci-dss-4.0.1-2026-03-14.pdf",
        "application/pdf",
    )
    assert pdf.get_content() == b"xxxx"


def test_a_server_that_nobody_vouches_for_gets_nothing(authority, tmp_path):
    with mail_server(authority) as (box, port):
        stranger = Authority(tmp_path / "other")
        (tmp_path / "other").mkdir()
        with pytest.raises(DeliveryError, match="certificate of localhost is not trusted"):
            secured(port, authority, trust_anchors=stranger.anchors).send(parcel())
    assert box.mails == []


def test_a_server_without_starttls_gets_nothing(authority):
    expected = pytest.raises(DeliveryError, match="does not offer what is asked for")
    with mail_server() as (box, port), expected:
        secured(port, authority).send(parcel())
    assert box.mails == []


def test_a_wrong_password_is_not_tried_again_and_not_told(authority):
    with mail_server(authority) as (_, port), pytest.raises(DeliveryError) as refused:
        secured(port, authority, password="opensesame-wrong").send(parcel())
    assert not isinstance(refused.value, TransientDeliveryError)
    assert "535" in str(refused.value)
    assert "opensesame" not in str(refused.value) + repr(refused.value)


@pytest.mark.parametrize(
    ("answer", "kind"), [("451 later", TransientDeliveryError), ("554 no", DeliveryError)]
)
def test_a_server_says_whether_it_may_be_another_time(answer, kind):
    with mail_server() as (box, port):
        box.refusals.append(answer)
        with pytest.raises(DeliveryError) as refused:
            channel(port).send(parcel())
    assert type(refused.value) is kind
    assert answer in str(refused.value)


def test_a_server_that_is_not_there_may_be_there_later():
    with pytest.raises(TransientDeliveryError, match="localhost:9 did not take the mail"):
        channel(9).send(parcel())


def test_names_of_a_cluster_cannot_add_headers_or_hide_what_a_line_says():
    with mail_server() as (box, port):
        channel(port).send(parcel(told=news(HOSTILE, cluster=HOSTILE, says=HOSTILE)))
    (mail,) = box.mails
    assert mail["Bcc"] is None
    assert mail["To"] == "team@example.com"
    assert "\u202e" not in mail["Subject"] + list(mail.walk())[1].get_content()


def test_the_same_parcel_has_the_same_identity_and_another_night_has_another():
    first, same, other = (
        channel(9).compose(parcel(told=news(number=number)))["Message-ID"] for number in (14, 14, 15)
    )
    assert first == same != other


def test_files_that_are_too_large_are_named_and_left_out():
    mail = channel(9, largest=10).compose(parcel("a.pdf", "b.pdf", "c.pdf", size=4))
    assert [item.get_filename() for item in mail.iter_attachments()] == ["a.pdf", "b.pdf"]
    assert "Not attached, because they are too large: c.pdf" in mail.get_body().get_content()
