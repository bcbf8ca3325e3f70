"""Which addresses of pods count when an address block is compared with a pod, and who meets whom over which of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class View:
    """Addresses that count: of one family or of both (None), and whether an `ipBlock` is compared with pods at all."""

    family: Literal[4, 6] | None
    ip_blocks: bool

    @property
    def slot(self) -> int:
        """Its place in values that are kept for each view."""
        return SLOTS.index(self)


NO_PODS = View(None, ip_blocks=False)
ANY_ADDRESS = View(None, ip_blocks=True)
SLOTS: tuple[View, ...] = tuple(
    View(family, ip_blocks=given) for given in (True, False) for family in (None, 4, 6)
)


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A view, and the set of endpoints that may have an address of its family."""

    view: View
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
    met = tuple(point for point in points if point.view.family in families)
    strangers = everyone
    for point in met:
        strangers &= ~point.endpoints
    if not strangers:
        return met
    return (*met, Viewpoint(View(None, ip_blocks=points[0].view.ip_blocks), strangers))
