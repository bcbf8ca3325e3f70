"""One failing result as a report's framework sees it."""

from dataclasses import dataclass

from app.model.control import ControlState
from app.model.finding import CheckResult
from app.model.history import FindingLife
from app.render.content import Mark


@dataclass(frozen=True)
class Finding:
    """One failing result as this framework sees it.

    Attributes:
        id: `F-` and the beginning of the fingerprint; unique in the report, the same every night.
        state: EXCEPTION, or PARTIAL under a valid exception.
        direct: it decides a control; otherwise it is contrary evidence beside one.
        controls: numbers of the controls it bears on.
        life: how long it has been there; None when the store knows nothing of it.
        exception: id of the exception that covers it, or empty.
    """

    id: str
    result: CheckResult
    state: ControlState
    direct: bool
    controls: tuple[str, ...]
    life: FindingLife | None
    exception: str = ""

    @property
    def mark(self) -> Mark:
        """Its mark, and the word for what it means."""
        if self.state is ControlState.PARTIAL:
            return Mark.of(ControlState.PARTIAL)
        return Mark.of(ControlState.EXCEPTION, "" if self.direct else "Contrary evidence")


def worst_first(item: Finding) -> tuple[bool, bool, int, str, str]:
    """Sort key: what decides a control, then what no exception covers, then the graver."""
    result = item.result
    return (
        not item.direct,
        item.state is ControlState.PARTIAL,
        result.severity.rank,
        result.check,
        result.subject.id,
    )
