"""What a server says to a ClientHello, read without trusting a single length in it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.collect.tls.hello import HANDSHAKE, TLS_1_3, VERSIONS
from app.collect.tls.suites import ALL_SUITES

ALERT = 21
_SERVER_HELLO = 2
_LONGEST_RECORD = 16384 + 2048  # RFC 5246 section 6.2.3
_SUPPORTED_VERSIONS = 43
_HEADER = 5
_VERSION_AND_RANDOM = 34


class NotTlsError(Exception):
    """The bytes are no TLS record, or no ServerHello that fits what was offered."""


class IncompleteError(Exception):
    """More bytes are needed."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A ServerHello: version and suite that the server chose."""

    version: int
    suite: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An alert. `code` is its description (RFC 8446 section 6)."""

    code: int


def read_answer(data: bytes) -> Chosen | Refused:
    """The first message in the bytes that came so far.

    Raises:
        IncompleteError: it is not whole yet.
        NotTlsError: it will never be one.
    """
    kind, payload = _record(data)
    if kind == ALERT:
        if len(payload) != 2:  # noqa: PLR2004  level and description
            raise NotTlsError("an alert of a wrong length")
        return Refused(payload[1])
    message = _message(data)
    if message[0] != _SERVER_HELLO:
        raise NotTlsError("a handshake message that is no ServerHello")
    return _server_hello(message[4:])


def _record(data: bytes) -> tuple[int, bytes]:
    if data and data[0] not in (ALERT, HANDSHAKE):
        raise NotTlsError("it does not answer with TLS")
    if len(data) < _HEADER:
        raise IncompleteError
    kind, major, _, length = struct.unpack("!BBBH", data[:_HEADER])
    if major != 3 or not 0 < length <= _LONGEST_RECORD:  # noqa: PLR2004  of SSL 3.0 and every TLS
        raise NotTlsError("a record with a wrong version or length")
    if len(data) < _HEADER + length:
        raise IncompleteError
    return kind, data[_HEADER : _HEADER + length]


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every record in the bytes that came so far, then `IncompleteError`; raises as `read_answer`."""
    while True:
        kind, payload = _record(data)
        yield kind, payload
        data = data[_HEADER + len(payload) :]


def _message(data: bytes) -> bytes:
    """The first handshake message, which may be cut into records."""
    joined = b""
    for kind, payload in records(data):
        if kind != HANDSHAKE:
            raise NotTlsError("a handshake message that is cut off")
        joined += payload
        if len(joined) < 4:  # noqa: PLR2004  type and length
            continue
        length = int.from_bytes(joined[1:4], "big")
        if length > _LONGEST_RECORD:
            raise NotTlsError("a handshake message of an absurd length")
        if len(joined) >= 4 + length:
            return joined[: 4 + length]
    raise IncompleteError


def _server_hello(body: bytes) -> Chosen:
    try:
        version = struct.unpack("!H", body[:2])[0]
        session = body[_VERSION_AND_RANDOM]
        at = _VERSION_AND_RANDOM + 1 + session
        suite = struct.unpack("!H", body[at : at + 2])[0]
        version = _selected(body[at + 3 :]) or version
    except (IndexError, struct.error):
        raise NotTlsError("a ServerHello that ends too early") from None
    if version not in VERSIONS or suite not in ALL_SUITES:
        raise NotTlsError("a ServerHello with a version or suite that was not offered")
    return Chosen(version, suite)


def _selected(data: bytes) -> int:
    """`supported_versions` of a ServerHello; 0 where there is none."""
    if len(data) < 2:  # noqa: PLR2004  length of the extensions
        return 0
    rest = data[2 : 2 + struct.unpack("!H", data[:2])[0]]
    while len(rest) >= 4:  # noqa: PLR2004  type and length
        kind, length = struct.unpack("!HH", rest[:4])
        if kind == _SUPPORTED_VERSIONS and length == 2:  # noqa: PLR2004  one version
            version: int = struct.unpack("!H", rest[4:6])[0]
            return version if version == TLS_1_3 else 0
        rest = rest[4 + length :]
    return 0
