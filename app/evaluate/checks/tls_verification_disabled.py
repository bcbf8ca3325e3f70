"""Does every configured proxy check the certificate of whom it speaks TLS to?"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.evaluate.checks.common.components import component_result
from app.evaluate.checks.common.doubts import kind_gaps
from app.evaluate.checks.common.exposures import KINDS, by_id, exposure_subject
from app.evaluate.checks.common.legs import details_of
from app.evaluate.checks.common.population import cluster_subject
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.control_plane import ComponentKind
from app.model.edge import Exposure, Security, Target
from app.model.encryption import Known
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.identity import GroupKind

_SETTINGS = (
    GroupKind("networking.istio.io", "DestinationRule"),
    GroupKind("traefik.io", "ServersTransport"),
    GroupKind("apiregistration.k8s.io", "APIService"),
)
_SPEAKERS = (ComponentKind.AGGREGATED_API, ComponentKind.METRICS)
_LIMIT = (
    "TLS clients inside applications are not visible from the cluster: a pass covers proxies, gateways, aggregated APIs and "
    "metrics-server as configured."
)
_UNKNOWN = Doubt(
    "nothing says whether the certificate is checked",
    "Set the authority and name to check, in the controller's annotations or a BackendTLSPolicy.",
)


@dataclass(frozen=True, slots=True)
class TlsVerificationDisabled:
    """Judges each way in whose edge speaks TLS to its pods, each such setting of a proxy, and each aggregated API."""

    id: str = "tls-verification-disabled"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every client side that is configured in the cluster."""
        verdicts = Verdicts.of(facts, self.id)
        gaps = kind_gaps(facts, *KINDS, *_SETTINGS)
        results = [*_edges(facts, verdicts), *_components(facts, verdicts)]
        if not results:
            says = "no proxy is configured to speak TLS to others"
            subject = cluster_subject(facts)
            doubts = gaps.anywhere()
            results = [
                verdicts.undecided(subject, f"{says} in what was read", doubts)
                if doubts
                else verdicts.not_applicable(subject, says)
            ]
        return verdicts.run(results, complete=not gaps, limits=(_LIMIT,))


CHECK: Check = TlsVerificationDisabled()


def _components(facts: Facts, verdicts: Verdicts) -> Iterator[CheckResult]:
    spoken = [item for item in facts.edges.components if item.kind in _SPEAKERS]
    for item in (*facts.edges.clients, *spoken):
        yield component_result(facts, verdicts, item, "certificates are checked")


def _edges(facts: Facts, verdicts: Verdicts) -> Iterator[CheckResult]:
    for items in by_id(facts).values():
        targets = [target for item in items for target in item.targets if target.leg.security is Security.TLS]
        if targets:
            yield _result(facts, verdicts, items, targets)


def _result(facts: Facts, verdicts: Verdicts, items: list[Exposure], targets: list[Target]) -> CheckResult:
    subject = exposure_subject(items[0])
    skipped = [target for target in targets if target.leg.verified is Known.NO]
    unclear = [target for target in targets if target.leg.verified is Known.UNKNOWN]
    base = details_of(facts, items, [target.leg for target in skipped or unclear or targets])
    base["why"] = tuple(dict.fromkeys(f"{item.workload}:{item.port}: {item.leg.says}." for item in targets))
    if skipped:
        behind = names(sorted({item.workload for item in skipped}))
        return verdicts.failed(
            subject,
            f"{subject.id} speaks TLS to {behind} without checking the certificate",
            remedy="Switch verification on and name the authority; see the annotation or policy in the steps.",
            base=base,
        )
    if unclear:
        says = f"whether {subject.id} checks the certificates of its backends cannot be told"
        return verdicts.undecided(subject, says, (_UNKNOWN,), base=base)
    return verdicts.passed(subject, f"{subject.id} checks the certificates of its backends", base=base)
