"""What a run says while it works, on the standard error stream: a moving line on a terminal, log lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


class Reporter(Protocol):
    """`app.model.ports.Progress`, and the kinds that a collection reads."""

    def stage(self, name: str, **facts: object) -> None:
        """A stage of the pipeline begins."""
        ...

    def kind(self, name: str, count: int) -> None:
        """So many objects of a kind were read."""
        ...


class LogLines:
    """Progress as log lines, for schedulers, containers and files."""

    def __init__(self, cluster: str = "") -> None:
        import structlog

        bound = {"cluster": cluster} if cluster else {}
        self._log = structlog.get_logger("netattest").bind(**bound)

    def stage(self, name: str, **facts: object) -> None:
        """Log the stage."""
        self._log.info(name, **{key: str(value) for key, value in facts.items()})

    def kind(self, name: str, count: int) -> None:
        """Log the kind; one line for each is for people who look for something."""
        self._log.debug("read", kind=name, count=count)


class Terminal:
    """Progress as one line that moves and is gone at the end."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._task = bars.add_task("", total=None)

    def stage(self, name: str, **facts: object) -> None:
        """Show the stage instead of the one before."""
        told = ", ".join(
            f"{value} {key}" if isinstance(value, int) else f"{value}" for key, value in facts.items()
        )
        self._bars.update(self._task, description=f"{name:<8} {told}")

    def kind(self, name: str, count: int) -> None:
        """Show the kind that was just read."""
        self._bars.update(self._task, description=f"collect  {name}: {count}")


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Progress for the terminal that this runs in."""
    if not sys.stderr.isatty():
        yield LogLines()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Terminal(bars)
