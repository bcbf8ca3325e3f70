"""Is an endpoint of the cluster's administration reachable from where nobody has to administer it?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from app.evaluate.checks.common.components import component_subject
from app.evaluate.checks.common.doubts import kind_gaps
from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.exposures import KINDS, lost_ways, told
from app.evaluate.checks.common.population import cluster_subject
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import count, names, verb
from app.model.approval import unapproved
from app.model.connections import Protocol
from app.model.control_plane import Component, ComponentKind
from app.model.edge import Exposure, Way
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.scope import Boundary

_KINDS = (ComponentKind.API_SERVER, ComponentKind.ETCD, ComponentKind.KUBELET, ComponentKind.DASHBOARD)
_OWN_PORTS = (Way.HOST_PORT, Way.HOST_NETWORK)  # a node's address is not by itself outside
_API_NAME = "default/kubernetes"  # without a selector: its addresses are those of the API servers
_API_SERVICE = f"Service {_API_NAME}"
_ETCD_PORT = 2379
_MANAGED = Doubt(
    "the provider runs it, and who may connect to it is set in the cloud",
    "Record the list of networks that may connect to it, and put it on file as an attestation.",
)
_HIDDEN = Doubt(
    "nothing of it was read",
    "Read kube-system, or record who may connect to it on the machines' own firewalls.",
)
_LIMITS = (
    (
        "Firewalls in front of nodes and the provider's access lists are not visible from the cluster: a pass says that no "
        "object of it opens a way, not that none exists."
    ),
    "Every pod may speak to the API server by design; what it may do there is a question of RBAC, not of the network.",
)


@dataclass(frozen=True, slots=True)
class ControlPlaneExposed:
    """Judges kube-apiserver, etcd, kubelet and dashboards.

    One fails when an object that is not on the register of approved exposures leads to it from outside, and etcd also
    when workloads that are out of scope may open its client port. What the provider runs is insufficient evidence.
    """

    id: str = "control-plane-exposed"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every endpoint of administration."""
        verdicts = Verdicts.of(facts, self.id)
        gaps = kind_gaps(facts, *KINDS)
        components = [item for item in facts.edges.components if item.kind in _KINDS]
        doubts = (*gaps.anywhere(), *lost_ways(facts))
        results = [_result(facts, verdicts, item, doubts) for item in components]
        if not results:
            says = "who reaches the control plane cannot be told"
            results = [verdicts.undecided(cluster_subject(facts), says, (_HIDDEN,))]
        return verdicts.run(results, complete=not gaps, limits=(*declared_only(facts), *_LIMITS))


CHECK: Check = ControlPlaneExposed()


def _result(facts: Facts, verdicts: Verdicts, item: Component, doubts: tuple[Doubt, ...]) -> CheckResult:
    subject = component_subject(item)
    ways = list(_ways(facts, item))
    if ways:
        base = Details(
            why=tuple(_steps(ways)),
            evidence=tuple(evidence_for(facts, way.ref, way.field) for way in ways),
            data={"exposures": [way.id for way in ways]},
        )
        remedy = "Remove the way in, or have it approved under approved_exposures for those who administer the cluster."
        says = f"{names(way.id for way in ways)} {verb(len(ways), 'leads', 'lead')} from outside to {item.id}"
        return verdicts.failed(subject, says, remedy=remedy, base=base)
    outsiders = _outsiders(facts, item)
    if outsiders:
        return verdicts.failed(
            subject,
            f"{count(len(outsiders), 'workload')} out of scope may open TCP {_ETCD_PORT} of {item.id}",
            why=tuple(
                f"{name} is out of scope, and no enforced policy keeps it from there."
                for name in outsiders[:10]
            ),
            evidence=(evidence_for(facts, item.ref, "spec.containers"),),
            remedy="Deny egress from these workloads to the control plane's nodes on that port.",
            data={"sources": outsiders},
        )
    if item.managed or not _is_seen(item):
        says = f"who reaches {item.id} cannot be told"
        return verdicts.undecided(subject, says, (_MANAGED if item.managed else _HIDDEN,))
    return verdicts.passed(subject, f"no object leads from outside to {item.id}", doubts=doubts)


def _is_seen(item: Component) -> bool:
    return item.ref.kind != "Node"


def _ways(facts: Facts, item: Component) -> Iterator[Exposure]:
    """Ways in that lead to the component's pods and nobody approved; the Service of the API server has no selector."""
    day = facts.at.astimezone(UTC).date()
    register = facts.scope.approved_exposures or ()
    approved = {entry.object for entry in register if not unapproved(entry, day)}
    workloads = _workloads(facts, item)
    for way in facts.edges.exposures:
        leads = bool(workloads & set(way.reached)) and way.way not in _OWN_PORTS
        leads |= item.kind is ComponentKind.API_SERVER and (
            way.id == _API_SERVICE or _API_NAME in way.services
        )
        if leads and way.id not in approved:
            yield way


def _workloads(facts: Facts, item: Component) -> set[str]:
    return {workload.id for workload in facts.reachability.workloads if item.ref in workload.pod_refs}


def _outsiders(facts: Facts, item: Component) -> list[str]:
    if item.kind is not ComponentKind.ETCD:
        return []
    own = _workloads(facts, item)
    between = facts.reachability.between
    return [
        workload.id
        for workload in facts.reachability.workloads
        if facts.placements[workload.id].inside(Boundary.PCI) is False
        and workload.id not in own
        and any(between(workload.id, name).allows(Protocol.TCP, _ETCD_PORT) for name in own)
    ]


def _steps(ways: list[Exposure]) -> Iterator[str]:
    for way in ways:
        yield f"{way.id} {way.says}."
        yield from (told(target) for target in way.targets)
