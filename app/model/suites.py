"""Which cipher suites are weak, by their IANA names. The one list that findings print.

Source: RFC 9325 (Recommendations for Secure Use of TLS, 2022) section 4.1 and RFC 8996; read 2026. Not negotiable: NULL, export,
anonymous, RC4, DES and 3DES, IDEA, MD5. Discouraged there and weak here as well: static RSA key exchange has no forward secrecy,
and CBC modes are told apart from AEAD only where the entity's own policy asks for it.
"""

from collections.abc import Iterable

POLICY = "RFC 9325 section 4.1 (2022)"
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
    "_MD5",
)
_STATIC = "TLS_RSA_WITH_"


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
    return any(mark in name.upper() for mark in ("NULL", "RC4", "DES", "EXP", "ADH", "AECDH", "IDEA", "MD5"))
