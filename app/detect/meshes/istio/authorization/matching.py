"""Whether a rule matches a caller at a port, as the proxy that asks it can see the connection."""

from dataclasses import dataclass
from enum import StrEnum

from app.detect.meshes.common.callers import Caller
from app.detect.meshes.common.logic import negated, some
from app.detect.meshes.common.matches import (
    ALWAYS,
    NEVER,
    UNCLEAR,
    Match,
    all_of,
    any_of,
)
from app.detect.meshes.istio.authorization.policies import (
    ADDRESS,
    IDENTITY,
    PORTS,
    Action,
    Clause,
    Rule,
    Term,
)
from app.model.encryption import Known


class View(StrEnum):
    """What a proxy sees of a connection."""

    REQUESTS = "requests"  # HTTP, or what may be: methods, paths and claims are seen
    BYTES = "bytes"  # a sidecar at a port that is declared as no HTTP
    ZTUNNEL = "ztunnel"  # never more than the connection


@dataclass(frozen=True, slots=True)
class Question:
    """One caller at one container port. `identified`: the proxy sees the caller's identity (mutual TLS)."""

    caller: Caller
    identified: Known
    port: int
    view: View


def rule_matches(rule: Rule, action: Action, question: Question) -> Match:
    """Source, operation and conditions together; an empty rule matches everything."""
    if question.view is not View.REQUESTS:
        needs_requests = any(_of_request(term) for term in rule.terms())
        if action is Action.ALLOW and needs_requests:
            return NEVER
        if question.view is View.ZTUNNEL and _hollow(rule):
            return NEVER
    parts = [_any_clause(rule.sources, action, question), _any_clause(rule.operations, action, question)]
    return all_of((*parts, *(_term(term, action, question) for term in rule.conditions)))


def _any_clause(clauses: tuple[Clause, ...], action: Action, question: Question) -> Match:
    if not clauses:
        return ALWAYS
    seen = [clause for clause in clauses if question.view is not View.ZTUNNEL or not _empty(clause)]
    return any_of(all_of(_term(term, action, question) for term in clause) for clause in seen)


def _term(term: Term, action: Action, question: Question) -> Match:
    if not term.clear:
        return UNCLEAR
    if term.field in IDENTITY:
        return Match(_turned(term, _identity(term, question)))
    if term.field in ADDRESS:
        return Match(_turned(term, _address(term, question.caller)))
    if term.field in PORTS:
        return Match(_turned(term, Known.YES if str(question.port) in term.values else Known.NO))
    if question.view is not View.REQUESTS:
        return NEVER if action is Action.ALLOW else ALWAYS  # a deny that cannot be told apart denies more
    return Match(Known.YES, (f"{term}",))


def _identity(term: Term, question: Question) -> Known:
    matched = any((term.field, value) in question.caller.matched for value in term.values)
    if not matched:
        return Known.NO
    return question.identified


def _address(term: Term, caller: Caller) -> Known:
    return some(caller.within(value) for value in term.values)


def _turned(term: Term, answer: Known) -> Known:
    return negated(answer) if term.negated else answer


def _of_request(term: Term) -> bool:
    return term.field not in (*IDENTITY, *ADDRESS, *PORTS)


def _empty(clause: Clause) -> bool:
    """A clause of which ztunnel sees nothing: it never matches there."""
    return all(_of_request(term) for term in clause)


def _hollow(rule: Rule) -> bool:
    """A rule with a part of which ztunnel sees nothing, so that it matches nobody."""
    clauses = (rule.sources, rule.operations)
    lost = any(group and all(map(_empty, group)) for group in clauses)
    return lost or any(_of_request(term) for term in rule.conditions)
