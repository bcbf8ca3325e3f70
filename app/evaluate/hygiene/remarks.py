"""Everything that is odd about policies, in words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.evaluate.bits import members
from app.evaluate.checks.common.selection import is_everything
from app.evaluate.checks.common.wording import count, names, verb
from app.evaluate.cluster import Cluster
from app.evaluate.engine import Engine
from app.evaluate.hygiene.groups import Groups, asked_policies
from app.evaluate.hygiene.items import Items
from app.evaluate.hygiene.nameless import Nameless, nameless, nameless_remark
from app.evaluate.hygiene.opened import Opened, opened
from app.evaluate.hygiene.spare import Spare, spares
from app.evaluate.hygiene.typos import Labelled
from app.evaluate.resolve import CompiledPolicy, CompiledRule
from app.model.finding import CheckRun
from app.model.hygiene import Flaw, Hygiene, PolicyRemarks, Remark
from app.model.identity import ObjectRef
from app.model.inventory import Inventory
from app.model.policy import Action, Direction, Policy, PolicyKey
from app.model.snapshot import CollectionGap

_KEPT = 12  # rules and policies that a remark names
_ACTS = {Action.ALLOW: "allow", Action.DENY: "deny", Action.PASS: "pass"}


def hygiene(
    engine: Engine,
    inventory: Inventory,
    gaps: Sequence[CollectionGap] = (),
    runs: Iterable[CheckRun] = (),
) -> Hygiene:
    """Look at every policy of a cluster.

    Args:
        engine: the effective view of the inventory.
        inventory: objects of one snapshot.
        gaps: what was not read.
        runs: performed checks; that on name resolution tells which policies forgot it.
    """
    return _Writer(engine, inventory, tuple(runs)).hygiene(gaps)


@dataclass
class _Writer:
    engine: Engine
    inventory: Inventory
    runs: tuple[CheckRun, ...]
    cluster: Cluster = field(init=False)
    labelled: Labelled = field(init=False)
    compiled: dict[PolicyKey, CompiledPolicy] = field(init=False)
    spare: dict[PolicyKey, list[Spare]] = field(init=False)
    opened: dict[PolicyKey, list[Opened]] = field(init=False)
    nameless: dict[PolicyKey, Nameless] = field(init=False)

    def __post_init__(self) -> None:
        self.cluster, self.labelled = self.engine.cluster, Labelled.of(self.inventory)
        ways = [Groups(self.cluster, way) for way in Direction]
        asked = {item.policy.key: item for groups in ways for item in asked_policies(groups.program)}
        self.compiled = {key: asked[key] for key in sorted(asked)}
        items = Items.of(self.compiled.values())
        self.spare, self.opened = {}, {}
        for found in spares(self.cluster, ways, items):
            self.spare.setdefault(found.item.policy.policy.key, []).append(found)
        for groups in ways:
            for key, entry in opened(groups, items).items():
                self.opened.setdefault(key, []).append(entry)
        self.nameless = nameless(self.engine, self.compiled, self.runs)

    def hygiene(self, gaps: Sequence[CollectionGap]) -> Hygiene:
        policies = sorted(self.inventory.policies, key=lambda item: item.key)
        return Hygiene(tuple(self._of(item) for item in policies), tuple(self._notes(gaps)))

    def _notes(self, gaps: Sequence[CollectionGap]) -> Iterator[str]:
        yield from (item for item in self.engine.notes if item.startswith("as declared"))
        if gaps:
            yield (
                f"{count(len(gaps), 'gap')} in what was read: what is said holds for the pods and policies that were, "
                "and a policy without a remark may have one"
            )

    def _of(self, policy: Policy) -> PolicyRemarks:
        found = sorted(self._remarks(policy), key=lambda item: (item.flaw.rank, item.path, item.says))
        return PolicyRemarks(
            ref=policy.ref,
            part=policy.part,
            workloads=self._selected(policy),
            rules=len(policy.ingress) + len(policy.egress),
            remarks=tuple(dict.fromkeys(found)),
            unjudged=tuple(self._unjudged(policy)),
        )

    def _selected(self, policy: Policy) -> int:
        compiled = self.compiled.get(policy.key)
        classes = members(compiled.subjects) if compiled else ()
        return sum(len(self.cluster.members[number]) for number in classes)

    def _unjudged(self, policy: Policy) -> Iterator[str]:
        if policy.ref in self.engine.doubtful:
            yield f"not understood: {self.engine.doubtful[policy.ref]}"
        rules = (*policy.ingress, *policy.egress)
        if any(rule.conditions for rule in rules):
            yield "rules that ask for more than ends and ports are not compared with others"
        if any(rule.ports == () for rule in rules):
            yield "rules about ICMP alone are not compared with others"
        clouds = {ref for item in self.spare.get(policy.key, ()) for ref in item.clouded}
        if clouds:
            yield f"whether it is spare depends on {names(sorted(clouds))}, which is not understood"

    def _remarks(self, policy: Policy) -> Iterator[Remark]:
        yield from self._slips(policy)
        if policy.ref in self.engine.idle:
            says = f"{policy.ref} {self.engine.idle[policy.ref]}"
            yield Remark(Flaw.COUNTS_NOWHERE, says, advice="Delete it, or install what obeys it.")
        elif policy.key not in self.compiled:
            yield from self._selecting_nothing(policy)
        else:
            yield from (self._in_vain(item) for item in self.opened.get(policy.key, ()) if self._told(item))
            yield from nameless_remark(policy, self.nameless.get(policy.key))
            yield from self._spared(self.compiled[policy.key])

    def _slips(self, policy: Policy) -> Iterator[Remark]:
        for slip in self.labelled.slips(policy):
            yield Remark(
                Flaw.TYPO,
                f"{policy.ref} names {slip.written}, which no {slip.whose} has; the nearest is {slip.near}",
                slip.path,
                advice=f"If {slip.near} is meant, write that.",
            )

    def _selecting_nothing(self, policy: Policy) -> Iterator[Remark]:
        if policy.subject.nodes or is_everything(policy.subject.selector) or not policy.directions:
            return
        yield Remark(
            Flaw.SELECTS_NOTHING,
            f"{policy.ref} selects no pod ({policy.subject.selector})",
            advice="Correct the selector to labels that pods have, or delete the policy.",
        )

    def _told(self, found: Opened) -> bool:
        """A baseline for a whole namespace is meant to be opened for some pods, and not for all."""
        policy = found.policy
        baseline = is_everything(policy.policy.subject.selector)
        return not baseline or len(found.classes) == policy.subjects.bit_count()

    def _in_vain(self, found: Opened) -> Remark:
        here = sorted(
            self.cluster.workloads[position].id
            for number in found.classes
            for position in self.cluster.members[number]
        )
        ref, every = found.policy.ref, len(found.classes) == found.policy.subjects.bit_count()
        whom = f"all {count(len(here), 'workload')} that it selects" if every else names(here, 3)
        by = sorted(found.because)
        says = (
            f"{ref} restricts {_way(found.direction)} of pods that {names(by, 3)} "
            f"{verb(len(by), 'opens', 'open')} to everyone: {whom}"
        )
        advice = "Policies add up: narrow the rule that opens them, or keep the pods out of its selector."
        return Remark(Flaw.OPENED, says, because=tuple(by[:_KEPT]), advice=advice)

    def _spared(self, policy: CompiledPolicy) -> Iterator[Remark]:
        found = [item for item in self.spare.get(policy.policy.key, ()) if not item.clouded]
        whole = next((item for item in found if item.item.whole), None)
        if whole and self._only_for_pods_to_come(whole):
            whole = None
        if whole:
            yield _spare_policy(whole)
        for remark in (
            _spare_rule(item) for item in found if not item.item.whole and not _names_nobody(item)
        ):
            if not whole or remark.flaw is not Flaw.REDUNDANT:
                yield remark

    def _only_for_pods_to_come(self, spare: Spare) -> bool:
        """A policy for every pod of its place holds for pods to come, unless the policies instead of it do as well."""
        subject = spare.item.policy.policy.subject
        if not is_everything(subject.selector):
            return False
        refs = {item if isinstance(item, ObjectRef) else item.policy for item in spare.because}
        others = [item.policy.subject for item in self.compiled.values() if item.ref in refs]
        return not all(
            is_everything(item.selector) and item.namespace in (None, subject.namespace) for item in others
        )


def _names_nobody(spare: Spare) -> bool:
    """A rule that is written to name nobody (Cilium's `- {}`) only switches the default on."""
    return all(rule.rule.peers == () for rule in spare.item.rules)


def _spare_policy(spare: Spare) -> Remark:
    ref, by = spare.item.policy.ref, spare.because
    says = f"{ref} changes no decision about the pods there are: {_instead(spare)}"
    return Remark(Flaw.REDUNDANT, says, because=by, advice=_keep_or_delete(spare, "The policy"))


def _spare_rule(spare: Spare) -> Remark:
    rules, by = spare.item.rules, spare.because
    ref, path = spare.item.policy.ref, spare.item.path
    if not spare.matches:
        says = f"{path} of {ref} matches nothing: {_why_nothing(rules)}"
        return Remark(Flaw.MATCHES_NOTHING, says, path, advice="Correct it, or delete the rule.")
    if spare.reached:
        says = f"{path} of {ref} changes no decision about the pods there are: {_instead(spare)}"
        return Remark(Flaw.REDUNDANT, says, path, by, _keep_or_delete(spare, "The rule"))
    act = _ACTS[rules[0].rule.action]
    decide = verb(len(by), "decides", "decide")
    says = f"{path} of {ref} is never reached: {names(by, 3)} {decide} all that it would {act}"
    flaw = Flaw.SHADOWED_DENY if _denies(rules) else Flaw.SHADOWED
    return Remark(flaw, says, path, by, "Change what is asked before it, or delete it.")


def _keep_or_delete(spare: Spare, what: str) -> str:
    if _denies(spare.item.rules):
        return f"{what} is a guard at most: keep it if others may open one day what it denies."
    return f"{what} can be deleted, alone: what it repeats may be spare only as long as this one stays."


def _denies(rules: Iterable[CompiledRule]) -> bool:
    return any(rule.rule.action is Action.DENY for rule in rules)


def _instead(spare: Spare) -> str:
    by, otherwise = spare.because, "what nothing else decides is let through anyway"
    if not by:
        return otherwise if spare.unopposed else "it decides nothing"
    said = f"{names(by, 3)} {verb(len(by), 'decides', 'decide')} the same without it"
    return f"{said}, and {otherwise}" if spare.unopposed else said


def _why_nothing(rules: Sequence[CompiledRule]) -> str:
    if not any(rule.selected.anywhere for rule in rules):
        return "none of the pods that the policy selects is one that the rule is narrowed to"
    if not any(rule.peers.anywhere for rule in rules):
        return "no pod and no address is a peer of it"
    return "no pod has a port of that name"


def _way(direction: Direction) -> str:
    return "what enters" if direction is Direction.INGRESS else "what leaves"
