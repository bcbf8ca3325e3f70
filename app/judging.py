"""From a snapshot and the documents that judge it to every verdict, from top to bottom: detect → evaluate → assess.

Nothing is read from anywhere and no clock is asked: a stored scan, a file of evidence and a change that was not made are
judged by the same lines.
"""

from collections.abc import Collection, Mapping, Sequence

from app import assess, collect, detect, evaluate
from app.assess import Configuration
from app.model.control import Assessment
from app.model.facts import Facts
from app.model.finding import CheckRun
from app.model.history import Document
from app.model.hygiene import Hygiene
from app.model.inventory import Inventory
from app.model.judgement import Judgement
from app.model.snapshot import Snapshot


def judge(
    snapshot: Snapshot, documents: Sequence[Document], *, inventory: Inventory | None = None
) -> Judgement:
    """Work out every verdict about a snapshot from the snapshot and the documents alone.

    `inventory` is the snapshot's own, where the caller has it already; it is worked out again otherwise.
    """
    config = assess.read_documents(documents)
    facts = facts_of(snapshot, config, inventory)
    return judged(facts, config)


def policy_hygiene(snapshot: Snapshot, judgement: Judgement) -> Hygiene:
    """What is odd about the policies themselves; advice, and no verdict depends on it."""
    inventory, platform = judgement.inventory, judgement.platform
    engine = evaluate.reachability(inventory, platform, snapshot.gaps, as_declared=False)
    return evaluate.hygiene(engine, inventory, snapshot.gaps, judgement.runs)


def facts_of(snapshot: Snapshot, config: Configuration, inventory: Inventory | None) -> Facts:
    """Everything that checks read: who may reach whom, over which layers, and what people decided about it."""
    inventory = inventory or collect.normalize(snapshot.objects).inventory
    scope = config.scope.for_cluster(snapshot.cluster)
    platform = detect.detect(snapshot)
    declared = evaluate.reachability(inventory, platform, snapshot.gaps, as_declared=True)
    effective = evaluate.reachability(inventory, platform, snapshot.gaps, as_declared=False)
    edges = evaluate.find_edges(snapshot, inventory, platform, effective)
    protection = detect.protection(snapshot, inventory, platform)
    encryption = evaluate.encryption(effective, inventory, protection, config.links_on(snapshot.taken_at))
    return Facts(
        snapshot=snapshot,
        inventory=inventory,
        platform=platform,
        reachability=effective,
        declared=declared,
        edges=edges,
        scope=scope,
        exceptions=config.exceptions,
        catalogue=config.catalogue,
        context=config.context,
        at=snapshot.taken_at,
        encryption=encryption,
        registers=config.registers,
        duties=assess.duties(config, at=snapshot.taken_at),
    )


def judged(facts: Facts, config: Configuration) -> Judgement:
    """Every verdict that follows from some facts."""
    checked = evaluate.run_checks(facts)
    assessments = tuple(
        assess.assess(framework, checked.runs, config, at=facts.at) for framework in config.frameworks
    )
    return _judgement(facts, checked.runs, assessments, checked.streaks)


def facts_again(snapshot: Snapshot, config: Configuration, judgement: Judgement) -> Facts:
    """The facts that a judgement was made from, without working them out again."""
    return Facts(
        snapshot=snapshot,
        inventory=judgement.inventory,
        platform=judgement.platform,
        reachability=judgement.reachability,
        declared=judgement.declared,
        edges=judgement.edges,
        scope=judgement.scope,
        exceptions=config.exceptions,
        catalogue=config.catalogue,
        context=config.context,
        at=snapshot.taken_at,
        encryption=judgement.encryption,
        registers=config.registers,
        duties=assess.duties(config, at=snapshot.taken_at),
    )


def tried(facts: Facts, checks: Collection[str]) -> Judgement:
    """A judgement by some checks alone, and by no framework: for changes that are tried."""
    return _judgement(facts, evaluate.run_some(facts, checks))


def _judgement(
    facts: Facts,
    runs: tuple[CheckRun, ...],
    assessments: tuple[Assessment, ...] = (),
    streaks: Mapping[str, int] | None = None,
) -> Judgement:
    return Judgement(
        inventory=facts.inventory,
        platform=facts.platform,
        reachability=facts.reachability,
        declared=facts.declared,
        scope=facts.scope,
        runs=runs,
        assessments=assessments,
        streaks=streaks or {},
        placements=facts.placements,
        edges=facts.edges,
        encryption=facts.encryption,
        registers=facts.registers,
    )


def regrouped(before: Judgement, after: Judgement) -> bool:
    """True when the change tells pods of one owner apart, or no more, so that workloads are not the same ones."""
    was, now = (
        {item.key: set[str]() for item in judged.reachability.workloads} for judged in (before, after)
    )
    for groups, judged in ((was, before), (now, after)):
        for item in judged.reachability.workloads:
            groups[item.key].add(f"{item.id} {item.pod_refs if '#' in item.id else ''}")
    return any(was[key] != now[key] for key in was.keys() & now.keys())
