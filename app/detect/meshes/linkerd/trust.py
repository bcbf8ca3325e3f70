"""Trust anchors of Linkerd: public certificates in a ConfigMap, whose end is the end of every identity below them."""

from datetime import UTC, datetime, timedelta

from cryptography import x509

from app.detect.evidence import Evidence
from app.detect.settings import config_map

_CONFIG, _KEY = "linkerd-identity-trust-roots", "ca-bundle.crt"
_SOON = timedelta(days=60)  # Linkerd's own check warns this long before


def weaknesses(evidence: Evidence, namespace: str) -> tuple[str, ...]:
    """What is wrong with the trust anchors at the time of the snapshot, one sentence each; empty when nothing is known to be."""
    found = config_map(evidence, namespace, _CONFIG)
    setting = found.get(_KEY) if found else None
    if setting is None or not setting.value:
        return ()
    name = f"ConfigMap {namespace}/{_CONFIG}"
    try:
        anchors = x509.load_pem_x509_certificates(setting.value.encode())
    except ValueError:
        return (f"{name}, data['{_KEY}'], holds no certificates that can be read",)
    last = max(item.not_valid_after_utc for item in anchors)
    return _sentence(name, last, evidence.snapshot.taken_at.astimezone(UTC))


def _sentence(name: str, last: datetime, at: datetime) -> tuple[str, ...]:
    if last < at:
        return (f"the trust anchors in {name} expired on {last.date().isoformat()}",)
    if last - at < _SOON:
        return (f"the trust anchors in {name} expire on {last.date().isoformat()}",)
    return ()
