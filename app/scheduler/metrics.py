"""Numbers for Prometheus. Names are a contract with dashboards and alerts: see docs/operations.md."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from app.model.finding import Severity
from app.model.history import SlotStatus


class Metrics:
    """All metrics of one service, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._slots = Counter(
            "netattest_slots",
            "Slots of the schedule by how they ended.",
            ["cluster", "status"],
            registry=self._registry,
        )
        self._running = self._gauge("netattest_scan_running", "1 while a scan of the cluster runs.")
        self._taken_at = self._gauge(
            "netattest_last_scan_timestamp_seconds", "When the last stored scan was taken; alert on its age."
        )
        self._seconds = self._gauge(
            "netattest_last_scan_duration_seconds", "How long the last stored scan took."
        )
        self._gaps = self._gauge("netattest_last_scan_gaps", "What the last stored scan could not read.")
        self._next = self._gauge("netattest_next_slot_timestamp_seconds", "When the next scan is due.")
        self._failures = Gauge(
            "netattest_failures",
            "Failing results of the last stored scan, accepted ones included.",
            ["cluster", "severity"],
            registry=self._registry,
        )

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(name, says, ["cluster"], registry=self._registry)

    def declare(self, cluster: str) -> None:
        """Make a cluster's counters exist from the start, so that rates work."""
        for status in (SlotStatus.DONE, SlotStatus.FAILED, SlotStatus.MISSED):
            self._slots.labels(cluster, status.value)
        self._running.labels(cluster).set(0)

    def due(self, cluster: str, at: datetime | None) -> None:
        """The next slot."""
        if at:
            self._next.labels(cluster).set(at.timestamp())

    def started(self, cluster: str) -> None:
        """A scan begins."""
        self._running.labels(cluster).set(1)

    def stored(
        self, cluster: str, taken_at: datetime, seconds: float, gaps: int, failures: dict[Severity, int]
    ) -> None:
        """A scan was stored."""
        self._taken_at.labels(cluster).set(taken_at.timestamp())
        self._seconds.labels(cluster).set(seconds)
        self._gaps.labels(cluster).set(gaps)
        for severity in Severity:
            self._failures.labels(cluster, severity.value).set(failures.get(severity, 0))

    def ended(self, cluster: str, status: SlotStatus) -> None:
        """A slot was recorded."""
        self._slots.labels(cluster, status.value).inc()
        self._running.labels(cluster).set(0)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
