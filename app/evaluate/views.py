"""Which addresses of pods count when an `ipBlock` is compared with a pod, and who meets whom over which of them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """Addresses of pods that count: of one family, of both, or none."""

    v4: bool
    v6: bool


NO_PODS = View(v4=False, v6=False)
ANY_ADDRESS = View(v4=True, v6=True)


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A view, its address family (None: both together), and the set of endpoints that may have an address of it."""

    view: View
    family: int | None
    endpoints: int


def viewpoints_for(
    points: Sequence[Viewpoint], families: frozenset[int], everyone: int
) -> tuple[Viewpoint, ...]:
    """Viewpoints from which an end with these address families is seen, each with the ends that see it so.

    Two ends meet over the families that both have. Ends that are known to share none are judged on all their addresses:
    policies would permit what the network does not carry.

    Args:
        points: the viewpoints of a cluster.
        families: those of one end; empty when they are not known.
        everyone: the set of all endpoints.
    """
    if len(points) == 1 or not families:
        return tuple(points)
    met = tuple(point for point in points if point.family in families)
    strangers = everyone
    for point in met:
        strangers &= ~point.endpoints
    return (*met, Viewpoint(ANY_ADDRESS, None, strangers)) if strangers else met
