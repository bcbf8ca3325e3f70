"""What every check of a workload says about it, whatever it asks."""

from app.evaluate.checks.common.enforcement import enforcement_on, strength_of
from app.evaluate.checks.common.population import boundaries_of, workload_subject
from app.evaluate.checks.common.verdicts import Details, Verdicts
from app.model.facts import Facts
from app.model.finding import CheckResult
from app.model.reachability import Workload


def details_of(facts: Facts, workload: Workload) -> Details:
    """Boundaries of a workload, and the strength that a fact about its connections has."""
    return Details(
        boundaries=boundaries_of(facts.placements[workload.id]),
        strength=strength_of(enforcement_on(facts, workload)),
    )


def left_to_host_network(verdicts: Verdicts, workload: Workload, details: Details) -> CheckResult:
    """No policy selects a pod on the host network, so checks of policies leave it to the check of just that."""
    says = (
        f"{workload.id} uses its node's network, where no policy selects it; see host-network-bypasses-policy"
    )
    return verdicts.not_applicable(workload_subject(workload), says, base=details)
