"""What selectors match beside pods: NetworkSet, GlobalNetworkSet, and HostEndpoint by its expected addresses.

A NetworkSet is in a namespace and has its labels; the other two are in none, which is what `global()` selects. Upstream:
projectcalico/calico `libcalico-go/lib/backend/syncersv1/updateprocessors`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from app.collect.addresses import merged
from app.collect.invalid import InvalidObjectError, Violation, decode
from app.collect.policies.api import Context
from app.collect.policies.calico.labels import NAME, NAMESPACE, NAMESPACE_PREFIX
from app.collect.policies.calico.language import Expression, matches
from app.collect.policies.calico.metadata import STORED, labels_of
from app.collect.policies.calico.nets import address_peer, ranges
from app.collect.wire import calico as wire
from app.collect.wire.base import Metadata
from app.model.identity import ObjectRef
from app.model.inventory import Labels, Namespace
from app.model.policy import AddressPeer, AddressRange
from app.model.snapshot import SnapshotObject

_SET = msgspec.json.Decoder(wire.NetworkSet)
_HOST = msgspec.json.Decoder(wire.HostEndpoint)


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Addresses with labels. `ref` is empty of a namespace where the set is in none."""

    ref: ObjectRef
    labels: Labels
    ranges: tuple[AddressRange, ...]


SeenSet = tuple[AddressSet, Labels]


def network_set(item: SnapshotObject) -> AddressSet:
    """Read a NetworkSet or GlobalNetworkSet.

    Raises:
        InvalidObjectError: with every net that is none.
    """
    value = decode(item.body, _SET)
    nets = (value.spec or wire.SetSpec()).nets or ()
    return _address_set(item.ref, value.metadata, nets, "spec.nets")


def host_endpoint(item: SnapshotObject) -> AddressSet:
    """Read a HostEndpoint; without `expectedIPs` no selector of a rule finds it, whatever its labels.

    Raises:
        InvalidObjectError: with every address that is none.
    """
    value = decode(item.body, _HOST)
    expected = (value.spec or wire.HostSpec()).expected_ips or ()
    return _address_set(item.ref, value.metadata, expected, "spec.expectedIPs")


def sets_of(context: Context) -> tuple[SeenSet, ...]:
    """Every set that holds an address, each once, with the labels that selectors see; sorted by kind and name."""
    found = [item for item in _each_once(context.each(AddressSet)) if item.ranges]
    by_name = {item.name: item for item in context.namespaces} if found else {}
    return tuple((item, _seen(item, by_name)) for item in found)


def sets_selected(
    expression: Expression | None, namespace: str | None, sets: Iterable[SeenSet]
) -> AddressPeer | None:
    """Addresses of all sets that an expression selects, in one namespace or (None) anywhere; None when there is none."""
    chosen = [
        item
        for item, labels in sets
        if namespace in (None, item.ref.namespace) and (expression is None or matches(expression, labels))
    ]
    if not chosen:
        return None
    text = ", ".join(str(item.ref) for item in chosen)
    return address_peer(merged(edge for item in chosen for edge in item.ranges), text)


def _address_set(ref: ObjectRef, metadata: Metadata, nets: Iterable[str], path: str) -> AddressSet:
    found: list[Violation] = []
    value = AddressSet(ref, labels_of(metadata), ranges(nets, path, found))
    if found:
        raise InvalidObjectError(*found)
    return value


def _seen(item: AddressSet, namespaces: Mapping[str, Namespace]) -> Labels:
    """Labels that a selector sees of a set."""
    name = item.ref.namespace
    if not name:
        return item.labels
    inherited = namespaces[name].labels if name in namespaces else {}
    return {
        **{NAMESPACE_PREFIX + key: value for key, value in inherited.items()},
        NAMESPACE_PREFIX + NAME: name,
        **item.labels,
        NAMESPACE: name,
    }


def _each_once(items: Iterable[AddressSet]) -> Iterable[AddressSet]:
    """A set that both API groups serve counts once: the served one, which has the labels as they were written."""
    kept: dict[tuple[str, str, str], AddressSet] = {}
    for item in items:
        key = (item.ref.kind, item.ref.namespace, item.ref.name)
        if key not in kept or kept[key].ref.group == STORED:
            kept[key] = item
    return (kept[key] for key in sorted(kept))
