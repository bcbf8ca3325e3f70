"""Tables of what the entity approved, with what the scan saw of it: use is not need, and no use is no fault."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.model.approval import Approved, unapproved
from app.model.control import ControlState
from app.model.finding import CheckRun
from app.model.registers import ExternalControl
from app.render.content import Cell, Column, Mark, Row, Stack, Table, capped
from app.render.dossier import Dossier
from app.render.wording import clipped, ended, iso_day, sentence

_LONGEST = 240  # characters of a reason on paper; the file has the whole of it
UNSIGNED = Mark.of(ControlState.EXCEPTION, "Does not count")
_SEEN = Mark.of(ControlState.SUPPORTED, "In use")
_UNUSED = Mark.of(ControlState.NOT_APPLICABLE, "No use seen")
_NOT_TOLD = Mark.of(ControlState.INSUFFICIENT, "Not known")


@dataclass(frozen=True, slots=True)
class Register:
    """One register as a table: its caption, what stands in its second column, where it is kept, and whether it was supplied."""

    caption: str
    what: str
    file: str
    name: str
    given: bool
    code: bool = False
    note: str = ""

    def table(self, rows: list[Row], most: int) -> Table:
        """The table, with at most so many rows; an empty one says whether the register is empty or missing."""
        cut = capped(min(len(rows), most), len(rows), "entries", self.file)
        return Table(
            caption=self.caption,
            columns=(
                Column("Entry", 14, "code"),
                Column(self.what, 26, "code" if self.code else "text"),
                Column("What it says, and signatures"),
                Column("In this scan", 18, "mark"),
            ),
            rows=tuple(rows[:most]),
            note=" ".join(part for part in (self.note if rows else "", cut) if part),
            empty=self._empty(),
        )

    def _empty(self) -> str:
        if self.given:
            return f"{self.caption}: `{self.name}` of `{self.file}` has no entry for this report."
        example = self.file.replace(".yaml", ".example.yaml")
        return f"{self.caption}: none supplied. Enter `{self.name}` in `{self.file}`; `config/{example}` shows how."


def row(number: str, what: Cell, says: str, item: Approved, problem: str, mark: Mark) -> Row:
    """One entry; one that does not count is marked so, whatever else is known of it."""
    day = f" on {item.approved_on}" if item.approved_on else ""
    signed = f"Owner {item.owner or 'none'}, approved by {item.approver or 'nobody'}{day}"
    due = f", review due by {item.review_by}" if item.review_by else ""
    notes = [ended(f"{signed}{due}")]
    if problem:
        notes.append(sentence(f"it does not count: {problem}"))
    cell = Stack(
        (clipped(ended(says.strip()), _LONGEST) if says.strip() else "No reason is given.",), tuple(notes)
    )
    return Row((number, what, cell, UNSIGNED if problem else mark))


def day_of(dossier: Dossier) -> date:
    """The day on which entries are judged."""
    return date.fromisoformat(iso_day(dossier.report.scan.taken_at))


def approval_tables(dossier: Dossier) -> tuple[Table, ...]:
    """Flows, ways in, insecure services and controls outside the cluster."""
    return (_flows(dossier), _exposures(dossier), _services(dossier), _external(dossier))


def _flows(dossier: Dossier) -> Table:
    register, run = dossier.report.judgement.scope.approved_flows, _run(dossier)
    used = set(_used(run)) if run else set()
    unseen = _UNUSED if run and run.population_complete else _NOT_TOLD
    rows = [
        row(
            item.id,
            Stack((f"{item.source} → {item.destination}",), (str(item.ports),)),
            item.justification,
            item,
            item.problem(day_of(dossier)),
            _SEEN if item.id in used else unseen,
        )
        for item in register or ()
    ]
    shape = Register(
        "Approved flows", "Flow", "scope.yaml", "approved_flows", register is not None, code=True
    )
    return shape.table(rows, dossier.definition.rows)


def _exposures(dossier: Dossier) -> Table:
    register = dossier.report.judgement.scope.approved_exposures
    seen = {item.id for item in dossier.report.judgement.edges.exposures}
    rows = [
        row(
            item.id,
            item.object,
            item.reason,
            item,
            unapproved(item, day_of(dossier)),
            _SEEN if item.object in seen else _UNUSED,
        )
        for item in register or ()
    ]
    shape = Register(
        "Approved ways in", "Object", "scope.yaml", "approved_exposures", register is not None, code=True
    )
    return shape.table(rows, dossier.definition.rows)


def _services(dossier: Dossier) -> Table:
    register = dossier.report.judgement.registers.insecure_services
    rows = [
        row(
            item.id,
            Stack((item.service,), (f"{item.ports}, at {item.destination or 'any place'}",)),
            item.mitigation or "Nothing is said that makes its use safe; the entry only classifies",
            item,
            unapproved(item, day_of(dossier)),
            Mark.of(ControlState.PARTIAL, "Mitigation named")
            if item.mitigation
            else Mark.of(ControlState.EXCEPTION, "No mitigation"),
        )
        for item in register or ()
    ]
    shape = Register(
        "Insecure services", "Service", "registers.yaml", "insecure_services", register is not None
    )
    return shape.table(rows, dossier.definition.rows)


def _external(dossier: Dossier) -> Table:
    """Those that the entity relies on for a control of this framework."""
    register = dossier.report.judgement.registers.external_controls
    own = {item.control.id for item in dossier.assessment.controls}
    rows = [
        row(
            item.id,
            Stack((item.control,), (f"for {', '.join(number for number in item.covers if number in own)}",)),
            item.evidence or "No evidence is named",
            item,
            unapproved(item, day_of(dossier)),
            Mark.of(ControlState.MANUAL, "Not tested here"),
        )
        for item in register or ()
        if own & set(item.covers)
    ]
    shape = Register(
        "Controls outside the cluster",
        "Control",
        "registers.yaml",
        "external_controls",
        register is not None,
        note="Nothing here was tested by a scan. A way in that stands open in this report stands open: such a control never makes it a pass.",
    )
    return shape.table(rows, dossier.definition.rows)


def controls_before(dossier: Dossier, way_in: str) -> tuple[str, ...]:
    """Controls outside the cluster that the entity says stand before a way in, one sentence each; they close nothing."""
    day, own = day_of(dossier), {item.control.id for item in dossier.assessment.controls}
    return tuple(
        _said_before(item, day)
        for item in dossier.report.judgement.registers.external_controls or ()
        if item.stands_before(way_in) and own & set(item.covers)
    )


def _said_before(item: ExternalControl, day: date) -> str:
    evidence = f"evidence: {item.evidence}" if item.evidence else "no evidence is named"
    problem = unapproved(item, day)
    counts = f" It does not count: {problem}." if problem else ""
    named = clipped(ended(f"{item.control} ({item.id}), owner {item.owner or 'none'}, {evidence}"), _LONGEST)
    return f"Outside what was observed: {named}{counts}"


def _run(dossier: Dossier) -> CheckRun | None:
    runs = dossier.report.judgement.runs
    return next((run for run in runs if run.meta.id == "flow-not-in-approved-register"), None)


def _used(run: CheckRun) -> Iterable[str]:
    for result in run.results:
        names = result.data.get("approved_flows")
        yield from (text for text in names if isinstance(text, str)) if isinstance(names, list) else ()
