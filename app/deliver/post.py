"""One HTTP request of JSON, to one address, over TLS that is checked; no redirect is followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from app.deliver.message import one_line
from app.errors import DeliveryError, TransientDeliveryError

_BUSY = {408, 425, 429}  # and every 5xx: the server says that it may be another time
_DONE = range(200, 300)
_BROKEN = range(500, 600)
_READ = 64 * 2**10


@dataclass(frozen=True)
class Address:
    """Where requests go. The URL is a secret itself in many services: only its host is ever told."""

    url: str = field(repr=False)
    trust_anchors: Path | None = None
    timeout: float = 30.0

    @property
    def host(self) -> str:
        """Host and port, which may be told."""
        parts = urlsplit(self.url)
        return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


def post_json(address: Address, body: bytes, headers: Mapping[str, str], channel: str) -> str:
    """Post bytes of JSON.

    Returns:
        The beginning of what the server answered, as one line.

    Raises:
        TransientDeliveryError: no connection, a time-out, or an answer that asks for patience.
        DeliveryError: any other answer than 2xx, or a certificate that is not trusted.
    """
    anchors = str(address.trust_anchors) if address.trust_anchors else None
    try:
        with urllib3.PoolManager(ca_certs=anchors, retries=False) as pool:
            answer = pool.request(
                "POST",
                address.url,
                body=body,
                headers={"Content-Type": "application/json", "User-Agent": "netattest", **headers},
                timeout=address.timeout,
                redirect=False,
                preload_content=False,
            )
            said = one_line(answer.read(_READ).decode("utf-8", "replace"))
            answer.release_conn()
    except (SSLError, MaxRetryError, HTTPError, OSError) as error:
        raise _unreached(address, error, channel) from None  # the error's own text holds the URL
    if answer.status in _DONE:
        return said
    kind = TransientDeliveryError if answer.status in _BUSY or answer.status in _BROKEN else DeliveryError
    raise kind(
        f"channel {channel}: {address.host} answered {answer.status}: {said}",
        advice="check the address and its credentials with whoever runs that service",
    )


def _unreached(address: Address, error: Exception, channel: str) -> DeliveryError:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(cause, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return DeliveryError(
            f"channel {channel}: the certificate of {address.host} is not trusted",
            advice="name its authority in trust_anchors, or correct the address",
        )
    return TransientDeliveryError(
        f"channel {channel}: {address.host} cannot be reached: {type(cause).__name__}",
        advice="check the address, the proxy and the firewall",
    )
