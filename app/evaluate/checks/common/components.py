"""Components whose findings are the answers: the control plane, aggregated APIs, settings of proxies."""

from app.evaluate.checks.common.evidence import evidence_of_signs
from app.evaluate.checks.common.population import boundaries_of_namespace
from app.evaluate.checks.common.verdicts import Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.control_plane import Component
from app.model.encryption import Known
from app.model.facts import Facts
from app.model.finding import CheckResult, Subject, SubjectKind


def component_subject(component: Component) -> Subject:
    """A component."""
    return Subject(SubjectKind.COMPONENT, component.id, component.ref.namespace)


def component_result(facts: Facts, verdicts: Verdicts, component: Component, passed: str) -> CheckResult:
    """Fails by any weakness; insufficient where something could not be read; passes where every answer holds.

    The control plane and settings of the whole cluster count in every boundary, those of a namespace in its own.
    """
    subject = component_subject(component)
    weak = [item for item in component.findings if item.holds is Known.NO]
    unclear = [item for item in component.findings if item.holds is Known.UNKNOWN]
    base = Details(
        why=tuple(f"{item.says[:1].upper()}{item.says[1:]}." for item in component.findings),
        evidence=evidence_of_signs(item.sign for item in weak or unclear or component.findings),
    )
    if component.ref.namespace not in ("", "kube-system"):
        base["boundaries"] = boundaries_of_namespace(facts, component.ref.namespace, ())
    if weak:
        remedy = "\n".join(dict.fromkeys(item.remedy for item in weak if item.remedy))
        says = f"{component.id}: {names((item.says for item in weak), 3)}"
        return verdicts.failed(subject, says, remedy=remedy or "See its steps.", base=base)
    if unclear:
        doubts = tuple(Doubt(item.says, item.remedy or "Read it on the machine itself.") for item in unclear)
        return verdicts.undecided(subject, f"{component.id}: {passed} in what was read", doubts, base=base)
    return verdicts.passed(subject, f"{component.id}: {passed}", base=base)
