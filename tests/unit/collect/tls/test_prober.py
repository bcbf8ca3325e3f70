"""The prober against real servers on loopback. Nothing here may stall, crash or believe what it should not."""

import base64
import datetime as dt
import ssl
import time
import warnings
from dataclasses import replace
from itertools import pairwise

import pytest
import trustme

from app.collect.tls import ProbeSettings, TlsProber
from app.collect.tls.answer import IncompleteError, NotTlsError
from app.collect.tls.flight import read_group_size
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Leg, Security
from app.model.encryption import EvidenceStrength, Known
from app.model.probe import PlainAnswer, ProbeOutcome, read_probe
from tests import servers

NAME = "shop.example.test"
LEG = Leg(Security.UNKNOWN, EvidenceStrength.CONFIGURED, "not known")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def anchors(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("anchors") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def settings(anchors=None, **more):
    return ProbeSettings(
        allow=("127.0.0.0/8",), trust_anchors=anchors, pause=0, **{"connection_seconds": 2.0, **more}
    )


def endpoint(port, host=NAME):
    return Endpoint(host, port, Protocol.TCP, LEG, ("127.0.0.1",))


def probe(port, anchors=None, host=NAME, **more):
    (stored,) = TlsProber(settings(anchors, **more)).probe([endpoint(port, host)])
    found = read_probe(stored)
    assert found is not None
    assert found.stored() == stored
    return found


def context_of(certificate, **versions):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what this is about
        context = servers.server_context(**versions)
    certificate.configure_cert(context)
    return context


def tls_server(certificate, **versions):
    return servers.listening(servers.speaking_tls(context_of(certificate, **versions)))


def test_a_modern_server_is_seen_as_it_is(authority, anchors):
    with tls_server(authority.issue_cert(NAME)) as port:
        found = probe(port, anchors)
    assert found.outcome is ProbeOutcome.TLS
    assert found.accepted == ("TLS 1.2", "TLS 1.3")
    assert found.refused == ("SSL 3.0", "TLS 1.0", "TLS 1.1")
    assert "TLS_AES_256_GCM_SHA384" in found.by_version["TLS 1.3"]
    assert any("ECDHE" in name for name in found.by_version["TLS 1.2"])
    assert found.trusted is Known.YES
    assert found.client_certificate is Known.NO
    assert len(found.chain) >= 1
    assert found.address == "127.0.0.1"


def test_versions_that_the_local_library_would_not_speak_are_seen(authority):
    versions = {
        "lowest": ssl.TLSVersion.TLSv1,
        "highest": ssl.TLSVersion.TLSv1_1,
        "ciphers": "ALL:@SECLEVEL=0",
    }
    with tls_server(authority.issue_cert(NAME), **versions) as port:
        found = probe(port)
    assert found.accepted == ("TLS 1.0", "TLS 1.1")
    assert found.refused == ("SSL 3.0", "TLS 1.2", "TLS 1.3")


def test_weak_suites_are_seen_one_by_one(authority):
    versions = {"highest": ssl.TLSVersion.TLSv1_2, "ciphers": "AES128-SHA:ECDHE+AESGCM:@SECLEVEL=0"}
    with tls_server(authority.issue_cert(NAME, key_type=trustme.KeyType.RSA), **versions) as port:
        found = probe(port)
    assert found.accepted == ("TLS 1.2",)
    assert "TLS_RSA_WITH_AES_128_CBC_SHA" in found.by_version["TLS 1.2"]
    assert "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" in found.by_version["TLS 1.2"]
    assert "TLS_RSA_WITH_3DES_EDE_CBC_SHA" not in found.by_version["TLS 1.2"]


def test_an_unknown_authority_is_not_called_untrusted_where_no_anchor_was_declared(
    authority, anchors, tmp_path
):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with tls_server(authority.issue_cert(NAME)) as port:
        assert probe(port).trusted is Known.UNKNOWN
        assert probe(port, other).trusted is Known.NO
        assert probe(port, anchors).trusted is Known.YES


def test_a_certificate_for_another_name_is_not_trusted(authority, anchors):
    with tls_server(authority.issue_cert("other.example.test")) as port:
        found = probe(port, anchors)
    assert found.trusted is Known.NO
    assert found.trust_says == "it does not carry the name"


def test_an_expired_certificate_is_seen_and_not_trusted(authority, anchors):
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with tls_server(authority.issue_cert(NAME, not_after=past)) as port:
        found = probe(port, anchors)
    assert (found.trusted, found.trust_says) == (Known.NO, "it is expired")
    assert found.chain


def test_a_self_signed_certificate_is_not_trusted(tmp_path):
    from tests.certificates import self_signed

    key, certificate = self_signed(NAME)
    (tmp_path / "both.pem").write_bytes(key + certificate)
    context = servers.server_context()
    context.load_cert_chain(tmp_path / "both.pem")
    with servers.listening(servers.speaking_tls(context)) as port:
        found = probe(port)
    assert (found.trusted, found.trust_says) == (Known.NO, "it is self-signed")


@pytest.mark.parametrize(
    ("ciphers", "suite"),
    [
        ("ECDHE-ECDSA-AES128-CCM8", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"),
        ("ECDHE-ECDSA-ARIA128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256"),
        ("ECDHE-ECDSA-CAMELLIA256-SHA384", "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384"),
    ],
)
def test_a_version_is_not_refused_because_of_its_suites(authority, ciphers, suite):
    """What is not offered looks refused: every suite that a common library has is asked for."""
    versions = {"highest": ssl.TLSVersion.TLSv1_2, "ciphers": f"{ciphers}:@SECLEVEL=0"}
    with tls_server(authority.issue_cert(NAME), **versions) as port:
        found = probe(port)
    assert found.by_version == {"TLS 1.2": (suite,)}


def test_a_version_is_not_refused_because_of_its_group(authority):
    context = context_of(authority.issue_cert(NAME))
    context.set_ecdh_curve("X448")
    with servers.listening(servers.speaking_tls(context)) as port:
        found = probe(port)
    assert found.accepted == ("TLS 1.2", "TLS 1.3")


# The second group of RFC 2409 (1998): 1024 bits, which servers still have by default.
SMALL = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)


def test_a_small_group_is_seen(authority, tmp_path):
    """The suite's name is as good as any, and the group behind it is not."""
    prime = b"\x02\x81\x81\x00" + SMALL.to_bytes(128, "big")
    written = base64.encodebytes(b"\x30\x81\x87" + prime + b"\x02\x01\x02").decode()  # PKCS #3: p, then g = 2
    text = f"-----BEGIN DH PARAMETERS-----\n{written}-----END DH PARAMETERS-----\n"
    (tmp_path / "dh.pem").write_text(text)
    versions = {"highest": ssl.TLSVersion.TLSv1_2, "ciphers": "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"}
    context = context_of(authority.issue_cert(NAME, key_type=trustme.KeyType.RSA), **versions)
    context.load_dh_params(str(tmp_path / "dh.pem"))
    with servers.listening(servers.speaking_tls(context)) as port:
        found = probe(port)
    assert found.by_version == {"TLS 1.2": ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",)}
    assert found.group_bits == 1024


def test_a_server_without_such_suites_has_no_group(authority):
    with tls_server(authority.issue_cert(NAME), highest=ssl.TLSVersion.TLSv1_2) as port:
        assert probe(port).group_bits == 0


def flight(*messages):
    body = b"".join(bytes([kind]) + len(data).to_bytes(3, "big") + data for kind, data in messages)
    return b"\x16\x03\x03" + len(body).to_bytes(2, "big") + body


@pytest.mark.parametrize(
    ("data", "bits"),
    [
        (flight((2, b"hello"), (11, b""), (12, b"\x00\x02\x01\xff")), 9),
        (flight((2, b"hello"), (12, b"\x00\x81\x00" + b"\xff" * 128)), 1024),
        (flight((2, b"hello"), (12, b"\x00\x03\x01\xff")), None),
        (flight((2, b"hello"), (12, b"\x00\x00")), None),
        (flight((2, b"hello"), (12, b"")), None),
        (flight((2, b"hello"), (14, b"")), None),
    ],
    ids=["short", "a zero before it", "longer than it is", "of no length", "nothing", "no group at all"],
)
def test_the_size_of_a_group_is_what_is_there(data, bits):
    if bits is None:
        with pytest.raises(NotTlsError):
            read_group_size(data)
    else:
        assert read_group_size(data) == bits


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_group_that_is_not_whole_is_waited_for(cut):
    with pytest.raises(IncompleteError):
        read_group_size(flight((2, b"hello"), (12, b"\x00\x02\x01\xff"))[:-cut])


@pytest.mark.parametrize(
    "banner",
    [
        b"220 mail.example ESMTP ready\r\n",
        b"* OK [CAPABILITY STARTTLS] ready\r\n",
        b"SSH-2.0-x\r\n",
        b"\x4a\x00\x00\x00\x0a8.0\x00",
    ],
    ids=["mail", "mail boxes", "shells", "a database"],
)
def test_a_server_that_speaks_first_is_not_taken_for_tls(banner):
    """What it would speak after STARTTLS is not asked, so nothing is said of its certificate."""
    with servers.listening(servers.greeting_first(banner)) as port:
        found = probe(port)
    assert (found.outcome, found.plain, found.chain, found.accepted) == (
        ProbeOutcome.PLAIN,
        PlainAnswer.OTHER,
        (),
        (),
    )


def test_a_redirect_is_told_and_not_followed():
    target = servers.Counting()
    with servers.listening(target) as elsewhere:
        head = f"HTTP/1.1 302 x\r\nLocation: https://127.0.0.1:{elsewhere}/\r\n\r\n".encode()
        with servers.listening(servers.answering(head)) as port:
            found = probe(port)
    assert (found.plain, found.location) == (PlainAnswer.REDIRECT, f"https://127.0.0.1:{elsewhere}")
    assert target.began == []


def test_few_endpoints_at_once():
    counting = servers.Counting()
    with servers.listening(counting) as port:
        ends = [endpoint(port, f"{name}.example.test") for name in "abcdef"]
        stored = TlsProber(settings(threads=2, connection_seconds=0.2)).probe(ends)
    assert len(stored) == len(ends) == len(counting.began)
    third = zip(
        counting.began, counting.began[2:], strict=False
    )  # the third waits until one of the first two has given up
    assert all(later - earlier >= 0.15 for earlier, later in third)


def test_a_pause_between_two_connections_to_one_endpoint():
    times = []

    def refusing(connection):
        times.append(time.monotonic())
        connection.recv(4096)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02\x46")

    with servers.listening(refusing) as port:
        polite = replace(settings(), pause=0.1)
        TlsProber(polite).probe([endpoint(port)])
    greetings = times[:5]
    assert len(greetings) == 5
    assert all(later - earlier >= 0.09 for earlier, later in pairwise(greetings))


def test_a_server_with_nothing_in_common_demands_no_certificate(authority):
    """An alert "handshake failure" is a demand only where a certificate was asked for."""
    with servers.listening(servers.answering(b"\x15\x03\x03\x00\x02\x02\x28")) as port:
        found = probe(port)
    assert found.outcome is ProbeOutcome.TLS
    assert (found.accepted, found.client_certificate) == ((), Known.UNKNOWN)


OLD = {"lowest": ssl.TLSVersion.TLSv1, "highest": ssl.TLSVersion.TLSv1, "ciphers": "ALL:@SECLEVEL=0"}


@pytest.mark.parametrize(
    "versions", [OLD, {"highest": ssl.TLSVersion.TLSv1_2}, {"highest": ssl.TLSVersion.TLSv1_3}]
)
def test_a_demand_for_client_certificates_is_seen(authority, anchors, versions):
    context = context_of(authority.issue_cert(NAME), **versions)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with servers.listening(servers.speaking_tls(context)) as port:
        found = probe(port, anchors)
    assert found.client_certificate is Known.YES
    assert found.chain


def test_a_wish_for_client_certificates_is_no_demand(authority, anchors):
    context = context_of(authority.issue_cert(NAME))
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    with servers.listening(servers.speaking_tls(context)) as port:
        assert probe(port, anchors).client_certificate is Known.NO


@pytest.mark.parametrize(
    ("head", "answer", "location"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nhello", PlainAnswer.CONTENT, ""),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", PlainAnswer.CONTENT, ""),
        (
            b"HTTP/1.1 308 x\r\nLocation: https://a.example/p?q=1\r\n\r\n",
            PlainAnswer.REDIRECT,
            "https://a.example",
        ),
        (
            b"HTTP/1.1 301 x\r\nlocation: https://u:p@a.example:8443/\r\n\r\n",
            PlainAnswer.REDIRECT,
            "https://a.example:8443",
        ),
        (b"HTTP/1.1 301 x\r\nLocation: http://a.example/\r\n\r\n", PlainAnswer.CONTENT, ""),
        (b"HTTP/1.1 301 x\r\nLocation: //https://a.example/\r\n\r\n", PlainAnswer.CONTENT, ""),
        (b"SSH-2.0-OpenSSH\r\n", PlainAnswer.OTHER, ""),
        (b"\x16\x03\x01\xff\xff", PlainAnswer.OTHER, ""),
        (b"\x15\x03\x01\x00\x03abc", PlainAnswer.OTHER, ""),
    ],
)
def test_a_plain_port_is_told_by_its_answer(head, answer, location):
    with servers.listening(servers.answering(head)) as port:
        found = probe(port)
    assert (found.outcome, found.plain, found.location) == (ProbeOutcome.PLAIN, answer, location)


LIES = {
    "a version that was not offered": b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x09\x09"
    + bytes(32)
    + b"\x00\xc0\x2f\x00",
    "a hello that ends too early": b"\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03",
    "a session longer than the message": b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"
    + bytes(32)
    + b"\xff\xc0\x2f\x00",
    "a message longer than any": b"\x16\x03\x03\x00\x04\x02\xff\xff\xff",
    "an empty record": b"\x16\x03\x03\x00\x00",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_handshake(lie):
    with servers.listening(servers.answering(LIES[lie])) as port:
        found = probe(port)
    assert not found.accepted
    assert found.outcome is not ProbeOutcome.TLS


def test_nobody_there_is_told():
    with servers.listening(servers.hanging) as port:
        pass
    assert probe(port).outcome is ProbeOutcome.CLOSED


def test_a_server_that_resets_is_told():
    with servers.listening(servers.resetting) as port:
        assert probe(port).outcome in (ProbeOutcome.CLOSED, ProbeOutcome.SILENT)


@pytest.mark.parametrize(
    "serve",
    [
        servers.hanging,
        servers.flooding(b"\x16\x03\x03\x40\x00" + bytes(0x4000)),
        servers.flooding(b"x" * 4096),
    ],
    ids=["hangs", "floods with records", "floods with text"],
)
def test_a_server_that_never_ends_costs_its_time_and_no_more(serve):
    before = time.monotonic()
    with servers.listening(serve) as port:
        found = probe(port, connection_seconds=0.3, endpoint_seconds=1.0)
    assert found.outcome in (ProbeOutcome.SILENT, ProbeOutcome.PLAIN)
    assert not found.accepted
    assert time.monotonic() - before < 30  # of patience for a slow machine; it would be for ever


OLD_HELLOS = {b"\x03\x01": servers.hanging, b"\x03\x02": servers.hanging}  # legacy_version of TLS 1.0 and 1.1


def test_a_version_that_gets_no_answer_is_neither_accepted_nor_refused(authority, anchors):
    """A server that is too busy to answer may accept it all the same."""
    modern = servers.speaking_tls(context_of(authority.issue_cert(NAME)))
    with servers.listening(servers.by_version(OLD_HELLOS, modern)) as port:
        found = probe(port, anchors, connection_seconds=0.3)
    assert found.accepted == ("TLS 1.2", "TLS 1.3")
    assert found.refused == ("SSL 3.0",)
    assert found.unanswered == ("TLS 1.0", "TLS 1.1")
    assert found.trusted is Known.YES


def test_hanging_up_refuses_a_version(authority, anchors):
    modern = servers.speaking_tls(context_of(authority.issue_cert(NAME)))
    hanging_up = dict.fromkeys(OLD_HELLOS, servers.resetting)
    with servers.listening(servers.by_version(hanging_up, modern)) as port:
        found = probe(port, anchors)
    assert (found.unanswered, found.refused) == ((), ("SSL 3.0", "TLS 1.0", "TLS 1.1"))


def test_a_list_of_suites_that_breaks_off_is_not_taken_for_whole(authority):
    real = servers.speaking_tls(context_of(authority.issue_cert(NAME)))
    with servers.listening(servers.in_turn(real, real, servers.hanging)) as port:
        found = probe(port, connection_seconds=0.3)
    assert found.outcome is ProbeOutcome.TLS
    assert found.accepted == ("TLS 1.2",)
    assert len(found.by_version["TLS 1.2"]) == 2
    assert set(found.unanswered) == {"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}


def test_a_server_that_goes_away_in_the_middle_refuses_nothing(authority):
    """Nothing listens any more after the first answer: what was seen stays, the rest is not known."""
    real = servers.speaking_tls(context_of(authority.issue_cert(NAME)))
    with servers.closing_after(real) as gone:
        found = probe(gone)
    assert found.accepted == ("TLS 1.2",)
    assert found.refused == ()
    assert "TLS 1.0" in found.unanswered


# a ServerHello of TLS 1.2 with a suite of ours
HELLO = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" + bytes(32) + b"\x00\xc0\x2f\x00"


@pytest.mark.parametrize(
    ("serve", "outcomes"),
    [
        (servers.hanging_after(HELLO[:20]), (ProbeOutcome.SILENT,)),
        (servers.hanging_after(HELLO), (ProbeOutcome.TLS,)),
        (servers.hanging_after(HELLO + b"\x16\x03\x03\x40\x00\x0b\x01\xff\xff"), (ProbeOutcome.TLS,)),
        (servers.dripping(HELLO), (ProbeOutcome.SILENT, ProbeOutcome.PLAIN, ProbeOutcome.TLS)),
        (servers.in_turn(servers.answering(HELLO), servers.resetting), (ProbeOutcome.TLS,)),
    ],
    ids=["in its hello", "after its hello", "in its certificate", "drips", "answers once"],
)
def test_a_server_that_hangs_in_the_handshake_shows_no_certificate_and_proves_nothing(serve, outcomes):
    before = time.monotonic()
    with servers.listening(serve) as port:
        found = probe(port, connection_seconds=0.2, endpoint_seconds=1.0)
    assert found.outcome in outcomes
    assert (found.chain, found.trusted) == ((), Known.UNKNOWN)
    assert time.monotonic() - before < 30  # of patience for a slow machine; it would be for ever


def test_a_chain_without_end_is_cut_and_not_believed(authority, tmp_path):
    leaf = authority.issue_cert(NAME)
    pem = b"".join(item.bytes() for item in leaf.cert_chain_pems)
    chain = tmp_path / "chain.pem"
    chain.write_bytes(leaf.private_key_pem.bytes() + pem + authority.cert_pem.bytes() * 400)
    context = servers.server_context()
    context.load_cert_chain(chain)
    with servers.listening(servers.speaking_tls(context)) as port:
        found = probe(port)
    assert len(found.chain) <= 10
    assert found.trusted is Known.UNKNOWN


def test_data_without_end_after_the_handshake_is_not_waited_for(authority, anchors):
    context = context_of(authority.issue_cert(NAME))
    with servers.listening(servers.flooding_after(context)) as port:
        found = probe(port, anchors)
    assert (found.trusted, found.client_certificate) == (Known.YES, Known.NO)
    assert found.accepted == ("TLS 1.2", "TLS 1.3")


def test_when_the_time_for_all_is_up_the_rest_is_said_not_to_be_tried():
    with servers.listening(servers.hanging) as port:
        ends = [endpoint(port, f"{index}.example.test") for index in range(20)]
        found = TlsProber(settings(threads=2, connection_seconds=0.3, total_seconds=0.5)).probe(ends)
    outcomes = [read_probe(item).outcome for item in found]
    assert len(outcomes) == 20
    assert ProbeOutcome.NOT_TRIED in outcomes
    assert set(outcomes) <= {ProbeOutcome.NOT_TRIED, ProbeOutcome.SILENT}


def test_the_same_server_gives_the_same_bytes(authority, anchors):
    with tls_server(authority.issue_cert(NAME)) as port:
        prober = TlsProber(settings(anchors))
        assert prober.probe([endpoint(port)]) == prober.probe([endpoint(port), endpoint(port)])


def test_an_endpoint_without_a_name_is_asked_by_its_address(authority, anchors):
    with tls_server(authority.issue_cert("127.0.0.1")) as port:
        found = probe(port, anchors, host=ANY_HOST)
    assert found.host == "127.0.0.1"
    assert found.trusted is Known.YES


@pytest.mark.parametrize(
    "host", ["registry.<your domain>", "\u00e4.example", f"{'a' * 80}.example", ".", "a..b"]
)
def test_a_name_that_cannot_be_asked_for_costs_the_certificate_and_no_more(authority, host):
    with tls_server(authority.issue_cert(NAME)) as port:
        found = probe(port, host=host)
    assert found.outcome is ProbeOutcome.TLS
    assert found.accepted == ("TLS 1.2", "TLS 1.3")
    assert found.trusted is not Known.YES


def test_a_chain_that_only_a_greeting_showed_is_not_verified(authority):
    with tls_server(authority.issue_cert(NAME)) as port:
        found = probe(port, host="a..b")
    assert found.chain
    assert found.trusted is Known.UNKNOWN
    assert found.trust_says == "no handshake came to its end, so the chain was not verified"
