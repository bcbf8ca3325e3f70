"""The only code that talks to Kubernetes: API servers and manifest folders → redacted objects → typed inventory."""

from app.collect.access import AccessReview, access_review
from app.collect.cluster import KubernetesSource
from app.collect.kinds import KINDS, WATCHED, KindSpec
from app.collect.kinds.names import WORKLOADS
from app.collect.manifests import ManifestSource
from app.collect.normalize import Normalized, normalize
from app.collect.overlay import Overlaid, find_object, objects_of, overlay
from app.collect.settings import ApiSettings

__all__ = [
    "KINDS",
    "WATCHED",
    "WORKLOADS",
    "AccessReview",
    "ApiSettings",
    "KindSpec",
    "KubernetesSource",
    "ManifestSource",
    "Normalized",
    "Overlaid",
    "access_review",
    "find_object",
    "normalize",
    "objects_of",
    "overlay",
]
