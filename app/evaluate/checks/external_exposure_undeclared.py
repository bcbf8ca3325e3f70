"""Is every way in from outside on the register of approved exposures?"""

from dataclasses import dataclass
from datetime import UTC, date

from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.exposures import by_id, exposure_gaps, exposure_subject, severity_of, told
from app.evaluate.checks.common.population import boundaries_of_all, cluster_subject
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.approval import unapproved
from app.model.edge import Exposure
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.scope import ApprovedExposure

_NO_REGISTER = Doubt(
    "no register of approved exposures was supplied",
    "List the approved ones in the scope file (`approved_exposures`); an empty list says that none is approved.",
)
_LIMITS = (
    "A load balancer that its annotations ask to be internal counts as external, one step milder: they are a wish.",
    "What the cloud or a firewall in front of the cluster lets through is not visible from it.",
)


@dataclass(frozen=True, slots=True)
class ExternalExposureUndeclared:
    """Judges each object that opens a way in; the objects and the register alone decide, enforced or not.

    LoadBalancer and NodePort Services, external IPs, ports of nodes, Ingresses, target groups, routes of the Gateway API, OpenShift, Istio,
    Traefik, NGINX and Kong, and those of other controllers by their names count in the boundaries of the workloads behind them, in all boundaries where those are not known. An object passes
    when the register names it with an owner and an approver. A cluster without any way in does not apply.
    """

    id: str = "external-exposure-undeclared"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every way in."""
        verdicts, gaps = Verdicts.of(facts, self.id), exposure_gaps(facts)
        results = [_result(facts, verdicts, items) for items in by_id(facts).values()]
        if not results and not gaps:
            says = "no object opens a way in from outside the cluster"
            results = [verdicts.not_applicable(cluster_subject(facts), says)]
        return verdicts.run(results, complete=not gaps, limits=(*_LIMITS, *facts.edges.residuals))


CHECK: Check = ExternalExposureUndeclared()


def _result(facts: Facts, verdicts: Verdicts, items: list[Exposure]) -> CheckResult:
    first = items[0]
    workloads = sorted({name for item in items for name in item.workloads})
    subject = exposure_subject(first)
    behind = f"to {names(workloads)}" if workloads else "to workloads that are not known"
    says = f"{first.id} {names(item.says for item in items)}, {behind}"
    details = Details(
        why=(f"{says}.", *_steps(items)),
        evidence=tuple(evidence_for(facts, item.ref, item.field) for item in items),
        boundaries=boundaries_of_all(facts, workloads),
        severity=severity_of(items, verdicts.meta.severity),
        data={"workloads": workloads, "endpoints": [end.name for item in items for end in item.endpoints]},
    )
    if facts.scope.approved_exposures is None:
        return verdicts.undecided(subject, says, (_NO_REGISTER,), base=details)
    entry = next((item for item in facts.scope.approved_exposures if item.object == first.id), None)
    problem = _problem(entry, facts.at.astimezone(UTC).date())
    if entry is None or problem:
        remedy = (
            "Remove the way in, or have it approved by somebody other than its owner and listed under "
            "approved_exposures in the scope file."
        )
        return verdicts.failed(subject, f"{says}; {problem}", remedy=remedy, base=details)
    return verdicts.passed(subject, f"{says}, as {entry.approver} approved under {entry.id}", base=details)


def _steps(items: list[Exposure]) -> tuple[str, ...]:
    """Where it leads, what could not be followed, and what to know beside it."""
    lines = [told(target) for item in items for target in item.targets]
    lines += [f"{text[:1].upper()}{text[1:]}." for item in items for text in item.unresolved]
    lines += [note for item in items for note in item.notes]
    return tuple(dict.fromkeys(lines))


def _problem(entry: ApprovedExposure | None, on: date) -> str:
    if entry is None:
        return "it is not on the register of approved exposures"
    why = unapproved(entry, on)
    return f"entry {entry.id} of the register does not count: {why}" if why else ""
