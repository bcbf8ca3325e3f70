"""Did a scan complete for every slot of the schedule?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from app.evaluate.checks.common.population import cluster_subject, record_subject
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength
from app.model.history import Slot, SlotStatus

_NO_SCHEDULE = Doubt(
    "no schedule is known for this cluster",
    "Put the cluster into config/schedule.yaml and let `netattest run` start its scans.",
)


@dataclass(frozen=True, slots=True)
class ScanNightMissing:
    """Judges each slot since the last complete scan and up to this one.

    A missed or failed slot fails and is never interpolated. The slot of this very scan is still running when it is
    judged, and passes; an earlier one that still says so was never finished, and fails. The result tells about the
    nights since the last complete scan only; a report over a period has the earlier ones from the stored scans.
    """

    id: str = "scan-night-missing"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every slot."""
        verdicts, slots = Verdicts.of(facts, self.id), facts.context.slots
        if slots is None:
            result = verdicts.undecided(
                cluster_subject(facts), "whether a night is missing cannot be told", (_NO_SCHEDULE,)
            )
            return verdicts.run([result])
        if not slots:
            says = "no slot of the schedule was due since the last complete scan"
            return verdicts.run([verdicts.not_applicable(cluster_subject(facts), says)])
        return verdicts.run(_result(verdicts, slot, slots) for slot in slots)


CHECK: Check = ScanNightMissing()


def _result(verdicts: Verdicts, slot: Slot, slots: Sequence[Slot]) -> CheckResult:
    at, due = slot.due_at.isoformat(), f"{slot.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    subject = record_subject(f"slot {at}")
    details = Details(strength=Strength.OBSERVED, data={"due_at": at, "status": slot.status.value})
    if slot.status is SlotStatus.DONE:
        return verdicts.passed(subject, f"the scan due at {due} is scan {slot.scan}", base=details)
    if slot.status is SlotStatus.RUNNING and slot == slots[-1]:
        return verdicts.passed(subject, f"the scan due at {due} is this one", base=details)
    cause = slot.reason or "no reason was recorded"
    return verdicts.failed(
        subject,
        f"the scan due at {due} {_what(slot.status)}: {cause}",
        why=(f"The schedule has a slot at {due}.", f"It was recorded as {slot.status.value}: {cause}."),
        remedy=(
            "Nothing fills this night afterwards. Remove the cause, and keep the record of it with the evidence of the "
            "period."
        ),
        base=details,
    )


def _what(status: SlotStatus) -> str:
    match status:
        case SlotStatus.FAILED:
            return "failed"
        case SlotStatus.RUNNING:
            return "began and was never finished"
        case _:
            return "did not take place"
