"""Ways in as JSON values: the list `exposures` of `reach --json`."""

from typing import Any

from app.model.edge import Edges, Endpoint, Exposure, Leg, Target
from app.model.encryption import Known
from app.model.policy import AddressRange
from app.model.reachability import ExternalRange


def exposures_shape(edges: Edges) -> list[dict[str, Any]]:
    """Each exposure, sorted by id: endpoints with the client's leg, targets with the backend's."""
    return [_exposure(item) for item in edges.exposures]


def _exposure(item: Exposure) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": item.id,
        "way": item.way.value,
        "endpoints": [_endpoint(end) for end in item.endpoints],
        "targets": [_target(target) for target in item.targets],
    }
    if item.internal:
        shape["internal"] = True
    if item.sources:
        shape["sources"] = [_range(found) for found in item.sources]
    if item.unresolved:
        shape["unresolved"] = list(item.unresolved)
    if item.notes:
        shape["notes"] = list(item.notes)
    return shape


def _range(found: AddressRange) -> str:
    return ExternalRange(found).id.removeprefix("external:")


def _endpoint(end: Endpoint) -> dict[str, Any]:
    shape = {"host": end.host, "port": end.port, "protocol": end.protocol.value, **_leg(end.leg)}
    if end.addresses:
        shape["addresses"] = list(end.addresses)
    return shape


def _target(target: Target) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "workload": target.workload,
        "protocol": target.protocol.value,
        "port": target.port,
        "admitted": target.admitted.value,
        "why": target.why,
        **_leg(target.leg),
    }
    if target.service:
        shape["service"] = target.service
    if target.via:
        shape["via"] = list(target.via)
    return shape


def _leg(leg: Leg) -> dict[str, Any]:
    shape = {"security": leg.security.value, "strength": leg.strength.value, "says": leg.says}
    if leg.lowest:
        shape["lowest"] = leg.lowest
    if leg.client_certificate is Known.YES:
        shape["client_certificate"] = "required"
    return shape
