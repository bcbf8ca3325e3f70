"""Policy objects that some engines obey beside NetworkPolicy, and that verdicts here do not include."""

from collections.abc import Iterable

from app.detect.evidence import Evidence

AWS = (
    ("networking.k8s.aws", "ClusterNetworkPolicy"),
    ("networking.k8s.aws", "ApplicationNetworkPolicy"),
)
OVN = (("k8s.ovn.org", "EgressFirewall"),)


def beside(evidence: Evidence, *kinds: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """A caution for each kind of which at least one object was read."""
    counted = (
        (f"{kind}.{group}", len(evidence.snapshot.of_kind(group, kind)))
        for family in kinds
        for group, kind in family
    )
    return tuple(
        f"{name}: {count} found; where the engine obeys them they come before or beside NetworkPolicy, and these "
        "verdicts leave them out"
        for name, count in counted
        if count
    )
