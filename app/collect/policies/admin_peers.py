"""Subjects and peers of `policy.networking.k8s.io`, both versions.

Source: `apis/v1alpha1` and `apis/v1alpha2` of sigs.k8s.io/network-policy-api. HostNetwork pods are neither subjects nor
pod peers. `networks` are compared with every address, those of pods included.
"""

import re
from collections.abc import Sequence

import msgspec

from app.collect.addresses import cidrs, everywhere
from app.collect.invalid import Violation
from app.collect.policies import relations
from app.collect.policies.api import Context
from app.collect.policies.nodes import node_part
from app.collect.policies.parts import Part
from app.collect.selectors import both, label_selector, of_namespace
from app.collect.wire import admin_policies as wire
from app.collect.wire.policies import LabelSelector as WireSelector
from app.model.policy import EVERYTHING, AddressMatch, AddressPeer, LabelSelector, PodPeer, Subject

Peer = wire.IngressPeer | wire.ClusterIngressPeer

MOST_ADDRESSES = 25
_RELATIONS = ("namespace_selector", "same_labels", "not_same_labels")
# The CRD's pattern; `A-z` is a slip of it that lets `_` and a few other characters through, and is kept.
_DOMAIN = re.compile(
    r"(\*\.)?([a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?\Z"
)


def subject(value: wire.Subject, path: str, found: list[Violation]) -> Subject:
    """Whom a policy selects: exactly one of `namespaces` and `pods`."""
    if not only_field(value, path, found):
        found.append(Violation(path, "must have namespaces or pods"))
    if value.pods is None:
        return Subject(of_namespace(_selector(value.namespaces, f"{path}.namespaces", found)), None)
    namespaces = _selector(value.pods.namespace_selector, f"{path}.pods.namespaceSelector", found)
    pods = _selector(value.pods.pod_selector, f"{path}.pods.podSelector", found)
    return Subject(both(of_namespace(namespaces), pods), None)


def peer_parts(peer: Peer, path: str, context: Context, found: list[Violation]) -> tuple[Part, ...] | None:
    """Read `from[]` or `to[]`; None when it has no known field, and then its rule fails closed."""
    only_field(peer, path, found)
    if peer.namespaces is not None:
        return _namespaces(peer.namespaces, EVERYTHING, f"{path}.namespaces", context, found)
    if peer.pods is not None:
        return _pods(peer.pods, f"{path}.pods", context, found)
    if isinstance(peer, wire.EgressPeer | wire.ClusterEgressPeer):
        return _outward(peer, path, context, found)
    return None


def only_field(value: msgspec.Struct, path: str, found: list[Violation]) -> str:
    """The one field that is set, as Python names it; empty when none is. Two are a violation."""
    given = [name for name in value.__struct_fields__ if getattr(value, name) is not None]
    if len(given) > 1:
        names = dict(zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True))
        found.append(Violation(path, f"{' and '.join(names[name] for name in given)} may not stand together"))
    return given[0] if given else ""


def at_most(limit: int, items: Sequence[object] | None, path: str, found: list[Violation]) -> None:
    """Check `maxItems`."""
    if items is not None and len(items) > limit:
        found.append(Violation(path, f"has {len(items)} entries; at most {limit} are possible"))


def at_least_one(items: Sequence[object] | None, path: str, found: list[Violation]) -> None:
    """Check `minItems`; a missing list is none."""
    if items is not None and not items:
        found.append(Violation(path, "must have at least one entry"))


def _outward(
    peer: wire.EgressPeer | wire.ClusterEgressPeer, path: str, context: Context, found: list[Violation]
) -> tuple[Part, ...] | None:
    if peer.nodes is not None:
        return (node_part(label_selector(peer.nodes, f"{path}.nodes", found), context),)
    if peer.networks is not None:
        return (_networks(peer.networks, f"{path}.networks", found),)
    if peer.domain_names is not None:
        return (_domains(peer.domain_names, f"{path}.domainNames", found),)
    return None


def _namespaces(
    value: wire.NamespacePeer | WireSelector,
    pods: LabelSelector,
    path: str,
    context: Context,
    found: list[Violation],
) -> tuple[Part, ...]:
    """Pods of namespaces: by a label selector, or by one of the forms of before v0.1.7."""
    if isinstance(value, WireSelector):
        return _by_labels(value, pods, path, found)
    forms = [getattr(value, name) is not None for name in _RELATIONS]
    if sum((*forms, bool(value.match_labels or value.match_expressions))) > 1:
        found.append(Violation(path, "must have exactly one way to select namespaces"))
    if value.same_labels is not None:
        return tuple(relations.same_labels(value.same_labels, pods, context.namespaces))
    if value.not_same_labels is not None:
        return tuple(relations.not_same_labels(value.not_same_labels, pods, context.namespaces))
    if value.namespace_selector is not None:
        return _by_labels(value.namespace_selector, pods, f"{path}.namespaceSelector", found)
    return _by_labels(WireSelector(value.match_labels, value.match_expressions), pods, path, found)


def _by_labels(
    value: WireSelector | None, pods: LabelSelector, path: str, found: list[Violation]
) -> tuple[Part, ...]:
    return (Part((PodPeer(_selector(value, path, found), pods),)),)


def _selector(value: WireSelector | None, path: str, found: list[Violation]) -> LabelSelector:
    return label_selector(value or WireSelector(), path, found)


def _pods(
    value: wire.PodPeer | wire.PodSelectors, path: str, context: Context, found: list[Violation]
) -> tuple[Part, ...]:
    pods = _selector(value.pod_selector, f"{path}.podSelector", found)
    if isinstance(value, wire.PodPeer) and value.namespaces is not None:
        if value.namespace_selector is not None:
            found.append(Violation(path, "namespaceSelector and namespaces may not stand together"))
        return _namespaces(value.namespaces, pods, f"{path}.namespaces", context, found)
    return _by_labels(value.namespace_selector, pods, f"{path}.namespaceSelector", found)


def _networks(texts: Sequence[str], path: str, found: list[Violation]) -> Part:
    at_least_one(texts, path, found)
    at_most(MOST_ADDRESSES, texts, path, found)
    peer = AddressPeer(cidrs(texts, path, found), ", ".join(texts), AddressMatch.ANYONE)
    return Part((peer,), port_names=False)


def _domains(names: Sequence[str], path: str, found: list[Violation]) -> Part:
    """Addresses that DNS gives cannot be known from objects: all outside, under the condition that DNS gave them."""
    at_least_one(names, path, found)
    at_most(MOST_ADDRESSES, names, path, found)
    for index, name in enumerate(names):
        if not _DOMAIN.match(name):
            found.append(
                Violation(f"{path}[{index}]", f"`{name}` is not a domain name such as *.example.com")
            )
    text = ", ".join(names)
    peer = AddressPeer(everywhere(), text, AddressMatch.OUTSIDE)
    return Part((peer,), conditions=(f"only addresses that DNS gave for {text}",), port_names=False)
