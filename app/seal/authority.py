"""A time-stamping authority as it is asked (RFC 3161). What it answers is checked before it becomes part of a report.

pyHanko looks at status and nonce alone, so that a report with a time-stamp over something else would be written, and be
refused by whoever verifies it, months later, when no other can be had.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

import requests
from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.timestamps.common_utils import handle_tsp_response, set_tsp_headers
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

_OK: Final = 200
_MOST_BYTES: Final = 1 << 20  # an answer with its certificates has a few thousand
_STAMPING: Final = "time_stamping"  # extended key usage of RFC 3161, 2.3
_CLOCKS_DIFFER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """A time-stamping authority (RFC 3161). `timeout` is in seconds, for one request from its beginning to its end."""

    url: str
    timeout: float = 15.0

    def client(self, now: datetime) -> TimeStamper:
        """What asks it; a client may be used for one signature only, as it keeps what it was answered."""
        return _Client(self, now)


class _Answer(tsp.TimeStampResp):  # type: ignore[misc]  # asn1crypto is untyped
    """An answer without time-stamp, as every refusal is (RFC 3161, 2.4.2), which asn1crypto's own form does not read."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class _Client(TimeStamper):
    """Asks, and raises `TimestampRequestError` for everything but a time-stamp over what it asked for."""

    def __init__(self, authority: TimeAuthority, now: datetime) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authority = authority
        self._now = now

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        nonce, request = self.request_cms(message_digest, md_algorithm)  # type: ignore[no-untyped-call]
        body = _within(self._authority.timeout, lambda: self._ask(request.dump()))
        try:
            answer = _Answer.load(body, strict=True)
            token = handle_tsp_response(answer, None)
            problem = await _problem(token, (md_algorithm, message_digest, nonce), self._now)
        except TimestampRequestError:
            raise
        except Exception as error:
            # A parser of what anybody may answer fails in every way there is.
            raise TimestampRequestError(f"its answer cannot be read: {type(error).__name__}") from error
        if problem:
            raise TimestampRequestError(problem)
        return token

    def _ask(self, request: bytes) -> bytes:
        own = self._authority
        with requests.post(
            own.url,
            request,
            headers=set_tsp_headers({}),
            timeout=own.timeout,
            stream=True,
            allow_redirects=False,
        ) as answer:
            if answer.status_code != _OK:
                raise TimestampRequestError(f"it answered {answer.status_code} {answer.reason}")
            body: bytes = answer.raw.read(_MOST_BYTES + 1, decode_content=True)
        if len(body) > _MOST_BYTES:
            raise TimestampRequestError(f"it answered with more than {_MOST_BYTES >> 20} MiB")
        return body


def _within(seconds: float, work: Callable[[], bytes]) -> bytes:
    """Do it, and wait no longer than that: a server that sends a byte now and then never meets a time-out of a socket."""
    done: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(work())
        except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
            done.put(error)

    threading.Thread(target=run, name="time-stamp", daemon=True).start()
    try:
        found = done.get(timeout=seconds)
    except queue.Empty:
        raise TimestampRequestError(f"it did not answer within {seconds:g} s") from None
    if isinstance(found, BaseException):
        raise found
    return found


async def _problem(token: cms.ContentInfo, asked: tuple[str, bytes, int], now: datetime) -> str:
    """Why a time-stamp is not one over what was asked for; empty when it is."""
    algorithm, digest, nonce = asked
    signed = token["content"]
    said = signed["encap_content_info"]["content"].parsed
    if said["nonce"].native != nonce:
        return "it answered another request: the nonce is not ours"
    imprint = said["message_imprint"]
    if (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native) != (
        algorithm,
        digest,
    ):
        return "its time-stamp is over something else"
    context = ValidationContext(trust_roots=[], allow_fetching=False, moment=now, best_signature_time=now)
    status = await validate_tst_signed_data(signed, context, lambda _: digest)
    if not (status["intact"] and status["valid"]):
        return "its time-stamp is not signed by its certificate"
    return _authority_problem(status["signing_cert"], status["timestamp"].astimezone(UTC), now)


def _authority_problem(certificate: Any, at: datetime, now: datetime) -> str:
    usage = certificate.extended_key_usage_value
    if usage is None or _STAMPING not in usage.native:
        return f"its certificate ({certificate.subject.human_friendly}) is not for time-stamping"
    if not certificate.not_valid_before <= at <= certificate.not_valid_after:
        return (
            f"its certificate counts from {certificate.not_valid_before:%Y-%m-%d} to"
            f" {certificate.not_valid_after:%Y-%m-%d}, and its time-stamp is of {at:%Y-%m-%d}"
        )
    if abs(at - now) > _CLOCKS_DIFFER:
        return f"its time is {at:%Y-%m-%d %H:%M} UTC, this machine's is {now:%Y-%m-%d %H:%M} UTC: one of them is wrong"
    return ""
