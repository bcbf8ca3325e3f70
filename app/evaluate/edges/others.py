"""Routes of controllers whose objects are known by name alone: each is a way in of which nothing else is known.

Left out they would make a cluster look closed. Only names are read of them, so that the rights that a scan asks for stay small.
"""

from collections.abc import Iterator

from app.evaluate.edges.admission import Admission
from app.evaluate.edges.world import Item, World
from app.model.edge import OTHER_ROUTES, Exposure, Way


def other_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each such object."""
    del admission
    for kind, product in OTHER_ROUTES.items():
        for item in world.items(kind.group, kind.kind):
            yield _exposure(item, product)


def _exposure(item: Item, product: str) -> Exposure:
    says = f"what {item.ref} of {product} leads to, and over which protocol, is not read"
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.OTHER,
        field="metadata.name",
        says=f"routes requests by {product}, whose routes are not read",
        unresolved=(says,),
        astray=(says,),
    )
