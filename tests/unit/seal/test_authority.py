"""Time-stamping authorities that are down, slow or lie: no signature comes of it, and the reason is said."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from asn1crypto import core, tsp
from pyhanko.sign.timestamps import DummyTimeStamper

from app.errors import SealError
from app.seal import EvidenceSealer, KeyPair, TimeAuthority
from tests import sealed as s

KEY = s.key_pair()
TSA = s.key_pair("Time authority", usage=s.STAMPING)
OLD = s.key_pair("Old authority", usage=s.STAMPING, ends=s.NOW - timedelta(days=1))
WEB = s.key_pair("Web server", usage=s.ExtendedKeyUsageOID.SERVER_AUTH)


def asked(**other: object) -> s.Answer:
    """Answers another request than the one that was made."""

    def answer(request: bytes, stamper: DummyTimeStamper) -> Iterator[bytes]:
        made = {**tsp.TimeStampReq.load(request).native, **other}
        known = {key: value for key, value in made.items() if value is not None}
        yield stamper.request_tsa_response(tsp.TimeStampReq(known)).dump()

    return answer


OTHER_DIGEST = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}


def forged(request: bytes, stamper: DummyTimeStamper) -> Iterator[bytes]:
    answer = stamper.request_tsa_response(tsp.TimeStampReq.load(request))
    signer = answer["time_stamp_token"]["content"]["signer_infos"][0]
    signer["signature"] = core.OctetString(s.flipped(signer["signature"].native))
    yield answer.dump(force=True)


def refusing(_: bytes, __: DummyTimeStamper) -> Iterator[bytes]:
    yield (
        bytes.fromhex("3012 3010 020102 300b 0c09".replace(" ", "")) + b"not today"
    )  # it carries no time-stamp


def dripping(_: bytes, __: DummyTimeStamper) -> Iterator[bytes]:
    """A byte now and then: no single wait is long."""
    for _ in range(100):
        time.sleep(0.05)
        yield b"0"


def words(*parts: bytes) -> s.Answer:
    return lambda _, __: iter(parts)


@dataclass(frozen=True)
class Case:
    name: str
    says: str
    answer: s.Answer = s._whole
    pair: KeyPair = TSA
    status: int = 200
    late: timedelta = timedelta()


CASES = (
    Case("a byte now and then", "it did not answer within 0.5 s", dripping),
    Case("a page of a proxy", "its answer cannot be read", words(b"<html>sign in</html>")),
    Case("nothing", "its answer cannot be read", words(b"")),
    Case("an answer without end", "it answered with more than 1 MiB", words(*[bytes(1 << 16)] * 20)),
    Case("an error", "it answered 503 Service Unavailable", words(b""), status=503),
    Case("another place", "it answered 302 Found", words(b""), status=302),
    Case("a refusal", 'refused our request: statusString "not today"', refusing),
    Case("an answer to another request", "the nonce is not ours", asked(nonce=7)),
    Case("an answer that was made before", "the nonce is not ours", asked(nonce=None)),
    Case(
        "a time-stamp over something else",
        "its time-stamp is over something else",
        asked(message_imprint=OTHER_DIGEST),
    ),
    Case("a forged signature", "is not signed by its certificate", forged),
    Case("an expired certificate", "and its time-stamp is of", pair=OLD),
    Case("a certificate for something else", "(Common Name: Web server) is not for time-stamping", pair=WEB),
    Case("another year", "one of them is wrong", late=timedelta(days=-20)),
    Case("tomorrow", "one of them is wrong", late=timedelta(days=1)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_no_time_stamp_ends_in_a_reason(case):
    with s.time_server(case.pair, s.NOW + case.late, case.answer, case.status) as url:
        sealer = EvidenceSealer(
            KEY, TimeAuthority(url, 0.5 if case.answer is dripping else 10), lambda: s.NOW
        )
        with pytest.raises(SealError) as error:
            sealer.signature(b"evidence")
    assert case.says in str(error.value)
    assert url in str(error.value)
    assert "--unsigned" in (error.value.advice or "")


def test_an_authority_that_is_down():
    sealer = EvidenceSealer(KEY, TimeAuthority("http://127.0.0.1:1/tsr"), lambda: s.NOW)
    with pytest.raises(SealError, match="gave no time-stamp"):
        sealer.signature(b"evidence")


def test_an_authority_whose_clock_is_a_little_ahead_is_asked_and_believed():
    with s.time_server(TSA, s.NOW + timedelta(minutes=2)) as url:
        assert EvidenceSealer(KEY, TimeAuthority(url), lambda: s.NOW).signature(b"evidence")
