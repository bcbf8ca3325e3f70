"""The only code that talks to Kubernetes: API servers and manifest folders → redacted objects → typed inventory."""

from app.collect.access import AccessReview, access_review
from app.collect.cluster import KubernetesSource
from app.collect.evidence import read_snapshot_document, snapshot_document
from app.collect.kinds import KINDS, WATCHED, KindSpec
from app.collect.manifests import ManifestSource
from app.collect.normalize import Normalized, normalize
from app.collect.settings import ApiSettings

__all__ = [
    "KINDS",
    "WATCHED",
    "AccessReview",
    "ApiSettings",
    "KindSpec",
    "KubernetesSource",
    "ManifestSource",
    "Normalized",
    "access_review",
    "normalize",
    "read_snapshot_document",
    "snapshot_document",
]
