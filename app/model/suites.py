"""Which cipher suites are weak, by their IANA names. The one list that findings print.

Source: RFC 9325 (Recommendations for Secure Use of TLS, 2022) section 4.1 and RFC 8996; read 2026. Not negotiable: NULL, export,
anonymous, RC4, DES and 3DES, IDEA, MD5; SEED, which it does not name, is as much out of use as IDEA. Discouraged there and weak
here as well: static RSA key exchange has no forward secrecy, and CBC modes are told apart from AEAD only where the entity's own
policy asks for it.
"""

import re
from collections.abc import Iterable

POLICY = "RFC 9325 section 4.1 (2022)"
SMALLEST_GROUP = 2048  # bits of a finite field (RFC 9325 section 4.5)
_NEVER = (
    "_NULL_",
    "_EXPORT",
    "_anon_",
    "_ANON_",
    "_RC4_",
    "_DES_",
    "_DES40_",
    "_3DES_",
    "_RC2_",
    "_IDEA_",
    "_SEED_",
    "_MD5",
)
# Key exchange without forward secrecy: static RSA, static Diffie-Hellman, a key that both ends share, Kerberos.
_STATIC = (
    *("TLS_RSA_", "TLS_DH_RSA_", "TLS_DH_DSS_", "TLS_ECDH_RSA_", "TLS_ECDH_ECDSA_"),
    *("TLS_PSK_", "TLS_KRB5_"),
)
_OPENSSL_NEVER = ("NULL", "RC4", "DES", "EXP", "ADH", "AECDH", "IDEA", "MD5", "SEED")
_OPENSSL_EPHEMERAL = ("ECDHE-", "DHE-", "EDH-")
_OPENSSL_NAME = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)+|TLS_[A-Z0-9_]+")


def weak_suites(names: Iterable[str]) -> tuple[str, ...]:
    """The weak ones among them, in their order; a name of OpenSSL's kind is read as well."""
    return tuple(dict.fromkeys(name.strip() for name in names if is_weak(name.strip())))


def is_weak(name: str) -> bool:
    """A suite that RFC 9325 forbids, or that has no forward secrecy."""
    if not name:
        return False
    if name.startswith("TLS_"):
        padded = f"{name}_"
        return any(mark in padded for mark in _NEVER) or name.startswith(_STATIC)
    if any(mark in name.upper() for mark in _OPENSSL_NEVER):
        return True
    return bool(_OPENSSL_NAME.fullmatch(name)) and not name.startswith(_OPENSSL_EPHEMERAL)


def is_finite(name: str) -> bool:
    """A suite that agrees on a key in a finite field, whose group has to be large enough; by either kind of name."""
    return name.startswith(("TLS_DHE_", "TLS_DH_anon_", "DHE-", "EDH-", "ADH-"))


def listed_suites(cipher_list: str) -> tuple[str, ...]:
    """Suites of OpenSSL's cipher list that consists of names alone; none for one with keywords, which stand for others."""
    names = tuple(name for name in re.split(r"[:, ]+", cipher_list.strip()) if name)
    return names if all(_OPENSSL_NAME.fullmatch(name) for name in names) else ()
