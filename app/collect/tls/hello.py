"""ClientHello messages, written byte by byte: the local library may refuse versions and suites that a server still takes.

Only greetings are exchanged: no secret is agreed on and no application data flows in these connections.
Source: RFC 5246 (TLS 1.2), RFC 8446 (TLS 1.3), RFC 6066 (server name), the IANA registry of TLS cipher suites.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from app.collect.tls.suites import SUITES, SUITES_1_3

SSL_3_0, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
VERSIONS = {
    SSL_3_0: "SSL 3.0",
    TLS_1_0: "TLS 1.0",
    TLS_1_1: "TLS 1.1",
    TLS_1_2: "TLS 1.2",
    TLS_1_3: "TLS 1.3",
}
HANDSHAKE, CLIENT_HELLO = 22, 1

# x25519, x448, secp256r1, secp384r1, secp521r1, ffdhe2048 to ffdhe8192, brainpool of RFC 7027, X25519MLKEM768, SecP256r1MLKEM768
_FINITE = (0x0100, 0x0101, 0x0102, 0x0103, 0x0104)
_GROUPS = (
    *(0x001D, 0x001E, 0x0017, 0x0018, 0x0019),
    *_FINITE,
    *(0x001A, 0x001B, 0x001C, 0x11EC, 0x11EB),
)
# ECDSA, EdDSA and both kinds of RSA-PSS; then PKCS #1 and what is old
_SIGNATURES = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B),
    *(0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0402, 0x0202),
)
_X25519 = 0x001D


@dataclass(frozen=True, slots=True)
class Greeting:
    """What one ClientHello offers. `random` and `share` are 32 bytes each; the share need not lead to any secret.

    Without `named` groups of finite fields (RFC 7919) a server falls back on the group that it has for clients who know none.
    """

    version: int
    suites: Sequence[int]
    server_name: str
    random: bytes
    share: bytes
    named: bool = True


def suites_for(version: int) -> tuple[int, ...]:
    """Suites that can be offered in a version, modern ones first; those with AEAD or SHA-256 exist since TLS 1.2."""
    if version == TLS_1_3:
        return tuple(SUITES_1_3)
    if version == TLS_1_2:
        return tuple(SUITES)
    return tuple(code for code, name in SUITES.items() if name.endswith(("_SHA", "_MD5")))


def client_hello(greeting: Greeting) -> bytes:
    """One TLS record with a ClientHello that offers a single version."""
    legacy = min(greeting.version, TLS_1_2)
    suites = b"".join(struct.pack("!H", code) for code in greeting.suites)
    body = struct.pack("!H", legacy) + greeting.random + b"\x00"
    body += struct.pack("!H", len(suites)) + suites + b"\x01\x00"
    if greeting.version > SSL_3_0:
        extensions = _extensions(greeting)
        body += struct.pack("!H", len(extensions)) + extensions
    message = bytes([CLIENT_HELLO]) + len(body).to_bytes(3, "big") + body
    record = SSL_3_0 if greeting.version == SSL_3_0 else TLS_1_0
    return bytes([HANDSHAKE]) + struct.pack("!HH", record, len(message)) + message


def _extensions(greeting: Greeting) -> bytes:
    parts = [_name(greeting.server_name)] if greeting.server_name else []
    groups = [group for group in _GROUPS if greeting.named or group not in _FINITE]
    parts.append(_extension(10, _list(groups)))  # supported_groups
    parts.append(_extension(11, b"\x01\x00"))  # ec_point_formats: uncompressed
    if greeting.version >= TLS_1_2:
        parts.append(_extension(13, _list(_SIGNATURES)))  # signature_algorithms
    parts.append(_extension(0xFF01, b"\x00"))  # renegotiation_info
    if greeting.version == TLS_1_3:
        parts.append(_extension(43, b"\x02" + struct.pack("!H", TLS_1_3)))  # supported_versions
        share = struct.pack("!HH", _X25519, len(greeting.share)) + greeting.share
        parts.append(_extension(51, struct.pack("!H", len(share)) + share))  # key_share
    return b"".join(parts)


def _name(host: str) -> bytes:
    encoded = host.encode("idna") if not host.isascii() else host.encode("ascii")
    entry = b"\x00" + struct.pack("!H", len(encoded)) + encoded
    return _extension(0, struct.pack("!H", len(entry)) + entry)


def _list(values: Sequence[int]) -> bytes:
    packed = b"".join(struct.pack("!H", value) for value in values)
    return struct.pack("!H", len(packed)) + packed


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack("!HH", kind, len(data)) + data
