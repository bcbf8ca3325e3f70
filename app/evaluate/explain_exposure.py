"""How far a workload is open to ends that do not exist yet, in words."""

from collections.abc import Iterator

from app.model.connections import Connections
from app.model.policy import Direction
from app.model.reachability import Exposure, Openness

_NAMED = 5

_Words = tuple[str, str]  # what it depends on, and the verb that goes with it
_ANYWHERE: _Words = ("its namespace, labels or address", "fit")
_WITHIN: _Words = ("its labels or address", "fit")
_OUTSIDE: _Words = ("its address", "fits")


def explain_exposure(workload: str, direction: Direction, exposure: Exposure) -> tuple[str, ...]:
    """One sentence for pods with any labels anywhere, one for namespaces that differ, one for addresses outside."""
    verb = "accepts from" if direction is Direction.INGRESS else "may send to"
    return (
        f"{workload} {verb} {_says(exposure.anywhere, 'a pod to come, in any namespace', _ANYWHERE)}.",
        *_of_namespaces(workload, verb, exposure),
        f"{workload} {verb} {_says(exposure.outside, 'an address outside the cluster', _OUTSIDE)}.",
    )


def _of_namespaces(workload: str, verb: str, exposure: Exposure) -> Iterator[str]:
    """Namespaces that are alike are told together."""
    groups: dict[Openness, list[str]] = {}
    for name, found in exposure.namespaces:
        groups.setdefault(found, []).append(name)
    for found, names in groups.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        which = f"a pod to come in namespace {', '.join(names[:_NAMED])}{more}"
        yield f"{workload} {verb} {_says(found, which, _WITHIN)}."


def _says(found: Openness, whom: str, words: _Words) -> str:
    depends, fit = words
    more = found.some - found.every
    if not found.some:
        return f"{whom}: nothing"
    if not more:
        return f"{whom}: {_ports(found.every)}, whatever {depends}"
    if not found.every:
        return f"{whom}: {_ports(more)} if {depends} {fit}"
    return f"{whom}: {_ports(found.every)} whatever {depends}, and {_ports(more)} if {depends} {fit}"


def _ports(ports: Connections) -> str:
    return "everything" if ports.is_all else str(ports)
