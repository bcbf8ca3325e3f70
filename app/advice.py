"""What a report says beside its verdicts, from top to bottom: advice about policies, and fixes that were tried.

It is a function of the snapshot and its documents alone, and is performed again with the report. No control depends on it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from app import assess, collect, evaluate, judging, trend
from app.assess import Configuration
from app.model.finding import CheckResult, CheckRun
from app.model.fix import Plan, Remedies, Remedy, TriedPath, Wanted
from app.model.history import Document
from app.model.inventory import Inventory
from app.model.judgement import Judgement
from app.model.reachability import Reachability
from app.model.report import Advice, ReportDefinition
from app.model.snapshot import Snapshot

MOST_WORKLOADS = 150
"""Workloads in the namespaces whose findings a report tries to mend; `netattest fix` has no such limit."""

_SHOWN = 8  # paths of a namespace that are named


def advice(
    definition: ReportDefinition, snapshot: Snapshot, documents: Sequence[Document], judgement: Judgement
) -> Advice:
    """Work out what the sections of a definition ask for."""
    wanted = definition.sections
    return Advice(
        hygiene=judging.policy_hygiene(snapshot, judgement) if "hygiene" in wanted else None,
        remedies=remedies(snapshot, documents, judgement) if "fixes" in wanted else None,
    )


def remedies(snapshot: Snapshot, documents: Sequence[Document], judgement: Judgement) -> Remedies:
    """Propose policies for the worst findings and try them: the checks about policies are performed again with them."""
    config = assess.read_documents(documents)
    every = evaluate.chosen(judgement.runs, Wanted())
    spaces = _within(every, judgement.reachability)
    findings = tuple(item for item in every if item.subject.namespace in spaces)
    facts = judging.facts_again(snapshot, config, judgement)
    plan = evaluate.propose(facts, config.flows, findings)
    before, after = judgement, judgement
    if plan.objects:
        before, after = _tried(snapshot, config, plan, judgement)
    later = {item.fingerprint: item for run in after.runs for item in run.results}
    gone = {item.fingerprint for item in trend.closed_findings(before.runs, after.runs)}
    closed = tuple(item for item in findings if item.fingerprint in gone)
    found = trend.trial(before.reachability, after.reachability, _concerned(plan, after.reachability))
    answering = evaluate.asked_for_names(facts)
    opens = tuple(
        item
        for item in found.opens
        if item.destination not in answering or item.ports - answering[item.destination]
    )
    return Remedies(
        remedies=tuple(_remedies(plan, spaces, closed, found)),
        closed=len(closed),
        manifest=evaluate.as_yaml(plan.objects) if plan.objects else "",
        plan=plan,
        left=tuple(later.get(item.fingerprint, item) for item in findings if item.fingerprint not in gone),
        names=len(found.opens) - len(opens),
        opens=opens,
        opened=trend.opened_findings(_mendable(before), after.runs) if plan.objects else (),
        losses=evaluate.flow_losses(config.flows.flows, before.reachability, after.reachability),
        declared=len(config.flows.flows),
        untried=len(every) - len(findings),
    )


def _within(findings: Sequence[CheckResult], view: Reachability) -> tuple[str, ...]:
    """Namespaces whose findings are tried, those with the worst first."""
    sizes = Counter(item.namespace for item in view.workloads)
    chosen: list[str] = []
    for name in dict.fromkeys(item.subject.namespace for item in findings):
        if not chosen or sum(sizes[item] for item in (*chosen, name)) <= MOST_WORKLOADS:
            chosen.append(name)
    return tuple(chosen)


def _tried(
    snapshot: Snapshot, config: Configuration, plan: Plan, judgement: Judgement
) -> tuple[Judgement, Judgement]:
    """The cluster before and after a plan, by the checks about policies."""
    changed = collect.overlay(snapshot, collect.objects_of(item.body for item in plan.objects))
    after = _by_checks(changed.snapshot, config, changed.inventory)
    if not judging.regrouped(judgement, after):
        return judgement, after
    was, now = judgement.inventory, after.inventory
    return (
        _by_checks(snapshot, config, replace(was, beside=now.policies)),
        _by_checks(changed.snapshot, config, replace(now, beside=was.policies)),
    )


def _by_checks(snapshot: Snapshot, config: Configuration, inventory: Inventory) -> Judgement:
    return judging.tried(judging.facts_of(snapshot, config, inventory), evaluate.MENDABLE)


def _mendable(judgement: Judgement) -> tuple[CheckRun, ...]:
    return tuple(run for run in judgement.runs if run.meta.id in evaluate.MENDABLE)


def _concerned(plan: Plan, view: Reachability) -> frozenset[str]:
    """Workloads of the namespaces for which something is proposed."""
    spaces = {item.ref.namespace for item in plan.objects}
    return frozenset(item.id for item in view.workloads if item.namespace in spaces)


def _remedies(
    plan: Plan, spaces: Iterable[str], closed: Sequence[CheckResult], found: trend.Trial
) -> Iterator[Remedy]:
    closes, stays = _by_namespace(found.closes), _by_namespace(found.stays)
    for name in spaces:
        objects = tuple(item for item in plan.objects if item.ref.namespace == name)
        if objects:
            yield Remedy(
                namespace=name,
                objects=objects,
                manifest=evaluate.as_yaml(objects),
                closed=tuple(item.fingerprint for item in closed if item.subject.namespace == name),
                closing=len(closes.get(name, ())),
                closes=_first(closes.get(name, ())),
                staying=len(stays.get(name, ())),
                stays=_first(stays.get(name, ())),
            )


def _by_namespace(paths: Iterable[TriedPath]) -> dict[str, list[TriedPath]]:
    """Paths by the namespaces of their ends."""
    found: dict[str, list[TriedPath]] = {}
    for path in paths:
        for name in {end.partition("/")[0] for end in (path.source, path.destination) if "/" in end}:
            found.setdefault(name, []).append(path)
    return found


def _first(paths: Sequence[TriedPath]) -> tuple[TriedPath, ...]:
    """The first of them, those with addresses outside before those among workloads."""
    outside = [item for item in paths if not ("/" in item.source and "/" in item.destination)]
    inside = [item for item in paths if "/" in item.source and "/" in item.destination]
    return tuple((outside + inside)[:_SHOWN])
