"""`crd.antrea.io` NetworkPolicy, ClusterNetworkPolicy and Tier → normal form.

A policy isolates nothing by itself: what no rule matches goes on to NetworkPolicy. Source: "Antrea Network Policy CRDs",
`pkg/apis/crd/v1beta1` and `pkg/controller/networkpolicy` (`validate.go`, `tier.go`) of antrea.io/antrea.
"""

from collections.abc import Iterator, Sequence

import msgspec

from app.collect.invalid import InvalidObjectError, Violation, decode
from app.collect.policies.antrea_groups import GROUP, read_group
from app.collect.policies.antrea_peers import Reading, applied_pods
from app.collect.policies.antrea_rules import read_rule
from app.collect.policies.api import Context, PolicyApi
from app.collect.policies.unknown_fields import unknown_fields
from app.collect.wire import antrea as wire
from app.model.identity import GroupKind, ObjectRef
from app.model.policy import (
    Action,
    AnyOf,
    Direction,
    Family,
    LabelSelector,
    Policy,
    Rule,
    Selector,
    SelectorPeer,
    Subject,
    Tier,
)
from app.model.snapshot import SnapshotObject

_POLICY = msgspec.json.Decoder(wire.Policy)
_TIER = msgspec.json.Decoder(wire.Tier)
_VERSIONS = ("v1beta1", "v1alpha1")
_PRIORITIES = (1, 10_000)
_DEFAULT_TIER = "application"
BASELINE_TIER = "baseline"
# Made by the controller when it starts; before v1.0 their names in policies were written in capitals.
_OWN_TIERS = {
    "emergency": 50,
    "securityops": 100,
    "networkops": 150,
    "platform": 200,
    _DEFAULT_TIER: 250,
    BASELINE_TIER: 253,
}


def _policy(item: SnapshotObject, context: Context) -> tuple[Policy, ...]:
    value = decode(item.body, _POLICY)
    reading = Reading(context, item.ref.namespace)
    _check(value.spec, reading)
    own = _own_selectors(value.spec, reading)
    ingress = tuple(_rules(value.spec.ingress, "spec.ingress", "from", reading))
    egress = tuple(_rules(value.spec.egress, "spec.egress", "to", reading))
    if reading.found:
        raise InvalidObjectError(*reading.found)
    return (
        Policy(
            ref=item.ref,
            subject=Subject(_any_of(own), item.ref.namespace or None, nodes=_selects_nodes(value.spec)),
            directions=frozenset(
                direction
                for direction, section in ((Direction.INGRESS, ingress), (Direction.EGRESS, egress))
                if section
            ),
            ingress=ingress,
            egress=egress,
            isolates=frozenset(),
            family=Family.ANTREA,
            tier=_tier_name(value.spec.tier),
            order=value.spec.priority,
            unclear=(*_unknown(item, value), *dict.fromkeys(reading.unclear)),
            digest=item.digest,
        ),
    )


def _tier(item: SnapshotObject) -> Tier:
    priority = decode(item.body, _TIER).spec.priority
    return Tier(item.ref, Family.ANTREA, float(priority), Action.PASS, item.digest)


def _own_tier(name: str, priority: int) -> Tier:
    return Tier(ObjectRef(GROUP, "Tier", "", name), Family.ANTREA, float(priority), Action.PASS)


API = PolicyApi(
    policies={GroupKind(GROUP, "NetworkPolicy"): _policy, GroupKind(GROUP, "ClusterNetworkPolicy"): _policy},
    tiers={GroupKind(GROUP, "Tier"): _tier},
    default_tiers=tuple(_own_tier(name, priority) for name, priority in _OWN_TIERS.items()),
    referents={GroupKind(GROUP, "Group"): read_group, GroupKind(GROUP, "ClusterGroup"): read_group},
)


def _tier_name(given: str) -> str:
    return given.lower() if given.lower() in _OWN_TIERS else given or _DEFAULT_TIER


def _check(spec: wire.PolicySpec, reading: Reading) -> None:
    """What the CRD and the admission webhook refuse."""
    lowest, highest = _PRIORITIES
    if not lowest <= spec.priority <= highest:
        reading.found.append(
            Violation("spec.priority", f"{spec.priority} is not within {lowest} to {highest}")
        )
    sections = [*(spec.ingress or ()), *(spec.egress or ())]
    if spec.tier.lower() == BASELINE_TIER and any(rule.action == "Pass" for rule in sections):
        reading.found.append(Violation("spec.tier", "rules of the baseline tier may not pass"))
    with_own = [rule for rule in sections if rule.applied_to]
    if spec.applied_to and with_own:
        reading.found.append(Violation("spec.appliedTo", "may not stand beside appliedTo of rules"))
    if not spec.applied_to and len(with_own) < max(1, len(sections)):
        reading.found.append(Violation("spec.appliedTo", "must stand here or in every rule"))


def _own_selectors(spec: wire.PolicySpec, reading: Reading) -> tuple[LabelSelector, ...]:
    """Whom the policy selects: its own `appliedTo`, or those of all its rules together."""
    if spec.applied_to:
        return applied_pods(spec.applied_to, "spec.appliedTo", reading)
    return tuple(
        selector
        for section, name in ((spec.ingress, "ingress"), (spec.egress, "egress"))
        for index, rule in enumerate(section or ())
        for selector in applied_pods(rule.applied_to or (), f"spec.{name}[{index}].appliedTo", reading)
    )


def _selects_nodes(spec: wire.PolicySpec) -> bool:
    """Whether it is applied to nodes, which is what `nodeSelector` in `appliedTo` does (feature gate NodeNetworkPolicy)."""
    applied = [spec.applied_to, *(rule.applied_to for rule in (*(spec.ingress or ()), *(spec.egress or ())))]
    return any(entry.node_selector is not None for entries in applied for entry in entries or ())


def _rules(section: Sequence[wire.Rule] | None, path: str, side: str, reading: Reading) -> Iterator[Rule]:
    for index, value in enumerate(section or ()):
        where = f"{path}[{index}]"
        if not value.applied_to:
            yield from read_rule(value, where, side, None, reading)
        elif selectors := applied_pods(value.applied_to, f"{where}.appliedTo", reading):
            own = tuple(SelectorPeer(selector) for selector in selectors)
            yield from read_rule(value, where, side, own, reading)


def _any_of(selectors: Sequence[LabelSelector]) -> Selector:
    return selectors[0] if len(selectors) == 1 else AnyOf(tuple(dict.fromkeys(selectors)))


def _unknown(item: SnapshotObject, value: wire.Policy) -> Iterator[str]:
    version = value.api_version.rpartition("/")[2]
    if version not in _VERSIONS:
        yield f"apiVersion is {version}; its fields are known in {' and '.join(_VERSIONS)} alone"
    for path in unknown_fields(item.parsed()["spec"], value.spec, "spec"):
        yield f"{path} is a field that is not known"
