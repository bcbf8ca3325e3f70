"""What a change would do, and which change would close findings: a cluster judged before and after it, from top to bottom.

Nothing is read from a cluster and nothing is written: both judge a snapshot twice, by the same documents.
"""

from collections.abc import Sequence
from dataclasses import replace

from app import assess, collect, evaluate, judging, trend
from app.assess import Draft
from app.collect import Overlaid
from app.model.change import WhatIf
from app.model.fix import Fix, Wanted
from app.model.flows import Observed, Recording
from app.model.history import Document
from app.model.inventory import Inventory
from app.model.judgement import Judgement
from app.model.snapshot import Snapshot


def what_if(
    snapshot: Snapshot,
    documents: Sequence[Document],
    changed: Overlaid,
    *,
    before: Judgement | None = None,
) -> WhatIf:
    """What would differ if a cluster's objects were those of `changed`; both are judged by the same documents.

    `before` is the judgement of the snapshot, where the caller has it already.
    """
    before = before or judging.judge(snapshot, documents)
    after = judging.judge(changed.snapshot, documents, inventory=changed.inventory)
    if judging.regrouped(before, after):
        was, now = before.inventory, after.inventory
        before = judging.judge(snapshot, documents, inventory=replace(was, beside=now.policies))
        after = judging.judge(changed.snapshot, documents, inventory=replace(now, beside=was.policies))
    return WhatIf(
        changed.snapshot,
        before,
        after,
        trend.consequences(before, after, changed.changes),
        trend.encryption_changes(before, after),
    )


def fix(
    snapshot: Snapshot,
    documents: Sequence[Document],
    wanted: Wanted,
    *,
    inventory: Inventory | None = None,
    recording: Recording | None = None,
) -> Fix:
    """Propose policies that close findings, apply them to the snapshot, and say what became of it.

    The proof reads the proposed objects as it would read any file, and judges the cluster with them from the beginning.
    `recording` is what somebody observed beside the register: it is kept like what is declared, and approves nothing.
    """
    config = assess.read_documents(documents)
    facts = judging.facts_of(snapshot, config, inventory)
    before = judging.judged(facts, config)
    observed = Observed()
    if recording:
        observed = assess.observed_flows(recording, facts.inventory, config.flows.flows)
    register = replace(
        config.flows,
        given=config.flows.given or bool(observed.flows),
        flows=(*config.flows.flows, *observed.flows),
    )
    findings = evaluate.chosen(before.runs, wanted)
    plan = evaluate.propose(facts, register, findings)
    proof = None
    if plan.objects:
        applied = collect.objects_of(item.body for item in plan.objects)
        proof = what_if(snapshot, documents, collect.overlay(snapshot, applied), before=before)
    after = proof.after if proof else before
    later = {item.fingerprint: item for run in after.runs for item in run.results}
    closed = {item.fingerprint for item in proof.consequences.closed} if proof else set[str]()
    return Fix(
        plan=plan,
        proof=proof,
        mended=tuple(item for item in findings if item.fingerprint in closed),
        left=tuple(later.get(item.fingerprint, item) for item in findings if item.fingerprint not in closed),
        losses=evaluate.flow_losses(register.flows, before.reachability, after.reachability),
        unmet=evaluate.unmet_flows(register.flows, after.reachability),
        declared=len(config.flows.flows),
        observed=observed,
        strangers=evaluate.strangers(register.flows, before.reachability),
    )


def draft(snapshot: Snapshot, documents: Sequence[Document], wanted: Sequence[str] = ()) -> Draft:
    """Rows that the registers lack for a cluster, unsigned and without a reason; `wanted` names registers, none means all."""
    config = assess.read_documents(documents)
    config = replace(config, scope=assess.with_empty_registers(config.scope))
    return assess.drafted(config, judging.judged(judging.facts_of(snapshot, config, None), config), wanted)
