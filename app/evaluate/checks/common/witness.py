"""The steps of one decision, and the rules and policies to show with it."""

from app.evaluate.checks.common.evidence import evidence_of_labels, evidence_of_policies, evidence_of_rule
from app.evaluate.checks.common.wording import names
from app.model.connections import Connections, Protocol
from app.model.decision import Decision, HalfDecision, Reason
from app.model.facts import Facts
from app.model.finding import Evidence
from app.model.reachability import Workload


def first_port(allowed: Connections) -> tuple[Protocol, int]:
    """The port to ask about: the lowest of the first protocol."""
    protocol, ports = allowed.ports[0]
    return protocol, ports.intervals[0][0]


def steps(decision: Decision) -> tuple[str, ...]:
    """Why each end lets the connection through, source first."""
    return (_step(decision.egress), _step(decision.ingress), *(f"{note}." for note in decision.profile_notes))


def evidence_of(facts: Facts, decision: Decision, *ends: Workload) -> tuple[Evidence, ...]:
    """The rules that open it, then policies that isolate in vain; where nothing selects an end, the labels of its pods."""
    halves = (decision.egress, decision.ingress)
    rules = [rule for half in halves for rule in half.rules]
    vain = [ref for half in halves if half.reason is Reason.NOT_ENFORCED for ref in half.selecting]
    found = (*(evidence_of_rule(facts, rule) for rule in rules), *evidence_of_policies(facts, vain))
    return found or tuple(evidence_of_labels(facts, item.pod_refs[0]) for item in ends)


_SAYS = {
    Reason.OUTSIDE: "The policies of the cluster do not hold outside it.",
    Reason.HOST_NETWORK: "{subject} uses its node's network, where no policy selects it.",
    Reason.NOT_SELECTED: "No policy isolates {subject} for {way}.",
    Reason.NOT_ENFORCED: "{policies} would isolate {subject} for {way}, but nothing enforces policies there: {note}.",
    Reason.OWN_NODE: "{subject} accepts everything from its own node: {note}.",
    Reason.ALLOWED_BY_RULE: "{subject} is isolated for {way}, and {rules} lets it through.",
    Reason.NO_RULE_MATCHES: "{subject} is isolated for {way} by {policies}, and no rule matches.",
    Reason.ALLOWED_BY_DEFAULT: "{subject} is selected for {way} by {policies}, and nothing that is asked decides.",
    Reason.DENIED_BY_RULE: "{subject} is selected for {way}, and {rules} denies it.",
    Reason.CANNOT_TELL: "Whether {subject} lets it through for {way} cannot be told: {note}.",
}


def _step(half: HalfDecision) -> str:
    return _SAYS[half.reason].format(
        subject=half.subject,
        way=half.direction.value.lower(),
        policies=names(half.selecting),
        rules=names(half.rules),
        note=half.note,
    )
