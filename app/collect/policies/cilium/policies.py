"""`cilium.io/v2` CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy → normal form, one policy for each spec.

A pod is in default deny in a direction as soon as a spec that selects it has an entry in that direction, unless the spec
opts out (`enableDefaultDeny`). A section that is missing, null or `[]` does not count; `[{}]` does. Source: Cilium
`pkg/policy/api/rule.go`, `pkg/policy/utils/parserules.go`, `pkg/k8s/apis/cilium.io/utils/utils.go`; manual, "Policy
Enforcement Modes", "Deny Policies".
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from app.collect.invalid import decode
from app.collect.policies.api import Context, PolicyApi
from app.collect.policies.cilium.labels import NAMESPACE, EndpointSelector, endpoint_selector
from app.collect.policies.cilium.peers import Scope
from app.collect.policies.cilium.referents import (
    CIDR_GROUP,
    CONFIG_MAP,
    SERVICE,
    agent_settings,
    cidr_group,
    named_service,
)
from app.collect.policies.cilium.rules import egress_rules, ingress_rules
from app.collect.policies.unknown_fields import unknown_fields
from app.collect.wire import cilium as wire
from app.model.identity import GroupKind
from app.model.policy import NOTHING, Direction, Family, Operator, Policy, Selector, Subject
from app.model.snapshot import SnapshotObject

_DECODER = msgspec.json.Decoder(wire.Policy)
_OWN_NAMESPACE = f"k8s:{NAMESPACE}"


def cilium_policies(item: SnapshotObject, context: Context) -> tuple[Policy, ...]:
    """Read one object; empty when it has no spec.

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    value = decode(item.body, _DECODER)
    body = item.parsed()
    scope = Scope(item.ref.namespace, context)
    refused = _refused(value.status)
    return tuple(_policy(item, spec, raw, path, scope, refused) for spec, raw, path in _specs(value, body))


API = PolicyApi(
    policies={
        GroupKind("cilium.io", "CiliumNetworkPolicy"): cilium_policies,
        GroupKind("cilium.io", "CiliumClusterwideNetworkPolicy"): cilium_policies,
    },
    referents={CIDR_GROUP: cidr_group, SERVICE: named_service, CONFIG_MAP: agent_settings},
)


def _specs(value: wire.Policy, body: Any) -> Iterator[tuple[wire.PolicySpec, Any, str]]:
    """Every spec with its JSON values and its place; `spec` and `specs` may stand side by side."""
    if value.spec is not None:
        yield value.spec, body.get("spec"), "spec"
    for index, spec in enumerate(value.specs or ()):
        yield spec, body["specs"][index], f"specs[{index}]"


def _refused(status: wire.Status | None) -> str:
    """Why Cilium did not take the policy, as its status says; empty where it did, or nothing is said."""
    conditions = (status.conditions if status else None) or ()
    found = next((item for item in conditions if item.type == "Valid" and item.status == "False"), None)
    if found is None:
        return ""
    return f"is not enforced: Cilium refused it ({found.message or 'its status says Valid=False'})"


def _policy(
    item: SnapshotObject, spec: wire.PolicySpec, raw: Any, path: str, scope: Scope, refused: str
) -> Policy:
    unclear = [f"{field} is not known" for field in unknown_fields(raw, spec, path)]
    selector = _subject(spec, path, scope, unclear)
    subject = Subject(selector, scope.namespace or None, nodes=spec.node_selector is not None)
    ingress = ingress_rules(spec, path, scope, unclear)
    egress = egress_rules(spec, path, scope, unclear)
    directions = frozenset(
        direction for direction, rules in ((Direction.INGRESS, ingress), (Direction.EGRESS, egress)) if rules
    )
    return Policy(
        ref=item.ref,
        subject=subject,
        directions=directions,
        isolates=directions - _opted_out(spec.enable_default_deny or wire.DefaultDeny()),
        ingress=ingress,
        egress=egress,
        family=Family.CILIUM,
        staged=bool(refused),
        why_staged=refused,
        unclear=tuple(dict.fromkeys(unclear)),
        digest=item.digest,
        part=path if path != "spec" else "",
    )


def _opted_out(given: wire.DefaultDeny) -> frozenset[Direction]:
    chosen = ((Direction.INGRESS, given.ingress), (Direction.EGRESS, given.egress))
    return frozenset(direction for direction, enabled in chosen if enabled is False)


def _subject(spec: wire.PolicySpec, path: str, scope: Scope, unclear: list[str]) -> Selector:
    """Whom a spec selects. One for nodes selects no pod."""
    if spec.endpoint_selector is None or spec.node_selector is not None:
        if (spec.endpoint_selector is None) is (spec.node_selector is None):
            unclear.append(f"{path}: it needs one of endpointSelector and nodeSelector")
        return NOTHING
    where = f"{path}.endpointSelector"
    read = endpoint_selector(_within(spec.endpoint_selector, scope), where, scope.context, unclear)
    unclear += [f"{where}: {doubt}" for doubt in read.doubts]
    return read.labels if read.possible and _could_be_pods(read) else NOTHING


def _within(selector: wire.LabelSelector, scope: Scope) -> wire.LabelSelector:
    """A namespaced policy selects in its own namespace; Cilium overwrites another one that is named."""
    labels = selector.match_labels or {}
    if not scope.namespace or _OWN_NAMESPACE not in labels:
        return selector
    kept = {name: value for name, value in labels.items() if name != _OWN_NAMESPACE}
    return wire.LabelSelector(kept, selector.match_expressions)


def _could_be_pods(read: EndpointSelector) -> bool:
    """No pod has a `reserved:` label, so one that is asked for selects none, and one that is ruled out all."""
    return all(item.operator in (Operator.DOES_NOT_EXIST, Operator.NOT_IN) for item in read.reserved)
