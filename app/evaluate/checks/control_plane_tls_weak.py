"""Do the cluster's own endpoints use strong, authenticated TLS?"""

from dataclasses import dataclass

from app.evaluate.checks.common.components import component_result, component_subject
from app.evaluate.checks.common.doubts import kind_gaps
from app.evaluate.checks.common.population import cluster_subject
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.model.control_plane import Component, ComponentKind
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.identity import GroupKind

_KINDS = (
    ComponentKind.API_SERVER,
    ComponentKind.ETCD,
    ComponentKind.CONTROLLER_MANAGER,
    ComponentKind.SCHEDULER,
    ComponentKind.KUBELET,
    ComponentKind.AGGREGATED_API,
    ComponentKind.WEBHOOK,
    ComponentKind.METRICS,
)
_READ = (GroupKind("", "Pod"), GroupKind("", "ConfigMap"), GroupKind("apiregistration.k8s.io", "APIService"))
_MANAGED = Doubt(
    "the provider runs it and its flags are not visible",
    "Put the provider's statement on file (its responsibility matrix and attestation of compliance).",
)
_HIDDEN = Doubt(
    "no static pod or settings of it were read",
    "Read kube-system, or record how it is started on the machines themselves.",
)
_LIMIT = (
    "Flags and settings are what was declared; a node's own kubelet settings can differ from the cluster's."
)


@dataclass(frozen=True, slots=True)
class ControlPlaneTlsWeak:
    """Judges each visible component by its flags and settings; one that the provider runs is never passed."""

    id: str = "control-plane-tls-weak"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every component."""
        verdicts = Verdicts.of(facts, self.id)
        results = [_result(facts, verdicts, item) for item in facts.edges.components if item.kind in _KINDS]
        if not results:
            says = "how the control plane uses TLS cannot be told"
            results = [verdicts.undecided(cluster_subject(facts), says, (_HIDDEN,))]
        return verdicts.run(results, complete=not kind_gaps(facts, *_READ), limits=(_LIMIT,))


CHECK: Check = ControlPlaneTlsWeak()


def _result(facts: Facts, verdicts: Verdicts, item: Component) -> CheckResult:
    if item.findings:
        return component_result(facts, verdicts, item, "its settings ask for strong, authenticated TLS")
    doubt = _MANAGED if item.managed else _HIDDEN
    return verdicts.undecided(component_subject(item), f"how {item.id} uses TLS cannot be told", (doubt,))
