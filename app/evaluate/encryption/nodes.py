"""What the link does for the pods of each node."""

from collections.abc import Sequence

from app.evaluate.encryption.kinds import Population
from app.evaluate.encryption.pairs import Pairs, weakest_of
from app.model.inventory import Inventory
from app.model.reachability import Workload
from app.model.transit import PathVerdict


def nodes(
    workloads: Sequence[Workload], inventory: Inventory, population: Population, pairs: Pairs
) -> tuple[tuple[str, PathVerdict], ...]:
    """The weakest verdict of a node's pods with pods like themselves elsewhere; pods on the host network are left out."""
    found: dict[str, set[int]] = {}
    node_of = {pod.ref: pod.node for pod in inventory.pods}
    refs = (ref for item in workloads if not item.host_network for ref in item.pod_refs)
    for ref in refs:
        if node_of[ref]:
            found.setdefault(node_of[ref], set()).add(population.kind_of[ref])
    return tuple(
        (name, weakest_of({(kind, kind): pairs.link(kind) for kind in sorted(kinds)}).verdict)
        for name, kinds in sorted(found.items())
    )
