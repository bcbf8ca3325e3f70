"""What changed since the last whole scan, joined to the approved change that each names, or to none."""

from app.model.control import ControlState
from app.model.finding import CheckResult, Outcome
from app.render.claims import claimed
from app.render.content import Column, Mark, Row, Stack, Table, capped
from app.render.dossier import Dossier
from app.render.wording import clipped

_CHECK = "policy-change-without-approval"
_MARKS = {
    Outcome.PASS: Mark.of(ControlState.SUPPORTED, "Approved"),
    Outcome.FAIL: Mark.of(ControlState.EXCEPTION, "Not approved"),
}
_NOT_TOLD = Mark.of(ControlState.INSUFFICIENT, "Not known")


def changes_table(dossier: Dossier) -> Table:
    """Policies, routes and registers of this framework's boundary that differ, what is not approved first."""
    run = next((run for _, run in dossier.runs if run.meta.id == _CHECK), None)
    found = sorted(
        (item for item in (dossier.of_boundary(run) if run else ()) if "before" in item.data),
        key=lambda item: (item.outcome is Outcome.PASS, item.subject),
    )
    shown = found[: dossier.definition.rows]
    return Table(
        caption="Changes and their approvals",
        columns=(
            Column("Changed", 28, "code"),
            Column("What was found"),
            Column("Approved change", 16, "code"),
            Column("State", 16, "mark"),
        ),
        rows=tuple(_row(item) for item in shown),
        note=capped(len(shown), len(found), "changes", "populations.csv"),
        empty="Changes and their approvals: nothing that somebody has to approve is known to have changed.",
    )


def _row(item: CheckResult) -> Row:
    names = item.data.get("approved_changes")
    references = ", ".join(str(name) for name in names) if isinstance(names, list) else ""
    says = Stack((claimed(item),), tuple(item.why[:1]))
    return Row(
        (clipped(item.subject.id, 80), says, references or "none", _MARKS.get(item.outcome, _NOT_TOLD))
    )
