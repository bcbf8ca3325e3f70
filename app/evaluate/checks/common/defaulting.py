"""What an API server adds to an object by itself, so that a rendered manifest and a live object can be compared.

Source: Kubernetes API reference, defaults of `networking.k8s.io/v1 NetworkPolicy`; Gateway API v1, defaults of references,
matches and weights. Elsewhere nothing is assumed: what a live object has beyond its source is a difference.
"""

from collections.abc import Mapping
from typing import Any

_GATEWAY = "gateway.networking.k8s.io"
_BESIDE_SPEC = ("apiVersion", "kind", "metadata", "status")
# Field → default, wherever it stands in an object of the Gateway API.
_GATEWAY_DEFAULTS: Mapping[str, Any] = {"weight": 1}
_REFERENCES: Mapping[str, Mapping[str, Any]] = {
    "parentRefs": {"group": _GATEWAY, "kind": "Gateway"},
    "backendRefs": {"group": "", "kind": "Service", "weight": 1},
}


def content(group: str, kind: str, body: Mapping[str, Any]) -> Any:
    """What an object asks for, with the defaults that the API server would add."""
    said = {name: value for name, value in body.items() if name not in _BESIDE_SPEC}
    if (group, kind) == ("networking.k8s.io", "NetworkPolicy"):
        return {**said, "spec": _network_policy(said.get("spec"))}
    if group == _GATEWAY:
        return _gateway(said, "")
    return said


def _network_policy(spec: Any) -> Any:
    if not isinstance(spec, Mapping):
        return spec
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    rules = {
        way: [_rule(item) for item in spec.get(way) or ()]
        for way, name in (("ingress", "Ingress"), ("egress", "Egress"))
        if name in types
    }
    return {"podSelector": _dense(spec.get("podSelector")), "policyTypes": sorted(types), **rules}


def _rule(rule: Any) -> Any:
    if not isinstance(rule, Mapping):
        return rule
    ports = [
        {"protocol": "TCP", **item} if isinstance(item, Mapping) else item for item in rule.get("ports") or ()
    ]
    peers = [_dense(item, keep=True) for item in rule.get("from") or rule.get("to") or ()]
    return {"ports": ports, "peers": peers}


def _dense(value: Any, *, keep: bool = False) -> Any:
    """Leave out empty lists and mappings that say nothing; `keep` spares an empty selector of a peer, which says *all*."""
    if not isinstance(value, Mapping):
        return value or {}
    return {
        name: _dense(item) if isinstance(item, Mapping) else item
        for name, item in value.items()
        if keep or item not in (None, {}, [])
    }


def _gateway(value: Any, key: str) -> Any:
    if isinstance(value, list):
        defaults = _REFERENCES.get(key, {})
        return [{**defaults, **_gateway(item, key)} if isinstance(item, Mapping) else item for item in value]
    if isinstance(value, Mapping):
        return {
            name: _gateway(item, name)
            for name, item in value.items()
            if _GATEWAY_DEFAULTS.get(name, object()) != item
        }
    return value
