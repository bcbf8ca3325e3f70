"""The one byte form of a value, and its digest.

Canonical JSON here: UTF-8, object keys sorted by code point, no insignificant space, no floats other than those the
Kubernetes API itself sent. Two equal values have equal bytes, so a digest identifies a value.
"""

import hashlib
from typing import Any

import msgspec
import orjson

NOT_THAT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON asked for."""
_OPTIONS = orjson.OPT_SORT_KEYS


def canonical_json(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        TypeError: the value holds something JSON cannot carry (an integer beyond 64 bits, a lone surrogate).
    """
    return orjson.dumps(value, option=_OPTIONS)


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 lower-case hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """Return the digest of a JSON value's canonical bytes."""
    return digest(canonical_json(value))
