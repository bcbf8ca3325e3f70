"""Lines of `hubble observe -o json`: Cilium's flow records in their JSON form.

Source: Cilium's API, `flow/flow.proto` (Flow, Endpoint, Layer4, Verdict) and `observer/observer.proto` (GetFlowsResponse).
"""

from collections.abc import Mapping
from typing import Any

from app.assess.flows_file import flow_end
from app.assess.recording_rows import Row
from app.assess.sighting import ports_of
from app.model.connections import Connections
from app.model.flows import FlowEnd, Sighting

_WITH_PORTS = ("TCP", "UDP", "SCTP")
_BESIDE_FLOWS = ("node_status", "lost_events", "agent_event", "debug_event")
_OWN_NODE = frozenset({"reserved:host", "reserved:health"})


class UnneededError(Exception):
    """A record that says nothing about what is needed; the reason is its text."""


def is_hubble(values: Mapping[str, Any]) -> bool:
    """True for a record of Hubble's, wrapped with its node and time or bare."""
    return (
        isinstance(values.get("flow"), dict) or "verdict" in values or any(k in values for k in _BESIDE_FLOWS)
    )


def hubble_sighting(row: Row) -> Sighting:
    """Read one record.

    Raises:
        UnneededError: it was dropped, is an answer, or is no flow between ends with ports.
        ValueError: it lacks what a flow has.
    """
    flow = row.values.get("flow", row.values)
    if "verdict" not in flow:
        raise UnneededError(_beside(row.values))
    if flow["verdict"] != "FORWARDED":
        raise UnneededError("not forwarded (dropped, or seen again on its way)")
    if flow.get("is_reply") is not False:
        raise UnneededError(
            "an answer" if flow.get("is_reply") else "without its direction: nobody saw who began"
        )
    source, destination = (_mapping(flow, name) for name in ("source", "destination"))
    if _OWN_NODE.intersection(_labels(source)):
        raise UnneededError("from the pod's own node, which no policy keeps out")
    ports = _ports(_mapping(flow, "l4"))
    addresses = _mapping(flow, "IP")
    return Sighting(
        row.line,
        _end(source, addresses.get("source")),
        _end(destination, addresses.get("destination")),
        ports,
    )


def _beside(values: Mapping[str, Any]) -> str:
    if "lost_events" in values:
        return "events that were lost: flows are missing from the recording"
    return "not about a flow"


def _ports(layer: Mapping[str, Any]) -> Connections:
    for name in _WITH_PORTS:
        if name in layer:
            return ports_of(name, str(_mapping(layer, name).get("destination_port", "")))
    raise UnneededError("without ports (ICMP and others)")


def _end(end: Mapping[str, Any], address: object) -> FlowEnd:
    """A workload where it is named, else the pod, else an address."""
    namespace, pod = end.get("namespace"), end.get("pod_name")
    for item in end.get("workloads") or ():
        if namespace and isinstance(item, dict) and item.get("name"):
            kind = f"[{item['kind']}]" if item.get("kind") else ""
            return flow_end(f"{namespace}/{item['name']}{kind}")
    if namespace and pod:
        return flow_end(f"{namespace}/{pod}")
    if not isinstance(address, str) or "/" in address:
        raise ValueError("an end has neither a pod nor an address")
    return flow_end(address)


def _labels(end: Mapping[str, Any]) -> list[str]:
    labels = end.get("labels")
    return [item for item in labels if isinstance(item, str)] if isinstance(labels, list) else []


def _mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}
