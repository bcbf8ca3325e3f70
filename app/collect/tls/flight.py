"""The first flight of a server up to TLS 1.2: its whole chain, whether it asks for a certificate of the client, its group.

TLS 1.3 encrypts the first two, so there only a whole handshake shows them, and takes groups by their names alone.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from app.collect.tls.answer import IncompleteError, NotTlsError, records
from app.collect.tls.hello import HANDSHAKE

_CERTIFICATE, _KEY_EXCHANGE, _CERTIFICATE_REQUEST, _DONE = 11, 12, 13, 14
_LONGEST_CHAIN = 10
_LONGEST = 128 * 1024


@dataclass(frozen=True, slots=True)
class Flight:
    """`chain` is DER in base64, leaf first."""

    chain: tuple[str, ...]
    asks: bool


def read_flight(data: bytes) -> Flight:
    """Messages up to ServerHelloDone.

    Raises:
        IncompleteError: it is not there yet.
        NotTlsError: it will never be.
    """
    chain: tuple[str, ...] = ()
    asks = False
    for kind, body in _messages(data):
        if kind == _CERTIFICATE:
            chain = tuple(_certificates(body))
        asks = asks or kind == _CERTIFICATE_REQUEST
        if kind == _DONE:
            return Flight(chain, asks)
    raise IncompleteError


def read_group_size(data: bytes) -> int:
    """Bits of the prime of a finite field that the server wants to agree on a key in; for a greeting that offers such suites alone.

    Raises as `read_flight`. Source: RFC 5246 section 7.4.3, `ServerDHParams`.
    """
    for kind, body in _messages(data):
        if kind == _KEY_EXCHANGE:
            size = int.from_bytes(body[:2], "big")
            if not 0 < size <= len(body) - 2:
                raise NotTlsError("a prime that is longer than its message")
            return int.from_bytes(body[2 : 2 + size], "big").bit_length()
        if kind == _DONE:
            raise NotTlsError("a handshake without the group that its suite needs")
    raise IncompleteError


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    joined = b""
    for kind, payload in records(data):
        if kind != HANDSHAKE:
            raise NotTlsError("an alert in the middle of the handshake")
        joined += payload
        while len(joined) >= 4 and len(joined) >= 4 + (length := int.from_bytes(joined[1:4], "big")):  # noqa: PLR2004
            yield joined[0], joined[4 : 4 + length]
            joined = joined[4 + length :]
        if len(joined) > _LONGEST:
            raise NotTlsError("a handshake message of an absurd length")


def _certificates(body: bytes) -> Iterator[str]:
    rest = body[3:]
    for _ in range(_LONGEST_CHAIN):
        length = int.from_bytes(rest[:3], "big")
        if not length or len(rest) < 3 + length:
            return
        yield base64.b64encode(rest[3 : 3 + length]).decode()
        rest = rest[3 + length :]
