"""Ids of endpoints, as people and other parts write them, and the endpoints that they name."""

from functools import cached_property
from typing import Literal

from app.errors import NotFoundError
from app.evaluate.addresses import parse
from app.evaluate.cluster import Cluster, Endpoint
from app.model.policy import AddressRange

_EXTERNAL = "external:"


class Directory:
    """Finds endpoints by id: `namespace/name[Kind]`, or `external:` with an address or `FIRST-LAST`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {workload.id: position for position, workload in enumerate(self._cluster.workloads)}

    @cached_property
    def _atoms(self) -> dict[str, Endpoint]:
        atoms = (self._cluster.atom(number) for number in range(len(self._cluster.externals)))
        return {atom.id: atom for atom in atoms}

    @staticmethod
    def is_external(name: str) -> bool:
        """True for an id that names addresses outside the cluster."""
        return name.startswith(_EXTERNAL)

    def workload(self, name: str) -> Endpoint:
        """A workload by id. Raises `NotFoundError` when there is none."""
        position = self._positions.get(name)
        if position is None:
            raise NotFoundError(
                f"there is no workload {name}",
                advice="workload ids are listed by `netattest reach`, for example shop/cart[Deployment]",
            )
        return self._cluster.workload(position)

    def endpoint(self, name: str) -> Endpoint:
        """A workload, or an address atom; a wider range stands for its first atom (see `endpoints`)."""
        return self.endpoints(name)[0]

    def endpoints(self, name: str) -> list[Endpoint]:
        """A workload, or all address atoms that a range touches."""
        if not self.is_external(name):
            return [self.workload(name)]
        if known := self._atoms.get(name):
            return [known]
        wanted = _range(name)
        return [self._cluster.atom(number) for number in self._cluster.space.atoms_touching(wanted)]


def _range(name: str) -> AddressRange:
    first, _, last = name.removeprefix(_EXTERNAL).partition("-")
    begin, end = parse(first), parse(last or first)
    if begin is None or end is None or begin[0] != end[0] or begin[1] > end[1]:
        raise NotFoundError(
            f"{name} does not name addresses outside the cluster",
            advice="write external:ADDRESS or external:FIRST-LAST, for example external:0.0.0.0-255.255.255.255",
        )
    version: Literal[4, 6] = 4 if begin[0] == 4 else 6  # noqa: PLR2004  IP version
    return AddressRange(version, begin[1], end[1])
