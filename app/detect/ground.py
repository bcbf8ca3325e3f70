"""What finders of meshes and links may look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from app.detect.evidence import Evidence
from app.detect.pods import SeenPod, seen_pods
from app.detect.served import Served, served
from app.model.identity import ObjectRef
from app.model.inventory import Inventory
from app.model.platform import Platform


@dataclass(frozen=True)
class Ground:
    """One snapshot: its evidence, its typed objects, and the network plugins that were found.

    `evidence.daemon_sets` are the agents on the host network, none of them claimed yet.
    """

    evidence: Evidence
    inventory: Inventory
    platform: Platform

    @cached_property
    def pods(self) -> tuple[SeenPod, ...]:
        """Every pod with its containers, read once for all finders."""
        return seen_pods(self.evidence, self.inventory)

    @cached_property
    def served(self) -> Mapping[ObjectRef, tuple[Served, ...]]:
        """Services in front of each pod, worked out once for all finders."""
        return served(self.inventory)
