"""Who is authorised at a port of a pod behind Linkerd's proxy: by its Server, else by the default inbound policy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.detect.meshes.common.callers import Caller
from app.detect.meshes.common.logic import every, known, some
from app.detect.meshes.common.matches import Match, any_of
from app.detect.meshes.linkerd.policies import Asked, Authorization, Policies, Server
from app.model.encryption import Authorisation, Authorised, Grant, Grantee, Guard, Known
from app.model.platform import Sign

_OPEN = ("all-unauthenticated", "audit")
_WIDTH = list(Grantee)


@dataclass(frozen=True, slots=True)
class Question:
    """One caller. `identified`: its identity is seen; `inside`: it is a pod of the cluster."""

    caller: Caller
    identified: Known
    inside: bool


def by_policy(policy: str, source: str, question: Question) -> Authorisation:
    """What a default inbound policy says."""
    if policy in _OPEN:
        return Authorisation(Authorised.UNRESTRICTED, f"{source} is {policy}, which restricts nobody")
    answer = _policy_answer(policy, question)
    decision = {Known.YES: Authorised.YES, Known.NO: Authorised.NO, Known.UNKNOWN: Authorised.UNKNOWN}[answer]
    return Authorisation(decision, f"{source} is {policy or 'not known'}")


def by_server(policies: Policies, server: Server, question: Question) -> Authorisation:
    """What the authorisations of a Server say; whom none lets in meets its access policy."""
    matches = [(item, _match(item, route, question)) for item, route in policies.of(server)]
    best = any_of(match for _, match in matches)
    hits = [item for item, match in matches if match.answer is Known.YES]
    names = tuple(str(item.ref) for item in hits)
    signs = tuple(item.sign for item in hits[:5])
    if best.certain:
        return Authorisation(Authorised.YES, f"{names[0]} allows it", names, signs=signs)
    fallback = _policy_answer(server.access, question)
    if fallback is Known.YES:
        sign = Sign(
            server.ref,
            "spec.accessPolicy",
            server.access,
            "whom no authorisation lets in",
            server.item.digest,
        )
        return Authorisation(Authorised.YES, f"{server.ref} has access policy {server.access}", signs=(sign,))
    if best.answer is Known.UNKNOWN or fallback is Known.UNKNOWN:
        return Authorisation(
            Authorised.UNKNOWN, f"whether an authorisation of {server.ref} matches cannot be told"
        )
    if best.answer is Known.YES:
        says = "what is asked for decides"
        return Authorisation(Authorised.CONDITIONAL, says, names, best.conditions, signs)
    says = f"no authorisation of {server.ref} allows it"
    sign = Sign(server.ref, "spec", server.access, "only whom an authorisation lets in", server.item.digest)
    return Authorisation(Authorised.NO, says, signs=(sign,))


def guard(policies: Policies, servers: Sequence[Server], policy: str, source: str) -> Guard:
    """Whom the Servers of a pod let in; without a Server the default inbound policy speaks for all ports."""
    if not servers:
        if policy in _OPEN or policy == "cluster-unauthenticated":
            return Guard(Known.NO, f"no Server holds for it, and {source} is {policy}")
        answer = known(policy == "deny") if policy else Known.UNKNOWN
        if policy in ("all-authenticated", "cluster-authenticated"):
            return Guard(
                Known.NO, f"no Server holds for it, and {source} is {policy}: any identity is let in"
            )
        return Guard(answer, f"no Server holds for it, and {source} is {policy or 'not known'}")
    grants = tuple(
        Grant(_grantee(item), f"{item.ref} lets in {_grantee(item)}", item.sign, bool(route))
        for server in servers
        for item, route in policies.of(server)
        if not item.invalid
    )
    open_servers = [item for item in servers if item.access not in ("deny", "")]
    if open_servers:
        found = open_servers[0]
        sign = Sign(
            found.ref, "spec.accessPolicy", found.access, "whom no authorisation lets in", found.item.digest
        )
        return Guard(Known.NO, f"{found.ref} has access policy {found.access}", grants, (sign,))
    return Guard(Known.YES, f"{servers[0].ref} lets in only whom an authorisation names", grants)


def lets_plain_in(items: Iterable[tuple[Authorization, str]]) -> Authorization | None:
    """The first authorisation that asks for no mutual TLS."""
    return next((item for item, _ in items if not item.needs_mesh and not item.invalid), None)


def _match(item: Authorization, route: str, question: Question) -> Match:
    if item.invalid:
        return Match(Known.NO)
    answer = every(_asked(asked, question) for asked in item.asked)
    return Match(answer, (f"only {route} ({item.ref})",) if route and answer is Known.YES else ())


def _asked(asked: Asked, question: Question) -> Known:
    if asked.mesh:
        matched = not asked.identities or any(item in question.caller.matched for item in asked.identities)
        return every((known(matched), question.identified))
    if any(_everywhere(text) for text in asked.blocks):
        return Known.YES
    return some(question.caller.within(text) for text in asked.blocks)


def _policy_answer(policy: str, question: Question) -> Known:
    match policy:
        case "all-unauthenticated" | "audit":
            return Known.YES
        case "cluster-unauthenticated":
            return known(question.inside)
        case "all-authenticated":
            return question.identified
        case "cluster-authenticated":
            return every((question.identified, known(question.inside)))
        case "deny":
            return Known.NO
        case _:
            return Known.UNKNOWN


def _grantee(item: Authorization) -> Grantee:
    found = [Grantee.ANYONE]
    for asked in item.asked:
        if asked.mesh:
            anyone = not asked.identities or any(pattern == "*" for _, pattern in asked.identities)
            found.append(Grantee.ANY_IDENTITY if anyone else Grantee.NAMED)
        elif asked.blocks and not any(_everywhere(text) for text in asked.blocks):
            found.append(Grantee.ADDRESSES)
    return min(found, key=_WIDTH.index)


def _everywhere(text: str) -> bool:
    return text in ("0.0.0.0/0", "::/0")
