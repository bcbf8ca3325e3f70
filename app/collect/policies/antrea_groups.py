"""`crd.antrea.io` Group and ClusterGroup: named sets of pods, nodes or addresses that policies refer to.

Source: `GroupSpec` in `pkg/apis/crd/v1beta1` and `pkg/controller/networkpolicy` of antrea.io/antrea. A group of
addresses or nodes has no effect where pods are selected (`appliedTo`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from app.collect.addresses import ip_block
from app.collect.invalid import Violation, decode
from app.collect.policies.api import Context
from app.collect.policies.nodes import node_part
from app.collect.policies.parts import Part
from app.collect.policies.unknown_fields import unknown_fields
from app.collect.selectors import both, in_namespace, label_selector, of_namespace
from app.collect.wire import antrea as wire
from app.collect.wire.policies import IPBlock
from app.collect.wire.policies import LabelSelector as WireSelector
from app.model.identity import ObjectRef
from app.model.inventory import Service
from app.model.policy import AddressMatch, AddressPeer, LabelSelector, Operator, Requirement, SelectorPeer
from app.model.snapshot import SnapshotObject

GROUP = "crd.antrea.io"
_DECODER = msgspec.json.Decoder(wire.Group)


@dataclass(frozen=True)
class Group:
    """One group as written; `unclear` as in `Policy.unclear`."""

    ref: ObjectRef
    spec: wire.GroupSpec
    unclear: tuple[str, ...]


@dataclass(frozen=True)
class Members:
    """What a group, or an entry of `appliedTo`, stands for.

    Attributes:
        pods: selectors, any of which selects a member.
        others: nodes and addresses, as parts of a rule.
        unclear: as in `Policy.unclear`.
    """

    pods: tuple[LabelSelector, ...] = ()
    others: tuple[Part, ...] = ()
    unclear: tuple[str, ...] = ()

    def parts(self) -> tuple[Part, ...]:
        """The members as peers."""
        return (*(Part((SelectorPeer(selector),)) for selector in self.pods), *self.others)


def read_group(item: SnapshotObject) -> Group:
    """Read one group; whether what it holds makes sense is asked where it is used."""
    spec = decode(item.body, _DECODER).spec
    unknown = unknown_fields(item.parsed()["spec"], spec, "spec")
    return Group(
        item.ref, spec, tuple(f"{item.ref}: {path} is a field that is not known" for path in unknown)
    )


def selected_pods(
    pods: WireSelector | None,
    namespaces: WireSelector | None,
    namespace: str,
    path: str,
    found: list[Violation],
) -> LabelSelector:
    """Pods by the two selectors that stand side by side everywhere in this API.

    Without a selector of namespaces: those of the object's own namespace, or of all when it has none.
    """
    inner = label_selector(pods or WireSelector(), f"{path}.podSelector", found)
    if namespaces is not None:
        return both(of_namespace(label_selector(namespaces, f"{path}.namespaceSelector", found)), inner)
    return both(in_namespace(namespace), inner) if namespace else inner


def members(name: str, namespace: str, context: Context) -> Members:
    """What the group of a name stands for, seen from a policy's namespace; empty for a policy of the cluster.

    A group that was not given, or that could not be read, makes the policy unclear.
    """
    ref = ObjectRef(GROUP, "Group" if namespace else "ClusterGroup", namespace, name)
    group = context.find(Group, ref)
    if group is None:
        return Members(unclear=(f"{ref}, which it names, was not given",))
    found: list[Violation] = []
    read = _joined((_own_members(group, context, found), *_children(group, context)))
    broken = tuple(f"{ref}: {item.field} {item.problem}" for item in found)
    return replace(read, unclear=(*group.unclear, *read.unclear, *broken))


def service_named(name: wire.NamespacedName, context: Context) -> Service | None:
    """The service of a name, where it was given."""
    return next(
        (
            item
            for item in context.services
            if (item.ref.namespace, item.ref.name) == (name.namespace, name.name)
        ),
        None,
    )


def service_pods(name: wire.NamespacedName, context: Context) -> Members:
    """The pods behind a service."""
    service = service_named(name, context)
    if service is None:
        return Members(unclear=(f"Service {name.namespace}/{name.name}, which it names, was not given",))
    if service.selector is None:
        return Members(unclear=(f"{service.ref}, which it names, has no selector",))
    return Members(pods=(both(in_namespace(service.ref.namespace), _labels(service.selector)),))


def block_part(block: IPBlock, path: str, found: list[Violation]) -> Part:
    """Addresses; compared with those of pods and nodes too, since the data plane looks at packets."""
    peer = ip_block(block, path, found) or AddressPeer((), block.cidr)
    return Part((replace(peer, match=AddressMatch.ANYONE),), port_names=False)


def _own_members(group: Group, context: Context, found: list[Violation]) -> Members:
    spec, namespace = group.spec, group.ref.namespace
    blocks = [*([spec.ip_block] if spec.ip_block else []), *(spec.ip_blocks or [])]
    others = tuple(block_part(item, f"spec.ipBlocks[{i}]", found) for i, item in enumerate(blocks))
    if spec.external_entity_selector is not None:
        return Members(
            unclear=(f"{group.ref}: spec.externalEntitySelector selects machines that are not known",)
        )
    if spec.node_selector is not None:
        selector = label_selector(spec.node_selector, "spec.nodeSelector", found)
        others = (*others, node_part(selector, context))
    if spec.service_reference is not None:
        service = spec.service_reference
        return service_pods(wire.NamespacedName(service.name, service.namespace or namespace), context)
    if spec.pod_selector is None and spec.namespace_selector is None:
        return Members(others=others)
    pods = selected_pods(spec.pod_selector, spec.namespace_selector, namespace, "spec", found)
    return Members((pods,), others)


def _children(group: Group, context: Context) -> Iterator[Members]:
    """Members of child groups, which have no children themselves."""
    for name in group.spec.child_groups or ():
        child = context.find(Group, replace(group.ref, name=name))
        if child is not None and child.spec.child_groups:
            yield Members(unclear=(f"{child.ref} is a child of {group.ref} and has children itself",))
        else:
            yield members(name, group.ref.namespace, context)


def _joined(groups: tuple[Members, ...]) -> Members:
    return Members(
        tuple(item for group in groups for item in group.pods),
        tuple(item for group in groups for item in group.others),
        tuple(item for group in groups for item in group.unclear),
    )


def _labels(labels: Mapping[str, str]) -> LabelSelector:
    return LabelSelector(
        tuple(Requirement(key, Operator.IN, (value,)) for key, value in sorted(labels.items()))
    )
