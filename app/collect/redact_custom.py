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


# A Middleware of Traefik may hold credentials, keys and URLs. How it answers plain text is told by these fields alone.
_MIDDLEWARE = {
    "redirectScheme": ("scheme", "permanent", "port"),
    "chain": ("middlewares",),
    "headers": ("stsSeconds", "stsIncludeSubdomains", "stsPreload", "forceSTSHeader", "sslRedirect"),
}


def redact_middleware(value: Object) -> None:
    """Keep which kinds of middleware it is, and of the fields those that decide about plain text."""
    spec = value.get("spec")
    kinds = spec if isinstance(spec, dict) else {}
    value["spec"] = {name: _named(item, _MIDDLEWARE.get(name, ())) for name, item in kinds.items()}
    value.pop("status", None)


def _named(value: Any, names: tuple[str, ...]) -> Object:
    return {name: value[name] for name in names if name in value} if isinstance(value, dict) else {}


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
