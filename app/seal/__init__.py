"""Signatures on reports and bundles: keys of whoever runs netattest, RFC 3161 time-stamps, nothing in the database."""

from app.seal.authority import TimeAuthority
from app.seal.keys import (
    KeyFiles,
    KeyPair,
    Rotation,
    create_key,
    fingerprint_of,
    keep_secret,
    load_key,
    rotate_key,
)
from app.seal.sealer import EvidenceSealer
from app.seal.signing import sign_detached

__all__ = [
    "EvidenceSealer",
    "KeyFiles",
    "KeyPair",
    "Rotation",
    "TimeAuthority",
    "create_key",
    "fingerprint_of",
    "keep_secret",
    "load_key",
    "rotate_key",
    "sign_detached",
]
