"""Pods that policies isolate for egress and that then cannot ask the cluster resolver, each told once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.checks.common.wording import names, verb
from app.evaluate.engine import Engine
from app.evaluate.resolve import CompiledPolicy
from app.model.finding import CheckRun, Outcome
from app.model.hygiene import Flaw, Remark
from app.model.identity import ObjectRef
from app.model.policy import Direction, Policy, PolicyKey

_CHECK = "dns-egress-missing"
_KEPT = 12  # policies that a remark names


@dataclass
class Nameless:
    """Workloads told under one policy; `others` isolate some of them too."""

    workloads: list[str] = field(default_factory=list)
    others: set[ObjectRef] = field(default_factory=set)


def nameless(
    engine: Engine, compiled: Mapping[PolicyKey, CompiledPolicy], runs: Iterable[CheckRun]
) -> dict[PolicyKey, Nameless]:
    """Workloads that the check on name resolution fails, by the policy that isolates most of them.

    One forgotten rule is one cause, however many policies isolate the same pods.
    """
    isolating = {name: engine.isolating(name, Direction.EGRESS) for name in _failing(runs)}
    counts = Counter(ref for refs in isolating.values() for ref in refs)
    keys: dict[ObjectRef, PolicyKey] = {}
    for key, item in compiled.items():
        if Direction.EGRESS in item.policy.isolates:
            keys.setdefault(item.ref, key)
    found: dict[PolicyKey, Nameless] = {}
    for name, refs in isolating.items():
        known = sorted((ref for ref in refs if ref in keys), key=lambda ref: (-counts[ref], ref))
        if known:
            told = found.setdefault(keys[known[0]], Nameless())
            told.workloads.append(name)
            told.others.update(known[1:])
    return found


def nameless_remark(policy: Policy, found: Nameless | None) -> Iterator[Remark]:
    """The remark on a policy, if there is one."""
    if found is None:
        return
    here, others = found.workloads, sorted(found.others)
    too = f"; {names(others, 3)} {verb(len(others), 'does', 'do')} so to some of them too" if others else ""
    yield Remark(
        Flaw.NO_NAMES,
        f"{policy.ref} isolates {names(here, 3)} for egress, and nothing lets "
        f"{verb(len(here), 'it', 'them')} ask the cluster resolver{too}",
        because=tuple(others[:_KEPT]),
        advice="Allow egress to the resolver's pods on UDP and TCP 53.",
    )


def _failing(runs: Iterable[CheckRun]) -> Iterator[str]:
    for run in runs:
        if run.meta.id == _CHECK:
            yield from (item.subject.id for item in run.results if item.outcome is Outcome.FAIL)
