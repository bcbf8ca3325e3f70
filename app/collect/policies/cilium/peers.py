"""Who stands at the other end of one rule: its fields `from…` or `to…`.

Only one of them may be given. One that is `[]` selects no one; when none is given the other end is anyone, provided that
the rule names ports (Cilium `pkg/policy/utils/parserules.go`, mergeEndpointSelectors; pull request 29608). Every field that
names something outside Kubernetes becomes "outside the cluster, on a condition".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.collect.policies.api import Context
from app.collect.policies.cilium.addresses import cidr_parts, cidr_rule_parts
from app.collect.policies.cilium.entities import entity_parts
from app.collect.policies.cilium.labels import (
    NAMESPACE,
    NAMESPACE_LABELS,
    EndpointSelector,
    endpoint_selector,
    plain_selector,
)
from app.collect.policies.cilium.parts import PeerPart, nodes, outside
from app.collect.policies.cilium.refusals import refused_names
from app.collect.policies.cilium.services import service_parts
from app.collect.wire import cilium as wire
from app.model.policy import Operator, SelectorPeer

_NAMESPACE_LABELS_IN_CNP = "only where Cilium reads labels of namespaces in a CiliumNetworkPolicy; its manual limits them to cluster-wide ones"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule stands: the policy's namespace (empty for cluster-wide), and what it may refer to."""

    namespace: str
    context: Context


@dataclass(frozen=True, slots=True)
class Ends:
    """The fields of one rule that name the other end; `side` is how their names begin. None where not given."""

    side: str
    endpoints: Sequence[wire.LabelSelector] | None
    entities: Sequence[str] | None
    cidrs: Sequence[str] | None
    cidr_rules: Sequence[wire.CIDRRule] | None
    groups: Sequence[dict[str, Any]] | None
    nodes: Sequence[wire.LabelSelector] | None
    services: Sequence[wire.ServicePeer] | None = None
    fqdns: Sequence[wire.FQDNPeer] | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the fields that name someone."""
        fields = {
            "Endpoints": self.endpoints,
            "Entities": self.entities,
            "CIDR": self.cidrs,
            "CIDRSet": self.cidr_rules,
            "Groups": self.groups,
            "Nodes": self.nodes,
            "Services": self.services,
            "FQDNs": self.fqdns,
        }
        return tuple(self.side + name for name, value in fields.items() if value)

    @property
    def nobody(self) -> bool:
        """True when a field is given as `[]`, which selects no one whatever else stands there."""
        fields = (self.endpoints, self.entities, self.cidrs, self.cidr_rules, self.nodes)
        return any(value is not None and not value for value in fields)


def peer_parts(ends: Ends, path: str, scope: Scope, unclear: list[str]) -> tuple[PeerPart, ...]:
    """What the fields of one rule stand for; empty for no one."""
    if len(ends.given) > 1:
        unclear.append(f"{path}: Cilium refuses {' beside '.join(ends.given)}")
    return () if ends.nobody else tuple(_parts(ends, f"{path}.{ends.side}", scope, unclear))


def _parts(ends: Ends, prefix: str, scope: Scope, unclear: list[str]) -> Iterator[PeerPart]:
    for index, selector in enumerate(ends.endpoints or ()):
        yield from _endpoint_parts(selector, f"{prefix}Endpoints[{index}]", scope, unclear)
    yield from entity_parts(ends.entities or (), f"{prefix}Entities", unclear)
    yield from cidr_parts(ends.cidrs or (), f"{prefix}CIDR", scope.context, unclear)
    yield from cidr_rule_parts(ends.cidr_rules or (), f"{prefix}CIDRSet", scope.context, unclear)
    yield from service_parts(ends.services or (), f"{prefix}Services", scope.context, unclear)
    for index, group in enumerate(ends.groups or ()):
        where = f"{prefix}Groups[{index}]"
        yield PeerPart(where, (outside(_group(group)),), (f"only addresses that belong to {_group(group)}",))
    for index, selector in enumerate(ends.nodes or ()):
        where = f"{prefix}Nodes[{index}]"
        wanted = plain_selector(selector, where, unclear)
        condition = f"only nodes with labels {wanted} other than the pod's own"
        yield PeerPart(where, (nodes(f"nodes {wanted}"),), (condition,))
    if ends.fqdns:
        unclear += refused_names(ends.fqdns, f"{prefix}FQDNs")
        names = ", ".join(names_of(ends.fqdns))
        condition = f"only addresses that DNS gave for {names}"
        yield PeerPart(f"{prefix}FQDNs", (outside(names),), (condition,))


def names_of(selectors: Iterable[wire.FQDNPeer]) -> Iterator[str]:
    """Names and patterns of `toFQDNs` and of DNS rules, as written."""
    for item in selectors:
        yield item.match_name or item.match_pattern or "(no name)"


def _group(group: dict[str, Any]) -> str:
    return f"groups of {', '.join(sorted(group)) or 'no provider'}"


def _endpoint_parts(
    selector: wire.LabelSelector, where: str, scope: Scope, unclear: list[str]
) -> Iterator[PeerPart]:
    """`fromEndpoints[]`: pods; or with one `reserved:` label, the entity of that name."""
    read = endpoint_selector(selector, where, scope.context, unclear)
    if read.reserved:
        yield from _reserved_parts(read, where, unclear)
        return
    if not read.possible:
        yield PeerPart(where, ())
        return
    labelled = any(key.startswith(NAMESPACE_LABELS) for key in read.keys)
    own = scope.namespace and NAMESPACE not in read.keys and not labelled
    conditions = read.doubts + ((_NAMESPACE_LABELS_IN_CNP,) if scope.namespace and labelled else ())
    yield PeerPart(where, (SelectorPeer(read.labels, scope.namespace if own else None),), conditions)


def _reserved_parts(read: EndpointSelector, where: str, unclear: list[str]) -> Iterable[PeerPart]:
    (first, *more) = read.reserved
    if more or read.labels.requirements or first.operator not in (Operator.IN, Operator.EXISTS):
        unclear.append(f"{where}: label `reserved:{first.key}` beside others is not evaluated")
        return ()
    found: list[str] = []
    parts = tuple(entity_parts((first.key,), where, found))
    unclear += [f"{where}: label `reserved:{first.key}` is not known" for _ in found]
    return (PeerPart(where, part.peers, part.conditions) for part in parts)
