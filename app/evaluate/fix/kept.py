"""Declared and observed flows, pair by pair: what of them one view has, and another has not."""

from collections.abc import Iterable, Iterator

from app.model.fix import FlowLoss
from app.model.flows import DeclaredFlow, FlowEnd
from app.model.reachability import Reachability


def ends_of(end: FlowEnd, reachability: Reachability) -> tuple[str, ...]:
    """Endpoint ids that one end of a flow means; none where nothing of the kind is there."""
    if end.outside:
        return tuple(item.id for item in reachability.externals if end.touches(item))
    return tuple(item.id for item in reachability.workloads if end.means(item))


def flow_losses(
    flows: Iterable[DeclaredFlow], before: Reachability, after: Reachability
) -> tuple[FlowLoss, ...]:
    """What of the flows is open before and not after. Pairs are those of the later view, whose ranges are the narrower."""
    return tuple(
        FlowLoss(flow.id, source, destination, lost, flow.observed)
        for flow, source, destination in _pairs(flows, after)
        if (lost := (before.between(source, destination) & flow.ports) - after.between(source, destination))
    )


def unmet_flows(flows: Iterable[DeclaredFlow], view: Reachability) -> tuple[FlowLoss, ...]:
    """What of the flows is closed in a view."""
    return tuple(
        FlowLoss(flow.id, source, destination, missing, flow.observed)
        for flow, source, destination in _pairs(flows, view)
        if (missing := flow.ports - view.between(source, destination))
    )


def strangers(flows: Iterable[DeclaredFlow], view: Reachability) -> tuple[str, ...]:
    """Ends of flows that are nothing in a view, each once, with the first flow that names it."""
    found: dict[str, str] = {}
    for flow in flows:
        for end in (flow.source, flow.destination):
            if end.text not in found and not ends_of(end, view):
                found[end.text] = f"{end.text} ({flow.id})"
    return tuple(found.values())


def _pairs(flows: Iterable[DeclaredFlow], view: Reachability) -> Iterator[tuple[DeclaredFlow, str, str]]:
    for flow in flows:
        for source in ends_of(flow.source, view):
            for destination in ends_of(flow.destination, view):
                if source != destination:
                    yield flow, source, destination
