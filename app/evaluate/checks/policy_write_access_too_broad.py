"""May anyone change network or mesh policy who is not on the register?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC

from app.evaluate.checks.common.doubts import kind_gaps
from app.evaluate.checks.common.evidence import OBJECTS, evidence_for
from app.evaluate.checks.common.population import (
    EVERY_BOUNDARY,
    boundaries_of_namespace,
    by_namespace,
    cluster_subject,
)
from app.evaluate.checks.common.rights import KINDS, Rights, Way, places
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.approval import unapproved
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Subject, SubjectKind
from app.model.registers import PolicyWriter
from app.model.scope import Boundary

_NO_REGISTER = Doubt(
    "no register of policy writers was supplied",
    "List who may change network policy in the registers file (`policy_writers`).",
)
_UNREAD = Doubt(
    "no role binding was read",
    "Scan the cluster itself, or add its Roles, ClusterRoles and their bindings to what is read.",
)
_LIMITS = (
    "Who belongs to a group, and who holds a user's or service account's credentials, is not visible from the cluster.",
    (
        "Kubernetes' own identities (`system:masters`, controllers of the control plane) are listed and count as needed where "
        "nothing but a default binding of the API server gives them the right."
    ),
    "Other authorizers (webhooks, cloud identity) and admission control are not seen.",
)


@dataclass(frozen=True, slots=True)
class PolicyWriteAccessTooBroad:
    """Judges each user, group and service account that RBAC lets change policy, or lets give itself the right to.

    It fails unless approved entries of the register cover every way that it has, each where it has it: an entry for some
    namespaces does not cover a right in the whole cluster.
    """

    id: str = "policy-write-access-too-broad"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every such identity."""
        judge, gaps = _Judge(facts, Verdicts.of(facts, self.id)), kind_gaps(facts, *KINDS)
        results = [judge.result(name, ways) for name, ways in judge.rights.ways().items()]
        results += judge.unread_roles()
        if not results and not gaps:
            says = "who may change network policy cannot be told"
            doubt = _UNREAD
            results = [judge.verdicts.undecided(cluster_subject(facts), says, (doubt,))]
            if judge.rights.read:
                says = "nobody is bound to a role that may change network policy"
                results = [judge.verdicts.passed(cluster_subject(facts), says)]
        return judge.verdicts.run(results, complete=not gaps, limits=_LIMITS)


CHECK: Check = PolicyWriteAccessTooBroad()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    rights: Rights = field(init=False)
    homes: dict[str, frozenset[Boundary]] = field(init=False)
    entries: dict[str, list[PolicyWriter]] = field(init=False)
    named: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.rights, day = Rights(self.facts), self.facts.at.astimezone(UTC).date()
        self.homes = {
            name: boundaries_of_namespace(self.facts, name, workloads)
            for name, workloads in by_namespace(self.facts).items()
        }
        self.named = frozenset(item.identity for item in self.facts.registers.policy_writers or ())
        self.entries = {}
        for item in self.facts.registers.policy_writers or ():
            if not unapproved(item, day):
                self.entries.setdefault(item.identity, []).append(item)

    def result(self, identity: str, ways: Sequence[Way]) -> CheckResult:
        open_ways = [way for way in ways if not self._approved(identity, way)]
        details = Details(
            why=tuple(_step(way) for way in ways[:OBJECTS]),
            boundaries=self._boundaries(open_ways or ways),
            evidence=tuple(evidence_for(self.facts, way.binding, "roleRef") for way in ways[:OBJECTS]),
            data={"identity": identity, "namespaces": list(places(open_ways))},
        )
        subject = Subject(SubjectKind.IDENTITY, identity)
        if identity not in self.named and all(self.rights.of_kubernetes(identity, way) for way in ways):
            says = (
                f"{identity} may change network policy {_where(ways)}, as Kubernetes itself sets it up; no entry of the "
                "register names it"
            )
            details["data"] = {**details["data"], "kubernetes": True}
            return self.verdicts.passed(subject, says, base=details)
        if self.facts.registers.policy_writers is None:
            says = f"{identity} may change network policy {_where(ways)}"
            return self.verdicts.undecided(subject, says, (_NO_REGISTER,), base=details)
        if not open_ways:
            used = names(item.id for item in self.entries[identity])
            says = f"{identity} may change network policy {_where(ways)}, as {used} of the register allows"
            return self.verdicts.passed(subject, says, base=details)
        says = (
            f"{identity} may {names(dict.fromkeys(way.says for way in open_ways))} {_where(open_ways)}, and no "
            "approved entry covers that"
        )
        remedy = (
            "Take the right away, or have it approved by somebody other than its owner and entered under "
            "policy_writers in the registers file."
        )
        return self.verdicts.failed(subject, says, remedy=remedy, base=details)

    def unread_roles(self) -> list[CheckResult]:
        """Bindings to roles that were not read: what they give is not known."""
        found = []
        for role, binding in sorted(set(self.rights.missing)):
            subject = Subject(SubjectKind.IDENTITY, f"whoever {binding} names", binding.namespace)
            doubt = Doubt(f"{role} was not read", "Add the role to what is read, or remove the binding.")
            says = f"what {binding} lets its subjects do cannot be told"
            boundaries = self.homes.get(binding.namespace, EVERY_BOUNDARY)
            found.append(self.verdicts.undecided(subject, says, (doubt,), boundaries=boundaries))
        return found

    def _approved(self, identity: str, way: Way) -> bool:
        return any(item.covers(way.namespace) for item in self.entries.get(identity, ()))

    def _boundaries(self, ways: Sequence[Way]) -> frozenset[Boundary]:
        return frozenset().union(*(self.homes.get(way.namespace, EVERY_BOUNDARY) for way in ways))


def _where(ways: Sequence[Way]) -> str:
    found = places(ways)
    return "in the whole cluster" if "" in found else f"in {names(found)}"


def _step(way: Way) -> str:
    place = f" in {way.namespace}" if way.namespace else ""
    return f"{way.binding} gives {way.role}: it may {way.says}{place}."
