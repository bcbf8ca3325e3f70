"""What is kept of an object whose fields are not fixed: a custom resource."""

from typing import Any

from app.collect import masking

Object = dict[str, Any]

_STATUS_NOISE = frozenset(
    {
        "lastTransitionTime",
        "lastProbeTime",
        "lastHeartbeatTime",
        "lastUpdateTime",
        "lastScheduleTime",
        "lastSuccessfulTime",
        "observedGeneration",
        "log",  # CiliumEndpoint: a ring of recent events
        "controllers",  # CiliumEndpoint: counters of every reconciliation
    }
)


def redact_custom_resource(value: Object) -> Object:
    """A kind whose fields are not fixed: everything is kept but noise and what looks like a secret."""
    kept: Object = masking.masked_tree({name: item for name, item in value.items() if name != "metadata"})
    kept = _without_values(kept)
    if "status" in kept:
        kept["status"] = _without_noise(kept["status"])
    kept["metadata"] = value["metadata"]
    return kept


def _without_values(value: Any, key: str = "") -> Any:
    """Drop values of environment variables and certificate bundles wherever a custom resource nests them."""
    match value:
        case dict() if key == "env_entry":
            return {name: masking.mask(item) if name == "value" else item for name, item in value.items()}
        case dict():
            return {name: _without_values(item, name) for name, item in value.items() if name != "caBundle"}
        case list():
            inner = "env_entry" if key == "env" else key
            return [_without_values(item, inner) for item in value]
        case _:
            return value


def _without_noise(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_noise(item) for name, item in value.items() if name not in _STATUS_NOISE}
        case list():
            return [_without_noise(item) for item in value]
        case _:
            return value
