"""Certificates of a TLS Secret → certificates alone.

What is kept of `tls.crt` is what parses as a certificate, written anew from its parsed form: a private key, a comment or any
other byte that stands in the same field does not survive.
"""

import base64
import binascii
import warnings
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_FIELD = "tls.crt"
_MOST_BYTES = 1024 * 1024  # of one field; etcd's own limit for a Secret


def certificates_alone(data: Any) -> str:
    """The certificates of `data["tls.crt"]`, as base64 of PEM; empty where there is none."""
    field = data.get(_FIELD) if isinstance(data, dict) else None
    if not isinstance(field, str) or len(field) > _MOST_BYTES:
        return ""
    try:
        text = base64.b64decode(field, validate=True).decode("ascii", "replace")
    except (ValueError, binascii.Error):
        return ""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    parts = [part.partition(end)[0] for part in text.split(begin)[1:]]
    return base64.b64encode(b"".join(_rewritten(part) for part in parts)).decode()


def _rewritten(part: str) -> bytes:
    """One certificate from its parsed form; nothing for what is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            der = base64.b64decode("".join(part.split()), validate=True)
            return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        except (ValueError, binascii.Error, TypeError):
            return b""
