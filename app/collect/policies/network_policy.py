"""`networking.k8s.io/v1 NetworkPolicy` → normal form, with the API server's defaults and validation.

Rules: Kubernetes `pkg/apis/networking/v1/defaults.go` (defaults) and `pkg/apis/networking/validation` (what is refused).
A policy that breaks one of them could not exist in a cluster, so it is left out and each violation becomes a gap: its
meaning is not guessed. A port name that no pod has is legal and matches nothing.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from app.collect.addresses import ip_block
from app.collect.invalid import InvalidObjectError, Violation, decode
from app.collect.policies.api import Context, PolicyApi
from app.collect.policies.cilium.identities import as_seen
from app.collect.policies.cilium.referents import CONFIG_MAP, agent_settings
from app.collect.ports import policy_port
from app.collect.selectors import label_selector
from app.collect.wire import policies as wire
from app.model.identity import GroupKind
from app.model.policy import (
    EVERYTHING,
    Direction,
    LabelSelector,
    Peer,
    PodPeer,
    Policy,
    Rule,
    Subject,
)
from app.model.snapshot import SnapshotObject

T = TypeVar("T")

_DECODER = msgspec.json.Decoder(wire.NetworkPolicy)
_EMPTY = wire.PolicySpec()


def network_policy(item: SnapshotObject) -> Policy:
    """Read one policy.

    Raises:
        InvalidObjectError: with every violation that the policy has.
    """
    spec = decode(item.body, _DECODER).spec or _EMPTY
    found: list[Violation] = []
    directions = _directions(spec, found)
    selector = _selector(spec.pod_selector, "spec.podSelector", found) or EVERYTHING
    ingress, egress = _ingress(spec, found), _egress(spec, found)
    if found:
        raise InvalidObjectError(*found)
    return Policy(
        ref=item.ref,
        subject=Subject(selector, item.ref.namespace),
        directions=directions,
        isolates=directions,
        # The API ignores a section whose direction `policyTypes` does not list.
        ingress=ingress if Direction.INGRESS in directions else (),
        egress=egress if Direction.EGRESS in directions else (),
        digest=item.digest,
    )


def _read(item: SnapshotObject, context: Context) -> tuple[Policy, ...]:
    """Cilium's agents may not see a label that the policy asks for, and then it selects no one by it."""
    return (as_seen(network_policy(item), context),)


API = PolicyApi(
    policies={GroupKind("networking.k8s.io", "NetworkPolicy"): _read},
    referents={CONFIG_MAP: agent_settings},
)


def _directions(spec: wire.PolicySpec, found: list[Violation]) -> frozenset[Direction]:
    """`policyTypes`; when empty or missing, Ingress always and Egress if there is an egress rule."""
    if not spec.policy_types:
        return frozenset(Direction) if spec.egress else frozenset({Direction.INGRESS})
    known = {direction.value for direction in Direction}
    for index, name in enumerate(spec.policy_types):
        if name not in known:
            found.append(Violation(f"spec.policyTypes[{index}]", f"`{name}` is neither Ingress nor Egress"))
    return frozenset(Direction(name) for name in spec.policy_types if name in known)


def _ingress(spec: wire.PolicySpec, found: list[Violation]) -> tuple[Rule, ...]:
    return tuple(
        _rule(f"spec.ingress[{index}]", "from", rule.from_, rule.ports, found)
        for index, rule in enumerate(spec.ingress or ())
    )


def _egress(spec: wire.PolicySpec, found: list[Violation]) -> tuple[Rule, ...]:
    return tuple(
        _rule(f"spec.egress[{index}]", "to", rule.to, rule.ports, found)
        for index, rule in enumerate(spec.egress or ())
    )


def _rule(
    path: str,
    side: str,
    peers: Sequence[wire.PolicyPeer] | None,
    ports: Sequence[wire.PolicyPort] | None,
    found: list[Violation],
) -> Rule:
    return Rule(
        path=path,
        peers=_each(_peer(peer, f"{path}.{side}[{index}]", found) for index, peer in enumerate(peers or ())),
        ports=_each(
            policy_port(port, f"{path}.ports[{index}]", found) for index, port in enumerate(ports or ())
        ),
    )


def _each(items: Iterable[T | None]) -> tuple[T, ...] | None:
    """The items that could be read; None, meaning any, when the list is empty or missing.

    An invalid item is None, and its policy is never used: its violation has been recorded.
    """
    return tuple(item for item in items if item is not None) or None


def _peer(peer: wire.PolicyPeer, path: str, found: list[Violation]) -> Peer | None:
    if peer.ip_block is not None:
        if peer.pod_selector is not None or peer.namespace_selector is not None:
            found.append(Violation(path, "ipBlock may not stand beside podSelector or namespaceSelector"))
        return ip_block(peer.ip_block, f"{path}.ipBlock", found)
    if peer.pod_selector is None and peer.namespace_selector is None:
        found.append(Violation(path, "a peer must have a podSelector, a namespaceSelector or an ipBlock"))
        return None
    return PodPeer(
        namespace_selector=_selector(peer.namespace_selector, f"{path}.namespaceSelector", found),
        pod_selector=_selector(peer.pod_selector, f"{path}.podSelector", found) or EVERYTHING,
    )


def _selector(selector: wire.LabelSelector | None, path: str, found: list[Violation]) -> LabelSelector | None:
    return None if selector is None else label_selector(selector, path, found)
