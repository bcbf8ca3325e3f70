"""BackendTLSPolicy: which Services it is for, what it asks of the pod's certificate, and who says that it counts.

Source: Gateway API reference of BackendTLSPolicy, v1alpha2 to v1: `targetRef` became `targetRefs`, `tls` became `validation`,
and the names of the certificates' fields changed with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.gateway_listeners import GROUP
from app.evaluate.edges.legs import tls
from app.evaluate.edges.world import Item, World, objects
from app.model.edge import Leg
from app.model.encryption import Known
from app.model.fields import dig, mapping, text
from app.model.identity import ObjectRef
from app.model.platform import Sign

KIND = "BackendTLSPolicy"
# roots that the pod's certificate is checked against: v1alpha3 and v1, then v1alpha2
_ROOTS = ("caCertificateRefs", "wellKnownCACertificates", "caCertRefs", "wellKnownCACerts")
_COUNTING = ("Accepted", "ResolvedRefs")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one controller made of a policy for one ancestor.

    Attributes:
        controller: the controller's name.
        gateway: the Gateway that it answers for; None where the ancestor is of another kind, or without a name.
        counts: Accepted and ResolvedRefs, those of them that it reports.
    """

    controller: str
    gateway: ObjectRef | None
    counts: Known


def policies_for(world: World, namespace: str, name: str) -> Iterator[tuple[str, Item]]:
    """Policies that name a Service, each with the port's name that it is restricted to (empty where it is not)."""
    for policy in world.items(GROUP, KIND):
        if policy.namespace != namespace:
            continue
        for ref in (*objects(policy.spec.get("targetRefs")), mapping(policy.spec.get("targetRef"))):
            if _is_service(ref, name):
                yield text(ref.get("sectionName")), policy


def answers_of(policy: Item) -> Iterator[Answer]:
    """What each controller reports of a policy."""
    for ancestor in objects(dig(policy.body, "status", "ancestors")):
        states = [
            text(condition.get("status"))
            for condition in objects(ancestor.get("conditions"))
            if condition.get("type") in _COUNTING
        ]
        gateway = _gateway(mapping(ancestor.get("ancestorRef")), policy.namespace)
        yield Answer(text(ancestor.get("controllerName")), gateway, _counts(states))


def agreed(answers: Iterable[Known]) -> Known:
    """NO where one is; YES only where there are answers and all of them are."""
    found = list(answers)
    if Known.NO in found:
        return Known.NO
    return Known.YES if found and Known.UNKNOWN not in found else Known.UNKNOWN


def asked(policy: Item) -> Sign:
    """The field that asks for TLS, with the name that is checked."""
    path = _path(policy)
    hostname = text(mapping(policy.spec.get(path)).get("hostname"))
    return policy.sign(f"spec.{path}", hostname, "the name that is checked")


def spoken_by(policy: Item) -> Leg:
    """TLS as the policy asks for it, where it counts."""
    validation = mapping(policy.spec.get(_path(policy)))
    checked = text(validation.get("hostname")) and any(validation.get(name) for name in _ROOTS)
    says = f"{policy.ref} makes the gateway speak TLS"
    return tls(says, asked(policy), verified=Known.YES if checked else Known.NO)


def _path(policy: Item) -> str:
    return "validation" if policy.spec.get("validation") else "tls"


def _counts(states: list[str]) -> Known:
    return agreed(Known.YES if state == "True" else Known.NO for state in states)


def _gateway(ancestor: Mapping[str, Any], home: str) -> ObjectRef | None:
    name = text(ancestor.get("name"))
    if text(ancestor.get("kind")) not in ("", "Gateway") or not name:
        return None
    return ObjectRef(GROUP, "Gateway", text(ancestor.get("namespace")) or home, name)


def _is_service(ref: Mapping[str, Any], name: str) -> bool:
    return (text(ref.get("kind")), text(ref.get("name"))) == ("Service", name) and text(ref.get("group")) in (
        "",
        "core",
    )
