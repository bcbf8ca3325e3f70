"""`source` and `destination` of a rule → ends of a connection: everything that is given must match.

Which selectors go together is upstream's `GetEntityRuleSelector` (projectcalico/calico
`libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go`): in a NetworkPolicy every selector is limited to the policy's
own namespace unless `namespaceSelector` is given, and `notSelector` is such a selector. `selector: "!has(x)"` matches only
what Calico knows, `notSelector: "has(x)"` alone matches everyone else as well.
"""

from collections.abc import Iterator

from app.collect.policies.calico.labels import ACCOUNT, pods_selected
from app.collect.policies.calico.language import Expression, Negation, Term, both
from app.collect.policies.calico.nets import address_peer, families, only, ranges
from app.collect.policies.calico.scope import Scope
from app.collect.policies.calico.selecting import accounts, endpoints, namespaces
from app.collect.policies.calico.services import pods_behind, service_of
from app.collect.policies.calico.sets import sets_selected
from app.collect.wire import calico as wire
from app.model.policy import AnyPeer, EveryPeer, OtherPeer, Peer, SelectorPeer


def entity_peer(entity: wire.EntityRule, path: str, scope: Scope) -> Peer | None:
    """Ends that an entity rule matches, ports aside; None when it restricts nothing."""
    parts = (
        *_by_labels(entity, path, scope),
        *_by_address(entity, path, scope),
        *_by_service(entity.services, f"{path}.services", scope),
    )
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else EveryPeer(parts)


def _by_labels(entity: wire.EntityRule, path: str, scope: Scope) -> Iterator[Peer]:
    chosen = both(
        _by_account(entity.service_accounts, f"{path}.serviceAccounts", scope),
        endpoints(entity.selector, f"{path}.selector", scope),
    )
    unwanted = endpoints(entity.not_selector, f"{path}.notSelector", scope)
    places = namespaces(entity.namespace_selector, f"{path}.namespaceSelector", scope)
    own = scope.namespace if places is None else ""
    if chosen or places or (own and unwanted):
        wanted = both(places, chosen, Negation(unwanted) if unwanted else None)
        yield _known_to_calico(wanted, own or None, scope)
    elif unwanted:
        yield OtherPeer(_known_to_calico(unwanted, None, scope))


def _known_to_calico(expression: Expression | None, namespace: str | None, scope: Scope) -> Peer:
    """Pods, and sets of addresses, that an expression selects."""
    pods = SelectorPeer(pods_selected(expression), namespace)
    sets = sets_selected(expression, namespace, scope.sets)
    return AnyPeer((pods, sets)) if sets else pods


def _by_account(match: wire.AccountMatch | None, path: str, scope: Scope) -> Expression | None:
    if match is None:
        return None
    named = Term(ACCOUNT, "in", tuple(sorted(set(match.names)))) if match.names else None
    return both(accounts(match.selector, f"{path}.selector", scope), named)


def _by_address(entity: wire.EntityRule, path: str, scope: Scope) -> Iterator[Peer]:
    """`nets` and `notNets`. Over an address family that a list does not name, the rule does not exist.

    Upstream: felix `FilterRuleToIPVersion`.
    """
    if entity.nets:
        yield address_peer(ranges(entity.nets, f"{path}.nets", scope.found), ", ".join(entity.nets))
    if entity.not_nets:
        unwanted = ranges(entity.not_nets, f"{path}.notNets", scope.found)
        if len(met := families(unwanted)) == 1:
            yield only(*met)
        yield OtherPeer(address_peer(unwanted, ", ".join(entity.not_nets)))


def _by_service(match: wire.ServiceMatch | None, path: str, scope: Scope) -> Iterator[Peer]:
    if match and (service := service_of(match, path, scope)):
        yield pods_behind(service)
