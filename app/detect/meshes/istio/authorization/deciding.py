"""Policies that hold for a server, asked in Istio's order: CUSTOM, then DENY, then ALLOW; the first that speaks decides.

No ALLOW policy lets everyone in; one ALLOW policy, even without rules, lets in only whom a rule matches. `spec: {}` therefore
denies all, and a rule without fields (`rules: [{}]`) allows all. AUDIT and dry runs decide nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.detect.meshes.common.matches import Match
from app.detect.meshes.istio.authorization.matching import Question, View, rule_matches
from app.detect.meshes.istio.authorization.policies import Action, AuthorizationPolicy, Rule
from app.model.encryption import Authorisation, Authorised, Known
from app.model.platform import Sign


@dataclass(frozen=True, slots=True)
class _Hit:
    """A rule that matches, or may."""

    policy: AuthorizationPolicy
    rule: Rule
    match: Match

    @property
    def name(self) -> str:
        return f"{self.policy.ref}, {self.rule.path}"

    @property
    def sign(self) -> Sign:
        return self.policy.sign(self.rule.path, self.policy.action or "", "the rule that matches")


def decide(policies: Sequence[AuthorizationPolicy], question: Question, doubt: str) -> Authorisation:
    """What policies say of one caller.

    Args:
        policies: those that hold for the server.
        question: who asks, and where.
        doubt: why there may be more policies, as a clause; empty when all were read.
    """
    enforced = [item for item in policies if item.enforced and _asked(item, question.view)]
    unread = next((item for item in enforced if item.action is None), None)
    denied = _first(enforced, Action.DENY, question, certain=True)
    if denied:
        return Authorisation(Authorised.NO, f"{denied.name} denies it", (denied.name,), signs=(denied.sign,))
    if unread or doubt:
        why = doubt or f"{unread.ref if unread else ''} has an action that is not understood"
        return Authorisation(Authorised.UNKNOWN, f"authorisation cannot be told: {why}")
    return _allowed(enforced, question)


def _asked(policy: AuthorizationPolicy, view: View) -> bool:
    """Ztunnel never gets CUSTOM policies, and no proxy enforces AUDIT."""
    return policy.action is not Action.AUDIT and not (view is View.ZTUNNEL and policy.action is Action.CUSTOM)


def _allowed(enforced: Sequence[AuthorizationPolicy], question: Question) -> Authorisation:
    handed = _first(enforced, Action.CUSTOM, question)
    denials = list(_hits(enforced, Action.DENY, question))
    allows = [item for item in enforced if item.action is Action.ALLOW]
    hits = list(_hits(enforced, Action.ALLOW, question))
    if allows and not hits:
        refs = tuple(str(item.ref) for item in allows)
        says = f"no rule of {refs[0]}{' or the others' if len(refs) > 1 else ''} allows it"
        signs = tuple(item.sign("spec", item.action or "", "no rule of it matches") for item in allows[:3])
        return Authorisation(Authorised.NO, says, refs, signs=signs)
    unclear = next((hit for hit in (*denials, *hits) if hit.match.answer is Known.UNKNOWN), None)
    best = next((hit for hit in hits if hit.match.certain), None)
    if unclear and (unclear in denials or not best):
        says = f"whether {unclear.name} matches cannot be told"
        return Authorisation(Authorised.UNKNOWN, says, (unclear.name,), signs=(unclear.sign,))
    limits = [f"denied by {hit.name} for {'; '.join(hit.match.conditions)}" for hit in denials]
    if handed:
        limits.append(f"as the external authoriser {handed.policy.provider} decides ({handed.name})")
    return _granted(hits, best, limits, allows, restricted=bool(enforced))


def _granted(
    hits: Sequence[_Hit],
    best: _Hit | None,
    limits: list[str],
    allows: Sequence[AuthorizationPolicy],
    *,
    restricted: bool,
) -> Authorisation:
    rules = tuple(hit.name for hit in ([best] if best else hits))
    signs = tuple(hit.sign for hit in ([best] if best else hits))
    if allows and not best:
        limits += [f"only {'; '.join(hit.match.conditions)} ({hit.name})" for hit in hits]
    if limits:
        return Authorisation(Authorised.CONDITIONAL, "what is asked for decides", rules, tuple(limits), signs)
    if best:
        return Authorisation(Authorised.YES, f"{best.name} allows it", rules, signs=signs)
    if restricted:
        return Authorisation(Authorised.YES, "no policy denies it, and no ALLOW policy holds for the server")
    return Authorisation(Authorised.UNRESTRICTED, "no AuthorizationPolicy holds for the server")


def _first(
    policies: Sequence[AuthorizationPolicy], action: Action, question: Question, *, certain: bool = False
) -> _Hit | None:
    return next((hit for hit in _hits(policies, action, question) if hit.match.certain or not certain), None)


def _hits(policies: Sequence[AuthorizationPolicy], action: Action, question: Question) -> Iterator[_Hit]:
    for policy in policies:
        if policy.action is not action:
            continue
        for rule in policy.rules:
            match = rule_matches(rule, action, question)
            if match.answer is not Known.NO:
                yield _Hit(policy, rule, match)
