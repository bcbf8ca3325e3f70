"""A signed webhook: whoever has the shared secret can tell that it comes from here, is whole, and is fresh.

The signature is HMAC-SHA-256 (RFC 2104) over `<timestamp>.<body>`, with the time in seconds since 1970, in the header

    Netattest-Signature: t=1764115200,v1=<64 hexadecimal characters>

A receiver works out the same with `verify_signature`, refuses what is older than five minutes, and keeps
`Netattest-Delivery`, which names a delivery for ever: the same one twice is a repetition.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.deliver.post import Address, post_json
from app.model.canonical import canonical_json, digest
from app.model.news import DeliveryKey, Parcel

SIGNATURE = "Netattest-Signature"
DELIVERY = "Netattest-Delivery"
TOLERANCE_SECONDS = 300


@dataclass(frozen=True)
class WebhookChannel:
    """Posts the news and the names and digests of the files, never the files."""

    name: str
    address: Address
    secret: bytes = field(repr=False)
    now: Callable[[], datetime]

    def send(self, parcel: Parcel) -> str:
        """Post once, signed with the time of this attempt."""
        news = parcel.news
        key = DeliveryKey(news.cluster, news.occasion, self.name)
        identity = digest(str(key).encode())
        body = canonical_json(
            {
                **news.document(),
                "delivery": identity,
                "files": [
                    {"name": item.name, "sha256": item.digest, "size": len(item.body)}
                    for item in parcel.artefacts
                ],
            }
        )
        at = int(self.now().timestamp())
        headers = {SIGNATURE: f"t={at},v1={signature(body, self.secret, at)}", DELIVERY: identity}
        post_json(self.address, body, headers, self.name)
        return self.address.host


def signature(body: bytes, secret: bytes, at: int) -> str:
    """HMAC-SHA-256 over time and body, in hexadecimal."""
    return hmac.digest(secret, b"%d." % at + body, "sha256").hex()


def verify_signature(
    header: str, body: bytes, secret: bytes, now: int, tolerance: int = TOLERANCE_SECONDS
) -> bool:
    """What a receiver does: True when the header was made with the secret for this body, and lately.

    Args:
        header: value of `Netattest-Signature`.
        body: the bytes of the request, as they came.
        secret: the shared secret.
        now: the receiver's time in seconds since 1970.
        tolerance: greatest age, and greatest lead, in seconds.
    """
    parts = dict(item.partition("=")[::2] for item in header.split(","))
    at = parts.get("t", "")
    if not (at.isascii() and at.isdigit()) or abs(now - int(at)) > tolerance:
        return False
    return hmac.compare_digest(signature(body, secret, int(at)), parts.get("v1", ""))
