"""Tiers: the API's objects, and those that Calico makes by itself."""

import msgspec

from app.collect.invalid import InvalidObjectError, Violation, decode
from app.collect.policies.calico.metadata import DEFAULT_TIER, SERVED
from app.collect.wire import calico as wire
from app.model.identity import ObjectRef
from app.model.policy import Action, Family, Tier
from app.model.snapshot import SnapshotObject

_DECODER = msgspec.json.Decoder(wire.Tier)
_LAST = float("inf")


def tier(item: SnapshotObject) -> Tier:
    """Read one tier. Whatever is not `Pass` is taken as Deny, as upstream does (`tierprocessor.go`).

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    spec = decode(item.body, _DECODER).spec or wire.TierSpec()
    if spec.default_action not in (None, Action.DENY, Action.PASS):
        raise InvalidObjectError(
            Violation("spec.defaultAction", f"`{spec.default_action}` is neither Deny nor Pass")
        )
    return Tier(
        ref=item.ref,
        family=Family.CALICO,
        order=_LAST if spec.order is None else spec.order,
        default=Action.PASS if spec.default_action == Action.PASS else Action.DENY,
        digest=item.digest,
    )


def _made_by_calico(name: str, order: float, default: Action) -> Tier:
    return Tier(ObjectRef(SERVED, "Tier", "", name), Family.CALICO, order, default)


# Upstream: `api/pkg/apis/projectcalico/v3/tier.go`. The other two hold what Calico makes of policies of Kubernetes' own
# APIs; those are read as what they are, and people may add policies of Calico beside them.
DEFAULT_TIERS = (
    _made_by_calico("kube-admin", 1_000.0, Action.PASS),
    _made_by_calico(DEFAULT_TIER, 1_000_000.0, Action.DENY),
    _made_by_calico("kube-baseline", 10_000_000.0, Action.PASS),
)
