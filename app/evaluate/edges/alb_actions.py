"""Actions of an AWS balancer: backends of an Ingress whose port is `use-annotation` are annotations `actions.NAME` of it, in JSON.

Source: annotation documentation of the AWS Load Balancer Controller. Names of fields are read without regard to case, as Go reads them.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from app.evaluate.edges.backends import BackendRef, ingress_backends
from app.evaluate.edges.world import Item, number, objects
from app.model.fields import dig, text

ACTIONS = "alb.ingress.kubernetes.io/actions."
USE_ANNOTATION = "use-annotation"


def action_of(item: Item, name: str) -> Mapping[str, Any] | None:
    """One action, names of fields in small letters; None where it is not there or cannot be read."""
    try:
        value = orjson.loads(item.annotations.get(f"{ACTIONS}{name}", ""))
    except orjson.JSONDecodeError:
        return None
    return _lowered(value) if isinstance(value, dict) else None


def alb_backends(item: Item) -> tuple[tuple[BackendRef, ...], tuple[str, ...]]:
    """Services that an Ingress names, straight and by actions that forward, sorted; and which actions cannot be read."""
    found: set[BackendRef] = set()
    lost: list[str] = []
    for ref in sorted(set(ingress_backends(item))):
        if ref.port != USE_ANNOTATION:
            found.add(ref)
        elif (action := action_of(item, ref.name)) is not None:
            found |= _forwarded(item, action)
        else:
            lost.append(f"action {ref.name} of {item.ref} cannot be read")
    return tuple(sorted(found)), tuple(lost)


def _forwarded(item: Item, action: Mapping[str, Any]) -> set[BackendRef]:
    """Services of its target groups. Those named by their ARN get pods by a TargetGroupBinding, which is a way in of its own."""
    groups = objects(dig(action, "forwardconfig", "targetgroups"))
    named = ((text(group.get("servicename")), group.get("serviceport")) for group in groups)
    return {BackendRef(item.namespace, name, _port(port)) for name, port in named if name}


def _port(said: object) -> int | str:
    return number(said) or text(said)


def _lowered(value: Any) -> Any:
    match value:
        case dict():
            return {str(key).lower(): _lowered(inner) for key, inner in value.items()}
        case list():
            return [_lowered(inner) for inner in value]
        case _:
            return value
