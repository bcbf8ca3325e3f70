"""How long each stage of a run took."""

from time import monotonic
from types import TracebackType
from typing import Self

from app.model.ports import Progress
from app.scheduler.metrics import Metrics


class Timed:
    """Progress that is passed on, and whose stages are measured: each lasts until the next one begins."""

    def __init__(self, progress: Progress, cluster: str, metrics: Metrics) -> None:
        self._progress, self._cluster, self._metrics = progress, cluster, metrics
        self._name, self._began = "", 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def stage(self, name: str, **facts: object) -> None:
        """A stage begins."""
        self._end()
        self._name, self._began = name, monotonic()
        self._progress.stage(name, **facts)

    def _end(self) -> None:
        if self._name:
            self._metrics.stage(self._cluster, self._name, monotonic() - self._began)
        self._name = ""
