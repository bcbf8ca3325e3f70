"""HostEndpoints: policies on the nodes themselves, which the normal form cannot say.

What is evaluated: their expected addresses, where the selector of a rule matches their labels. What is not: what policies
do to a host endpoint. Such policies only take away from what pods' own policies allow (felix asks both, and both must
allow), so that a path which is denied stays denied; but whether a pod on its node's network can be reached depends on them.
One that no policy selects, and that has Calico's profile which allows everything, changes nothing.

What passes through a node to its pods and from them meets the policies of a host endpoint that are applied on forward,
before DNAT or before connection tracking (`applyOnForward`, `preDNAT`, `doNotTrack`), and no others. So it concerns pods of
that node alone: what comes to them through a policy's ingress, what they send through its egress. A host endpoint for every
interface (`*`) is taken to ask in both directions. Upstream: Calico documentation, "Host endpoints and forwarded traffic".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from app.collect.invalid import InvalidObjectError, decode
from app.collect.policies.api import Context
from app.collect.policies.calico.language import matches
from app.collect.policies.calico.metadata import STORED, groups, labels_of
from app.collect.policies.calico.policies import directions_of, selected
from app.collect.policies.calico.scope import Scope
from app.collect.wire import calico as wire
from app.model.identity import GroupKind
from app.model.inventory import Guard, Labels
from app.model.policy import Direction
from app.model.snapshot import FORWARDED, CollectionGap, GapReason, SnapshotObject

_HOST = msgspec.json.Decoder(wire.HostEndpoint)
_ALLOWS_ALL = "projectcalico-default-allow"
_NAMED = 3

ByKind = Mapping[GroupKind, Sequence[SnapshotObject]]


def host_gaps(by_kind: ByKind, context: Context) -> Iterator[CollectionGap]:
    """One gap for the host endpoints of each group that restrict anything."""
    policies = [item for kind in groups("GlobalNetworkPolicy") for item in by_kind.get(kind, ())]
    forwarding = [item for item in policies if _bears_on_forwarded(item)]
    for kind in groups("HostEndpoint"):
        hosts = by_kind.get(kind, ())
        names = sorted(item.ref.name for item in hosts if _restricts(item, policies, context))
        if names:
            yield _gap(kind, names)
        passed = {item.ref.name: _selecting(item, forwarding, context) for item in hosts}
        if names := sorted(name for name, found in passed.items() if found):
            yield _forward_gap(kind, names, sorted({policy for name in names for policy in passed[name]}))


def guards(by_kind: ByKind, context: Context) -> Iterator[Guard]:
    """Host endpoints whose policies bear on what their nodes forward."""
    policies = [item for kind in groups("GlobalNetworkPolicy") for item in by_kind.get(kind, ())]
    forwarding = [item for item in policies if _bears_on_forwarded(item)]
    for item in (item for kind in groups("HostEndpoint") for item in by_kind.get(kind, ())):
        try:
            value = decode(item.body, _HOST)
        except InvalidObjectError:
            if forwarding:
                yield Guard(item.ref, "", frozenset(Direction))
            continue
        labels, spec = labels_of(value.metadata), value.spec or wire.HostSpec()
        found = [_directions(policy) for policy in forwarding if _selects(policy, labels, context)]
        if found:
            named = spec.interface_name not in (None, "", "*")
            directions = frozenset[Direction]().union(*found) if named else frozenset(Direction)
            yield Guard(item.ref, spec.node or "", directions)


def _directions(item: SnapshotObject) -> frozenset[Direction]:
    """Directions of a policy; both of one that cannot be read, and of one that sees replies like anything else."""
    try:
        spec = msgspec.convert(item.parsed().get("spec") or {}, wire.GlobalSpec)
    except msgspec.ValidationError:
        return frozenset(Direction)
    scope = Scope("", Context())
    found = directions_of(spec, scope, stored=item.ref.group == STORED)
    return frozenset(Direction) if scope.found or spec.do_not_track else found


def _bears_on_forwarded(item: SnapshotObject) -> bool:
    """Whether a policy is applied to what a node forwards. One that cannot be read may be."""
    try:
        spec = msgspec.convert(item.parsed().get("spec") or {}, wire.GlobalSpec)
    except msgspec.ValidationError:
        return True
    return bool(spec.apply_on_forward or spec.pre_dnat or spec.do_not_track)


def _selecting(item: SnapshotObject, policies: Iterable[SnapshotObject], context: Context) -> list[str]:
    """Policies that select a host endpoint; any may select one that cannot be read."""
    try:
        labels = labels_of(decode(item.body, _HOST).metadata)
    except InvalidObjectError:
        return [str(policy.ref) for policy in policies]
    return [str(policy.ref) for policy in policies if _selects(policy, labels, context)]


def _restricts(item: SnapshotObject, policies: Iterable[SnapshotObject], context: Context) -> bool:
    """Whether anything but "allow all" may hold at a host endpoint. One that cannot be read may restrict."""
    try:
        value = decode(item.body, _HOST)
    except InvalidObjectError:
        return True
    profiles = (value.spec or wire.HostSpec()).profiles or []
    if profiles != [_ALLOWS_ALL]:
        return True
    labels = labels_of(value.metadata)
    return any(_selects(policy, labels, context) for policy in policies)


def _selects(policy: SnapshotObject, labels: Labels, context: Context) -> bool:
    try:
        spec = msgspec.convert(policy.parsed().get("spec") or {}, wire.GlobalSpec)
    except msgspec.ValidationError:
        return True
    scope = Scope("", context)
    expression = selected(spec, scope)
    return bool(scope.found) or expression is None or matches(expression, labels)


def _forward_gap(kind: GroupKind, names: Sequence[str], policies: Sequence[str]) -> CollectionGap:
    return CollectionGap(
        kind,
        GapReason.UNKNOWN_KIND,
        f"policies on host endpoints are not evaluated: by {_some(policies)}, {_some(names)} may deny what passes through "
        "to pods of the node, and from them",
        advice="Judge by hand which of the connections that are listed these policies deny; none is added by them.",
        name=names[0] if len(names) == 1 else "",
        field=FORWARDED,
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _gap(kind: GroupKind, names: Sequence[str]) -> CollectionGap:
    return CollectionGap(
        kind,
        GapReason.UNKNOWN_KIND,
        f"policies on host endpoints are not evaluated: {_some(names)} may restrict what reaches "
        "nodes and pods on their network",
        advice="Judge connections of pods with hostNetwork by hand; those of other pods can only be fewer.",
        name=names[0] if len(names) == 1 else "",
    )
