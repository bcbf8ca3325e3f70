"""What finders of meshes and links may look at."""

from dataclasses import dataclass

from app.detect.evidence import Evidence
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
