"""Numbers for Prometheus. Names are a contract with dashboards and alerts: see docs/operations.md."""

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from app.model.finding import Severity
from app.model.history import Scan, SlotStatus
from app.model.news import DeliveryStatus

# Of deliveries: a round that failed is begun again, and counted by the work that it belongs to.
_WELL = tuple(status.value for status in DeliveryStatus if status is not DeliveryStatus.GAVE_UP)


class Metrics:
    """All metrics of one service.

    What they say of the fleet (the last scan of a cluster, its next slot, work that is owed) is served by the service that
    keeps the schedule alone: one that stands by would tell of nights long ago. What they count, they count for this
    process, and each service tells its own.
    """

    def __init__(self) -> None:
        self._registry, self._fleet = CollectorRegistry(), CollectorRegistry()
        self._keeps = True
        self._shown: dict[str, int] = {}
        self.problems = 0
        self._slots = Counter(
            "netattest_slots",
            "Slots of the schedule by how they ended.",
            ["cluster", "status"],
            registry=self._registry,
        )
        self._running = Gauge(
            "netattest_scan_running",
            "1 while a scan of the cluster runs.",
            ["cluster"],
            registry=self._registry,
        )
        self._taken_at = self._gauge(
            "netattest_last_scan_timestamp_seconds", "When the last stored scan was taken; alert on its age."
        )
        self._seconds = self._gauge(
            "netattest_last_scan_duration_seconds", "How long the last stored scan took."
        )
        self._gaps = self._gauge("netattest_last_scan_gaps", "What the last stored scan could not read.")
        self._next = self._gauge("netattest_next_slot_timestamp_seconds", "When the next scan is due.")
        self._objects = self._gauge("netattest_last_scan_objects", "Objects in the last stored scan.")
        self._owed = self._gauge("netattest_jobs_owed", "Work for slots that ended which is still to do.")
        self._missing = self._gauge(
            "netattest_night_without_scan", "1 when a slot should have had its scan by now and has none."
        )
        self._stages = Gauge(
            "netattest_stage_duration_seconds",
            "How long a stage took when it last ran.",
            ["cluster", "stage"],
            registry=self._fleet,
        )
        self._alerts = Counter(
            "netattest_alerts",
            "Nights that somebody was told of, by how their slot ended.",
            ["cluster", "status"],
            registry=self._registry,
        )
        self._job_failures = Counter(
            "netattest_job_failures",
            "Attempts at work for a slot that failed.",
            ["cluster", "job"],
            registry=self._registry,
        )
        self._deliveries = Counter(
            "netattest_deliveries",
            "Attempts to hand over what a night brought, by how they ended.",
            ["cluster", "channel", "status"],
            registry=self._registry,
        )
        self._leading = Gauge(
            "netattest_leading", "1 while this service keeps the schedule.", registry=self._registry
        )
        self._database = Gauge(
            "netattest_database_answers",
            "1 while the database takes what this service writes.",
            registry=self._registry,
        )
        self._problems: Gauge | None = None  # nothing is known before a check: 0 would be a word of comfort
        self._failures = Gauge(
            "netattest_failures",
            "Failing results of the last stored scan, accepted ones included.",
            ["cluster", "severity"],
            registry=self._fleet,
        )
        self._of_scans = (self._taken_at, self._gaps, self._objects, self._seconds, self._failures)
        self._of_nights = (self._next, self._owed, self._missing, self._stages)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(name, says, ["cluster"], registry=self._fleet)

    def keeping(self, keeps: bool) -> None:
        """Whether this service keeps the schedule by the database's last word; what it knew before it began is forgotten."""
        if keeps and not self._keeps:
            self._shown.clear()
            for gauge in (*self._of_scans, *self._of_nights):
                gauge.clear()
            if self._problems:
                self._fleet.unregister(self._problems)
                self._problems = None
        self._keeps = keeps

    def declare(self, cluster: str) -> None:
        """Make a cluster's counters exist from the start, so that rates work."""
        for status in (SlotStatus.DONE, SlotStatus.FAILED, SlotStatus.MISSED):
            self._slots.labels(cluster, status.value)
        self.idle(cluster)

    def due(self, cluster: str, at: datetime | None) -> None:
        """The next slot."""
        if at:
            self._next.labels(cluster).set(at.timestamp())

    def started(self, cluster: str) -> None:
        """A scan begins."""
        self._running.labels(cluster).set(1)

    def idle(self, cluster: str) -> None:
        """No scan runs."""
        self._running.labels(cluster).set(0)

    def shows(self, cluster: str, number: int | None) -> bool:
        """Whether the numbers are those of this scan; True for None, since there is nothing to show."""
        return number is None or self._shown.get(cluster) == number

    def known(self, scan: Scan, failures: Mapping[Severity, int]) -> None:
        """A stored scan is the latest of its cluster, whoever took it; how long it took is not stored."""
        self._shown[scan.cluster] = scan.number
        self._taken_at.labels(scan.cluster).set(scan.taken_at.timestamp())
        self._gaps.labels(scan.cluster).set(scan.gaps)
        self._objects.labels(scan.cluster).set(scan.objects)
        for severity in Severity:
            self._failures.labels(scan.cluster, severity.value).set(failures.get(severity, 0))
        self._seconds.remove(scan.cluster)

    def stored(self, scan: Scan, seconds: float, failures: Mapping[Severity, int]) -> None:
        """A scan was stored by this process."""
        self.known(scan, failures)
        self._seconds.labels(scan.cluster).set(seconds)

    def stage(self, cluster: str, name: str, seconds: float) -> None:
        """A stage ended."""
        self._stages.labels(cluster, name).set(seconds)

    def owed(self, cluster: str, count: int) -> None:
        """So much work is still to do for slots that ended."""
        self._owed.labels(cluster).set(count)

    def night_without_scan(self, cluster: str, *, missing: bool) -> None:
        """Whether the latest slot that should have had a scan by now has none."""
        self._missing.labels(cluster).set(missing)

    def alerted(self, cluster: str, status: SlotStatus) -> None:
        """Somebody was told of a night."""
        self._alerts.labels(cluster, status.value).inc()

    def job_failed(self, cluster: str, job: str) -> None:
        """An attempt at work for a slot failed."""
        self._job_failures.labels(cluster, job).inc()

    def delivered(self, cluster: str, channel: str, status: DeliveryStatus) -> None:
        """A round of one delivery ended."""
        self._deliveries.labels(cluster, channel, status.value).inc()

    def leading(self, leads: bool) -> None:
        """Whether this service keeps the schedule."""
        self._leading.set(leads)

    def database(self, *, answers: bool) -> None:
        """Whether the database took the last renewal of the lease."""
        self._database.set(answers)

    def checked(self, problems: int) -> None:
        """The whole store was checked."""
        self.problems = problems
        if self._problems is None:
            self._problems = Gauge(
                "netattest_store_problems",
                "What the last check of the whole store found.",
                registry=self._fleet,
            )
        self._problems.set(problems)

    def ended(self, cluster: str, status: SlotStatus) -> None:
        """A slot was recorded."""
        self._slots.labels(cluster, status.value).inc()

    def troubles(self) -> tuple[str, ...]:
        """What this process counted that somebody has to look at, in words; its log lines have the reasons."""
        counted = (
            (self._alerts, "{cluster}: a night is {status}", ()),
            (self._job_failures, "{cluster}: {job} failed", ()),
            (self._deliveries, "{cluster}: channel {channel} {status}", _WELL),
        )
        return tuple(
            words.format(**sample.labels)
            for counter, words, well in counted
            for family in counter.collect()
            for sample in family.samples
            if sample.name.endswith("_total") and sample.labels.get("status") not in well
        )

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry) + (generate_latest(self._fleet) if self._keeps else b"")
