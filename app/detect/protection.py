"""Everything in a cluster that could encrypt or authenticate traffic: meshes end to end, links between nodes."""

from app.detect.evidence import Evidence
from app.detect.ground import Ground
from app.detect.links import LINKS, never
from app.detect.links.doubted import DoubtedLinks
from app.detect.meshes import MESHES
from app.model.inventory import Inventory
from app.model.platform import Platform
from app.model.snapshot import Snapshot
from app.model.transit import Protection


def protection(snapshot: Snapshot, inventory: Inventory, platform: Platform) -> Protection:
    """Look for every system that this version knows. What is not found there is nowhere: see each system's cautions."""
    ground = Ground(Evidence.of(snapshot), inventory, platform)
    links = [link for find in LINKS for link in find(ground)]
    said = {text for link in links for text in link.cautions}
    doubt = ground.evidence.doubt("apps", "DaemonSet")
    return Protection(
        meshes=tuple(sorted((mesh for find in MESHES for mesh in find(ground)), key=lambda item: item.id)),
        links=tuple(
            sorted((DoubtedLinks(link, doubt) if doubt else link for link in links), key=lambda item: item.id)
        ),
        cautions=tuple(text for text in never.clouds(ground) if text not in said),
    )
