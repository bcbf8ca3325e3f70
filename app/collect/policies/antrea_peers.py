"""`appliedTo`, `from`, `to` and `toServices` of Antrea's policies.

Source: `NetworkPolicyPeer` and `AppliedTo` in `pkg/apis/crd/v1beta1`, the admission rules in
`pkg/controller/networkpolicy/validate.go`, and "Antrea Network Policy CRDs" of antrea.io/antrea.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from app.collect.addresses import everywhere
from app.collect.invalid import Violation
from app.collect.policies import relations
from app.collect.policies.antrea_groups import (
    Members,
    block_part,
    members,
    selected_pods,
    service_named,
    service_pods,
)
from app.collect.policies.api import Context
from app.collect.policies.nodes import node_part
from app.collect.policies.parts import Part
from app.collect.selectors import both, in_namespace, label_selector
from app.collect.wire import antrea as wire
from app.collect.wire.policies import LabelSelector as WireSelector
from app.model.inventory import Service
from app.model.policy import (
    AddressMatch,
    AddressPeer,
    Facet,
    LabelSelector,
    Operator,
    Requirement,
    SelectorPeer,
)

# Names that a cluster's own DNS may answer with addresses of pods (headless services).
_CLUSTER_NAMES = (".svc", ".local", "*")
_ALONE = ("group", "service_account", "node_selector", "ip_block", "fqdn", "service")


@dataclass(frozen=True)
class Reading:
    """One policy while it is read.

    Attributes:
        context: what it may refer to.
        namespace: the policy's own; empty for a policy of the whole cluster.
        found: violations, in the order of the document.
        unclear: what could not be understood, as in `Policy.unclear`.
    """

    context: Context
    namespace: str
    found: list[Violation] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


def applied_pods(entries: Iterable[wire.AppliedTo], path: str, reading: Reading) -> tuple[LabelSelector, ...]:
    """Selectors of the pods that a policy or rule applies to, any of which may select."""
    found = [_applied(item, f"{path}[{index}]", reading) for index, item in enumerate(entries)]
    reading.unclear.extend(text for item in found for text in item.unclear)
    return tuple(selector for item in found for selector in item.pods)


def peer_parts(peer: wire.Peer, path: str, reading: Reading) -> tuple[Part, ...]:
    """Read `from[]` or `to[]`."""
    _check_fields(peer, path, reading)
    if peer.scope not in ("", "Cluster"):
        reading.unclear.append(f"{path}.scope reaches into other clusters")
    if peer.external_entity_selector is not None:
        reading.unclear.append(f"{path}.externalEntitySelector selects machines that are not known")
        return ()
    if peer.ip_block is not None:
        return (block_part(peer.ip_block, f"{path}.ipBlock", reading.found),)
    if peer.fqdn:
        return (_domain(peer.fqdn),)
    if peer.node_selector is not None:
        selector = label_selector(peer.node_selector, f"{path}.nodeSelector", reading.found)
        return (node_part(selector, reading.context),)
    if peer.namespaces is not None:
        return _relative(peer, peer.namespaces, f"{path}.namespaces", reading)
    return _noted(_pods(peer, path, reading), reading).parts()


def service_peer(item: wire.PeerService, path: str, reading: Reading) -> tuple[Part, Service | None]:
    """Read `toServices[]`: the pods behind a service, under the condition that they are reached through it."""
    name = wire.NamespacedName(item.name, item.namespace or reading.namespace)
    condition = f"only through Service {name.namespace}/{name.name}"
    if item.scope not in ("", "Cluster"):
        reading.unclear.append(f"{path}.scope reaches into other clusters")
        return Part((), conditions=(condition,)), None
    found = _noted(service_pods(name, reading.context), reading)
    peers = tuple(SelectorPeer(selector) for selector in found.pods)
    return Part(peers, conditions=(condition,)), service_named(name, reading.context)


def _applied(entry: wire.AppliedTo, path: str, reading: Reading) -> Members:
    """Pods of one entry. Nodes, machines and addresses are no pods: the entry then selects none."""
    _check_fields(entry, path, reading)
    if entry.service is not None:
        # It filters what comes in through the node port; the pods behind it cannot be told without that.
        behind = service_pods(entry.service, reading.context)
        return replace(behind, unclear=(*behind.unclear, f"{path}.service applies to a node port"))
    if entry.node_selector is not None or entry.external_entity_selector is not None:
        return Members()
    found = replace(_pods(entry, path, reading), others=())
    if reading.namespace and not all(_within(reading.namespace, selector) for selector in found.pods):
        # The controller does not carry out such a policy at all.
        return Members(unclear=(*found.unclear, f"{path} selects pods of other namespaces"))
    return found


def _within(namespace: str, selector: LabelSelector) -> bool:
    return {*in_namespace(namespace).requirements} <= {*selector.requirements}


def _pods(value: wire.AppliedTo | wire.Peer, path: str, reading: Reading) -> Members:
    if value.group:
        return members(value.group, reading.namespace, reading.context)
    if value.service_account is not None:
        return Members(pods=(_of_account(value.service_account, reading.namespace),))
    if value.pod_selector is None and value.namespace_selector is None:
        return Members(unclear=(f"{path} has no field that is known",))
    pods = selected_pods(value.pod_selector, value.namespace_selector, reading.namespace, path, reading.found)
    return Members(pods=(pods,))


def _of_account(account: wire.NamespacedName, namespace: str) -> LabelSelector:
    """Pods that run as a service account."""
    name = Requirement("", Operator.IN, (account.name,), Facet.ACCOUNT_NAME)
    return both(in_namespace(account.namespace or namespace), LabelSelector((name,)))


def _relative(peer: wire.Peer, value: wire.PeerNamespaces, path: str, reading: Reading) -> tuple[Part, ...]:
    pods = label_selector(peer.pod_selector or WireSelector(), f"{path}.podSelector", reading.found)
    known = reading.context.namespaces
    if reading.namespace:
        reading.unclear.append(f"{path} is for policies of the whole cluster alone")
    if value.match and value.same_labels:
        reading.found.append(Violation(path, "match and sameLabels may not stand together"))
    if value.match == "Self":
        return tuple(relations.same_namespace(pods, known))
    if value.match or not value.same_labels:
        reading.unclear.append(f"{path} is neither `match: Self` nor sameLabels")
        return ()
    return tuple(relations.same_labels(value.same_labels, pods, known))


def _domain(name: str) -> Part:
    """Addresses that DNS gives cannot be known from objects; a name of the cluster's own may mean pods as well."""
    inside = any(name.endswith(ending) for ending in _CLUSTER_NAMES)
    match = AddressMatch.ANYONE if inside else AddressMatch.OUTSIDE
    condition = f"only addresses that DNS gave for {name}"
    return Part((AddressPeer(everywhere(), name, match),), conditions=(condition,), port_names=False)


def _noted(found: Members, reading: Reading) -> Members:
    reading.unclear.extend(found.unclear)
    return found


def _check_fields(value: wire.AppliedTo | wire.Peer, path: str, reading: Reading) -> None:
    """Fields that must stand alone, as the admission webhook checks them."""
    names = dict(zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True))
    given = [name for name in names if getattr(value, name) and name != "scope"]
    for name in given:
        if name in _ALONE and len(given) > 1:
            reading.found.append(Violation(f"{path}.{names[name]}", "may not stand beside another field"))
    if {"namespaces", "namespace_selector"} <= {*given}:
        reading.found.append(Violation(path, "namespaces and namespaceSelector may not stand together"))
