"""Certificates that Google Cloud keeps for Ingresses of GKE: what their objects say, as their bytes are in no cluster.

Source: GoogleCloudPlatform/gke-managed-certs (`ManagedCertificate` of `networking.gke.io`).
"""

from collections.abc import Iterator

from app.evaluate.edges.ingress_gce import GROUP, managed_names
from app.evaluate.edges.times import read_time
from app.evaluate.edges.world import Item, World, words
from app.model.certificate import Certificate, CertificateSource
from app.model.encryption import EvidenceStrength, Known
from app.model.fields import text


def of_google(world: World) -> Iterator[Certificate]:
    """Each ManagedCertificate, with the Ingresses that name it."""
    users: dict[tuple[str, str], list[str]] = {}
    for ingress in world.items("networking.k8s.io", "Ingress"):
        for name in managed_names(ingress):
            users.setdefault((ingress.namespace, name), []).append(str(ingress.ref))
    for item in world.items(GROUP, "ManagedCertificate"):
        yield _certificate(item, tuple(sorted(users.get((item.namespace, item.name), ()))))


def _certificate(item: Item, exposures: tuple[str, ...]) -> Certificate:
    status = text(item.at("status", "certificateStatus"))
    ready = Known.YES if status == "Active" else Known.NO if status else Known.UNKNOWN
    return Certificate(
        id=str(item.ref),
        source=CertificateSource.PROVIDER,
        ref=item.ref,
        field="status",
        strength=EvidenceStrength.CONFIGURED if status else EvidenceStrength.INTENDED,
        names=words(item.spec.get("domains")),
        not_after=read_time(item.at("status", "expireTime")),
        ready=ready,
        issuer="Google-managed",
        self_signed=Known.NO if ready is Known.YES else Known.UNKNOWN,
        exposures=exposures,
    )
