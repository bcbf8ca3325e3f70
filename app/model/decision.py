"""Why one connection is allowed or denied: a decision keeps its witnesses, an explanation only words them."""

from dataclasses import dataclass
from enum import StrEnum

from app.model.connections import Protocol
from app.model.identity import ObjectRef
from app.model.policy import Action, Direction


class Reason(StrEnum):
    """Why one end of a connection allows or denies it; different causes are different reasons."""

    OUTSIDE = "outside-the-cluster"  # no policy of this cluster governs that end
    HOST_NETWORK = "host-network"  # a hostNetwork pod: policies do not select it
    NOT_SELECTED = "not-selected"  # no policy selects this end in this direction: everything is allowed
    NOT_ENFORCED = "not-enforced"  # selected, but the data plane does not enforce what selects it
    OWN_NODE = "own-node"  # traffic from the pod's own node is always allowed
    ALLOWED_BY_RULE = "allowed-by-rule"  # selected, and a rule allows it
    ALLOWED_BY_DEFAULT = (
        "allowed-by-default"  # selected, and nothing that is asked decides: allowed in the end
    )
    DENIED_BY_RULE = "denied-by-rule"  # a deny rule matches before anything allows it
    NO_RULE_MATCHES = "no-rule-matches"  # isolated, and no rule matches: denied
    CANNOT_TELL = "cannot-tell"  # something that could decide was not read, not understood, or is left open

    @property
    def allows(self) -> bool:
        """True when this end lets the connection through; CANNOT_TELL does not say so."""
        return not self.denies and self is not Reason.CANNOT_TELL

    @property
    def denies(self) -> bool:
        """True when this end stops the connection for certain."""
        return self in (Reason.DENIED_BY_RULE, Reason.NO_RULE_MATCHES)


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
    """Why a rule of a selecting policy did not match: "own end", "peer" or "port", with a sentence."""

    rule: RuleRef
    what: str
    says: str


@dataclass(frozen=True, slots=True)
class Acted:
    """Rules that matched together and did the same.

    Attributes:
        action: what they did.
        rules: which, sorted.
        conditions: what they ask for beyond ends and ports.
        guess: whether they match is not known, and the answer depends on it.
    """

    action: Action
    rules: tuple[RuleRef, ...]
    conditions: tuple[str, ...] = ()
    guess: bool = False


@dataclass(frozen=True, slots=True)
class TrailStep:
    """One stage that was asked, and what came of it.

    Attributes:
        stage: as a sentence names it: `tier security`, `NetworkPolicy`, `the admin tier`.
        selecting: its policies that select this end, sorted.
        acted: rules that matched, in the order in which they were tried; after a rule without conditions none is.
        isolating: policies whose isolation made the default take effect; empty when a rule decided or none isolates.
        default: what that default is.
    """

    stage: str
    selecting: tuple[ObjectRef, ...]
    acted: tuple[Acted, ...] = ()
    isolating: tuple[ObjectRef, ...] = ()
    default: Action | None = None


@dataclass(frozen=True, slots=True)
class HalfDecision:
    """One end: the source's egress or the destination's ingress.

    Attributes:
        subject: endpoint id (workload or external range).
        reason: the one reason that decided.
        selecting: policies that select this end in this direction and count, sorted; for NOT_ENFORCED those in vain.
        rules: rules that decided, sorted; empty unless ALLOWED_BY_RULE or DENIED_BY_RULE.
        misses: for a denial, each rule that could have let it through, with what failed to match.
        note: one sentence more, where the reason needs it (why not enforced, what could not be read).
        trail: the stages that were asked, in order.
        conditions: what the answer depends on beyond ends and ports, one sentence each.
        idle: policies that select this end and do not count, each as a sentence.
        remove: what would have to go for the connection to be answered otherwise. If it is allowed, all that stands at one
            end; if it is denied, all that stands at both. Empty where only something that is added could change the answer.
    """

    direction: Direction
    subject: str
    reason: Reason
    selecting: tuple[ObjectRef, ...] = ()
    rules: tuple[RuleRef, ...] = ()
    misses: tuple[Miss, ...] = ()
    note: str = ""
    trail: tuple[TrailStep, ...] = ()
    conditions: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    remove: tuple[RuleRef | ObjectRef, ...] = ()

    @property
    def isolating(self) -> tuple[ObjectRef, ...]:
        """Policies whose default took effect, sorted."""
        return tuple(sorted({ref for step in self.trail for ref in step.isolating}))


@dataclass(frozen=True, slots=True)
class Decision:
    """One (source, destination, protocol, port): allowed when both ends allow.

    `profile_notes` says where data planes read the API differently, one sentence each; `unproven` of ends that deny, why it is not
    proven that policies hold there.
    """

    source: str
    destination: str
    protocol: Protocol
    port: int
    egress: HalfDecision
    ingress: HalfDecision
    profile_notes: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """True when both ends let it through."""
        return self.egress.reason.allows and self.ingress.reason.allows

    @property
    def certain(self) -> bool:
        """False when either end could not be told."""
        return Reason.CANNOT_TELL not in (self.egress.reason, self.ingress.reason)
