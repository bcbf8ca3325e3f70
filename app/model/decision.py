"""Why one connection is allowed or denied: a decision keeps its witnesses, an explanation only words them."""

from dataclasses import dataclass
from enum import StrEnum

from app.model.connections import Protocol
from app.model.identity import ObjectRef
from app.model.policy import Direction


class Reason(StrEnum):
    """Why one end of a connection allows or denies it; different causes are different reasons."""

    OUTSIDE = "outside-the-cluster"  # no policy of this cluster governs that end
    HOST_NETWORK = "host-network"  # a hostNetwork pod: policies do not select it
    NOT_SELECTED = "not-selected"  # no policy isolates this end in this direction: everything is allowed
    NOT_ENFORCED = "not-enforced"  # selected, but the data plane does not enforce policies there
    OWN_NODE = "own-node"  # traffic from the pod's own node is always allowed
    ALLOWED_BY_RULE = "allowed-by-rule"  # isolated, and at least one rule matches
    NO_RULE_MATCHES = "no-rule-matches"  # isolated, and no rule matches: denied
    CANNOT_TELL = "cannot-tell"  # something that could decide was not read or not understood

    @property
    def allows(self) -> bool:
        """True when this end lets the connection through; CANNOT_TELL does not say so."""
        return self not in (Reason.NO_RULE_MATCHES, Reason.CANNOT_TELL)


@dataclass(frozen=True, slots=True, order=True)
class RuleRef:
    """One rule of one policy: where it stands (`spec.ingress[0]`)."""

    policy: ObjectRef
    direction: Direction
    path: str

    def __str__(self) -> str:
        """Write `NetworkPolicy shop/allow-web, spec.ingress[0]`."""
        return f"{self.policy}, {self.path}"


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a rule of a selecting policy did not match: "peer" or "port", with a sentence."""

    rule: RuleRef
    what: str
    says: str


@dataclass(frozen=True, slots=True)
class HalfDecision:
    """One end: the source's egress or the destination's ingress.

    Attributes:
        subject: endpoint id (workload or external range).
        reason: the one reason that decided.
        selecting: policies that isolate this end in this direction, sorted.
        rules: rules that allow, sorted; empty unless ALLOWED_BY_RULE.
        misses: for a denial, each rule of each selecting policy with what failed to match.
        note: one sentence more, where the reason needs it (why not enforced, what could not be read).
    """

    direction: Direction
    subject: str
    reason: Reason
    selecting: tuple[ObjectRef, ...] = ()
    rules: tuple[RuleRef, ...] = ()
    misses: tuple[Miss, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One (source, destination, protocol, port): allowed when both ends allow.

    `profile_notes` says where data planes read the API differently, one sentence each.
    """

    source: str
    destination: str
    protocol: Protocol
    port: int
    egress: HalfDecision
    ingress: HalfDecision
    profile_notes: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """True when both ends let it through."""
        return self.egress.reason.allows and self.ingress.reason.allows

    @property
    def certain(self) -> bool:
        """False when either end could not be told."""
        return Reason.CANNOT_TELL not in (self.egress.reason, self.ingress.reason)
