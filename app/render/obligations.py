"""Tables of what people do beside the scan: records with their due dates, decisions, own controls, the rule for TLS."""

from app.model.approval import unapproved
from app.model.control import RECORD_CHECKS, Attestation, ControlAssessment, ControlState, ManualRecord
from app.model.finding import Outcome
from app.model.registers import Choice
from app.model.scope import Boundary
from app.render.approvals import Register, day_of, row
from app.render.content import Cell, Column, Fact, Links, Mark, Row, Stack, Table, capped
from app.render.dossier import Dossier
from app.render.wording import SHORT_NUMBER, clipped, count, ended, sentence, short_digest


def records_table(dossier: Dossier) -> Table:
    """Records on file of those that controls want: until when each counts, and who set the interval."""
    rows = [
        _record(dossier, item, item.control.manual_record, item.attestation)
        for item in dossier.counted
        if item.control.manual_record and item.attestation
    ]
    shown = sorted(rows, key=lambda item: _RANK[item.state])[: dossier.definition.rows]
    short = all(len(item.control.id) <= SHORT_NUMBER for item in dossier.counted)
    return Table(
        caption="Records that people make",
        columns=(
            Column("Control", 10 if short else 20, "code"),
            Column("Record", 26),
            Column("On file"),
            Column("State", 14, "mark"),
        ),
        rows=tuple(shown),
        note=capped(len(shown), len(rows), "records", "attestations.yaml"),
        empty="Records that people make: none on file. Enter them in `attestations.yaml`; `config/attestations.example.yaml` shows how.",
    )


def absent_records(dossier: Dossier) -> tuple[str, ...]:
    """Records that controls want and nobody entered: one line for each interval, since there may be fifty of them."""
    found: dict[str, dict[str, list[str]]] = {}
    for item in dossier.counted:
        wanted = item.control.manual_record
        if wanted and item.attestation is None:
            found.setdefault(wanted.interval, {}).setdefault(wanted.type, []).append(item.control.id)
    return tuple(f"Records ({interval}): {_listed(types)}." for interval, types in found.items())


def _listed(types: dict[str, list[str]]) -> str:
    return "; ".join(f"{name} ({', '.join(ids)})" for name, ids in types.items())


_RANK = {
    state.value: rank
    for rank, state in enumerate(
        (
            ControlState.EXCEPTION,
            ControlState.INSUFFICIENT,
            ControlState.PARTIAL,
            ControlState.SUPPORTED,
            ControlState.MANUAL,
        )
    )
}


def _record(dossier: Dossier, item: ControlAssessment, wanted: ManualRecord, found: Attestation) -> Row:
    mark = _record_mark(dossier, item, wanted, found)
    link = Links((dossier.control_link(item.control.id),))
    return Row((link, Stack((wanted.type,), (wanted.interval,)), _made(found, wanted), mark), mark.state)


def _made(item: Attestation, wanted: ManualRecord) -> Stack:
    due = wanted.due(item)
    until = f"counts until {due}" if due else "nobody said until when it counts"
    paper = f"{item.document}, " if item.document else "no document, "
    digest = f"SHA-256 {short_digest(item.document_digest)}" if item.document_digest else "no digest"
    left = (ended(f"Leaves open: {item.unresolved}"),) if item.unresolved else ()
    return Stack((f"{item.person}, {item.performed_on}; {until}.",), (f"{paper}{digest}.", *left))


def _record_mark(dossier: Dossier, item: ControlAssessment, wanted: ManualRecord, found: Attestation) -> Mark:
    if found.unresolved:
        return Mark.of(ControlState.EXCEPTION, "Leaves open")
    due = wanted.due(found)
    if due is None:
        return Mark.of(ControlState.INSUFFICIENT, "No end given")
    tallies = [tally for tally in item.tallies if tally.check in RECORD_CHECKS]
    if due < day_of(dossier) or any(tally.count(Outcome.FAIL) for tally in tallies):
        return Mark.of(ControlState.EXCEPTION, "Overdue")
    return Mark.of(ControlState.SUPPORTED, "On file")


def moves_table(dossier: Dossier) -> Table | None:
    """Workloads whose place in this framework's boundary differs from the scan before; None where none does."""
    comparison, fields = dossier.report.trend.comparison, _FIELDS[dossier.boundary]
    found = [item for item in (comparison.moves if comparison else ()) if item.field in fields]
    if comparison is None or not found:
        return None
    shown = found[: dossier.definition.rows]
    return Table(
        caption=f"Workloads that changed place since scan {comparison.before.number}",
        columns=(
            Column("Workload", 0, "code"),
            Column("What the rules say", 22, "code"),
            Column("Before", 18),
            Column("Now", 18),
        ),
        rows=tuple(
            Row((clipped(item.workload, 80), item.field, _in_words(item.before), _in_words(item.after)))
            for item in shown
        ),
        note=capped(len(shown), len(found), "changes", "history.json"),
    )


_FIELDS = {
    Boundary.PCI: ("zone", "data_store"),
    Boundary.HIPAA: ("ephi", "data_store"),
    Boundary.SOC2: ("soc2", "confidential", "data_store"),
    None: ("data_store",),
}


def _in_words(text: str) -> Cell:
    """What no rule says counts as inside, and is marked so."""
    return Mark.of(ControlState.INSUFFICIENT, "Unknown: in scope") if text == "unknown" else text


def decisions_table(dossier: Dossier) -> Table | None:
    """Decisions about addressable specifications, 45 CFR 164.306(d)(3); None for other frameworks."""
    if dossier.boundary is not Boundary.HIPAA:
        return None
    register = dossier.report.judgement.registers.addressable_decisions
    rows = [
        row(
            item.id,
            Stack((_numbers(dossier, (item.control,)),), (item.choice.value,)),
            f"{item.rationale.rstrip('.')}. Instead: {item.alternative}"
            if item.choice is Choice.ALTERNATIVE
            else item.rationale,
            item,
            unapproved(item, day_of(dossier)),
            Mark.of(ControlState.MANUAL, "The entity's word"),
        )
        for item in register or ()
    ]
    shape = Register(
        "Decisions about addressable specifications",
        "Specification",
        "registers.yaml",
        "addressable_decisions",
        register is not None,
        note="45 CFR 164.306(d)(3) wants each decision documented. A decision changes no result of the scan.",
    )
    return shape.table(rows, dossier.definition.rows)


def _numbers(dossier: Dossier, controls: tuple[str, ...]) -> str:
    """Controls that an entry names; those of other frameworks are not reported in this report."""
    own = {item.control.id for item in dossier.assessment.controls}
    return ", ".join(name if name in own else f"{name} (not reported here)" for name in controls)


def entity_controls_table(dossier: Dossier) -> Table | None:
    """The entity's own controls, which an auditor of SOC 2 tests: check → control → criterion; None for other frameworks."""
    if dossier.boundary is not Boundary.SOC2:
        return None
    register = dossier.report.judgement.registers.entity_controls
    rows = [
        row(
            item.id,
            Stack((_numbers(dossier, item.criteria),), (item.frequency or "No frequency is given.",)),
            item.wording or "Not worded yet",
            item,
            unapproved(item, day_of(dossier)),
            _tested(dossier, item.checks),
        )
        for item in register or ()
    ]
    shape = Register(
        "The entity's own controls",
        "Criteria",
        "registers.yaml",
        "entity_controls",
        register is not None,
        note="The state counts the checks that are evidence for the control, over the system's population, accepted failures included.",
    )
    return shape.table(rows, dossier.definition.rows)


def _tested(dossier: Dossier, checks: tuple[str, ...]) -> Mark:
    """A failure is an exception; what no check could tell is not told; a pass of all is no more than that."""
    found = [item for _, run in dossier.runs if run.meta.id in checks for item in dossier.of_boundary(run)]
    whole = all(run.population_complete for _, run in dossier.runs if run.meta.id in checks)
    failed = sum(item.outcome is Outcome.FAIL for item in found)
    open_ones = sum(item.outcome in (Outcome.INSUFFICIENT, Outcome.ERROR) for item in found)
    passed = sum(item.outcome is Outcome.PASS for item in found)
    if failed:
        return Mark.of(ControlState.EXCEPTION, count(failed, "exception"))
    if open_ones or not whole or not passed:
        return Mark.of(
            ControlState.INSUFFICIENT, f"{open_ones} not determined" if open_ones else "Not determined"
        )
    return Mark.of(ControlState.SUPPORTED, f"{passed} without exception")


def tls_facts(dossier: Dossier) -> tuple[Fact, ...]:
    """The entity's rule for TLS; empty where none was supplied."""
    policy = dossier.report.judgement.registers.tls_policy
    if policy is None:
        return ()
    problem = unapproved(policy, day_of(dossier))
    return (
        Fact("Standard", policy.source),
        Fact("Lowest version", policy.minimum_version),
        Fact(
            "Forbidden suites",
            ", ".join(policy.forbidden_ciphers) or "none named",
            code=bool(policy.forbidden_ciphers),
        ),
        Fact("Owner", f"{policy.owner or 'none'}, approved by {policy.approver or 'nobody'}"),
        Fact("In this scan", sentence(f"it does not count: {problem}") if problem else "It counts."),
    )
