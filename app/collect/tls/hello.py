"""ClientHello messages, written byte by byte: the local library may refuse versions and suites that a server still takes.

Only greetings are exchanged: no secret is agreed on and no application data flows in these connections.
Source: RFC 5246 (TLS 1.2), RFC 8446 (TLS 1.3), RFC 6066 (server name), the IANA registry of TLS cipher suites.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

SSL_3_0, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
VERSIONS = {
    SSL_3_0: "SSL 3.0",
    TLS_1_0: "TLS 1.0",
    TLS_1_1: "TLS 1.1",
    TLS_1_2: "TLS 1.2",
    TLS_1_3: "TLS 1.3",
}
HANDSHAKE, CLIENT_HELLO = 22, 1

SUITES_1_3 = {
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256",
    0x1305: "TLS_AES_128_CCM_8_SHA256",
}
SUITES = {
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCAA: "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xC0AC: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
    0xC0AD: "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0x0067: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    0x006B: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x0041: "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA",
    0x0084: "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0x003A: "TLS_DH_anon_WITH_AES_256_CBC_SHA",
    0x00A6: "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x003B: "TLS_RSA_WITH_NULL_SHA256",
    0x0001: "TLS_RSA_WITH_NULL_MD5",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
}
ALL_SUITES = {**SUITES_1_3, **SUITES}

_GROUPS = (0x001D, 0x0017, 0x0018, 0x0019, 0x0100)  # x25519, secp256r1, secp384r1, secp521r1, ffdhe2048
_SIGNATURES = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806),
    *(0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0402, 0x0202),
)
_X25519 = 0x001D


@dataclass(frozen=True, slots=True)
class Greeting:
    """What one ClientHello offers. `random` and `share` are 32 bytes each; the share need not lead to any secret."""

    version: int
    suites: Sequence[int]
    server_name: str
    random: bytes
    share: bytes


def suites_for(version: int) -> tuple[int, ...]:
    """Suites that can be offered in a version, strongest first; those with AEAD or SHA-256 exist since TLS 1.2."""
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
    parts.append(_extension(10, _list(_GROUPS)))  # supported_groups
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
