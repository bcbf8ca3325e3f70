"""GKE without Dataplane V2: Google gives pods a network, and only Calico's agent enforces policies there.

Source: GKE documentation, "Create a cluster network policy": with enforcement off, `calico-node` is not scheduled.
"""

from app.detect.distribution import distribution
from app.detect.evidence import Evidence
from app.detect.provider import Engine, Provider, not_enforced

_DATAPLANE_V2 = ("apps", "DaemonSet", "kube-system", "anetd")


def find(evidence: Evidence) -> Engine | None:
    """Recognise GKE nodes without DaemonSet `anetd`."""
    labelled = [node for node in evidence.nodes if "cloud.google.com/gke-nodepool" in node.labels]
    if not labelled or distribution(evidence) != "GKE" or evidence.object(*_DATAPLANE_V2):
        return None
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        verdict=not_enforced(
            "these GKE nodes run no agent of Dataplane V2, and GKE's own network has no policy engine",
            labelled[0].label_sign("cloud.google.com/gke-nodepool", "the node belongs to GKE"),
        ),
    )


PROVIDER = Provider("gke", "GKE networking", find)
