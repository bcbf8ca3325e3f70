"""Ways in from outside, as several checks ask about them."""

from collections.abc import Iterable

from app.evaluate.checks.common.doubts import Gaps, kind_gaps
from app.evaluate.checks.common.evidence import evidence_for, evidence_of_signs
from app.evaluate.checks.common.population import boundaries_of_all
from app.evaluate.checks.common.verdicts import Details, Doubt
from app.model.edge import OTHER_ROUTES, Exposure, Leg, Target
from app.model.encryption import EvidenceStrength, Known
from app.model.facts import Facts
from app.model.finding import Evidence, Severity, Strength, Subject, SubjectKind
from app.model.identity import GroupKind

KINDS = (
    GroupKind("", "Service"),
    GroupKind("", "Pod"),
    GroupKind("networking.k8s.io", "Ingress"),
    GroupKind("gateway.networking.k8s.io", "Gateway"),
    GroupKind("gateway.networking.k8s.io", "HTTPRoute"),
    GroupKind("gateway.networking.k8s.io", "GRPCRoute"),
    GroupKind("gateway.networking.k8s.io", "TCPRoute"),
    GroupKind("gateway.networking.k8s.io", "TLSRoute"),
    GroupKind("gateway.networking.k8s.io", "UDPRoute"),
    GroupKind("networking.istio.io", "Gateway"),
    GroupKind("networking.istio.io", "VirtualService"),
    *(
        GroupKind(group, kind)
        for group in ("traefik.io", "traefik.containo.us")
        for kind in ("IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "TraefikService")
    ),
    GroupKind("route.openshift.io", "Route"),
    GroupKind("k8s.nginx.org", "TransportServer"),
    GroupKind("k8s.nginx.org", "VirtualServer"),
    GroupKind("k8s.nginx.org", "VirtualServerRoute"),
    GroupKind("configuration.konghq.com", "TCPIngress"),
    GroupKind("configuration.konghq.com", "UDPIngress"),
    GroupKind("elbv2.k8s.aws", "TargetGroupBinding"),
    GroupKind("eks.amazonaws.com", "TargetGroupBinding"),
    *OTHER_ROUTES,
)
_ADMITTED = {
    Known.YES: "reached",
    Known.NO: "kept from it by policies",
    Known.UNKNOWN: "not shown to be kept from it",
}
_MILDER = {Severity.CRITICAL: Severity.HIGH, Severity.HIGH: Severity.MEDIUM, Severity.MEDIUM: Severity.LOW}


def exposure_gaps(facts: Facts) -> Gaps:
    """Ways in that may not have been read."""
    return kind_gaps(facts, *KINDS)


def exposure_subject(exposure: Exposure) -> Subject:
    """The object that opens the way in."""
    return Subject(SubjectKind.EXPOSURE, exposure.id, exposure.ref.namespace)


def details_of_exposure(facts: Facts, exposure: Exposure) -> Details:
    """Boundaries of the workloads behind, and the object as evidence."""
    return Details(
        boundaries=boundaries_of_all(facts, exposure.workloads),
        evidence=(evidence_for(facts, exposure.ref, exposure.field),),
    )


def by_id(facts: Facts) -> dict[str, list[Exposure]]:
    """Exposures by id: one object may open several."""
    found: dict[str, list[Exposure]] = {}
    for item in facts.edges.exposures:
        found.setdefault(item.id, []).append(item)
    return found


def lost_ways(facts: Facts) -> tuple[Doubt, ...]:
    """Ways in that may lead to any workload, since where they lead was not read or is not followed."""
    found = dict.fromkeys(f"{item.id}: {why}" for item in facts.edges.exposures for why in item.astray)
    return tuple(Doubt(text, "Say by hand where it leads, or remove it.") for text in found)


def severity_of(exposures: Iterable[Exposure], usual: Severity) -> Severity:
    """One step milder where only balancers inside the cloud network are asked for; never none at all."""
    items = list(exposures)
    if items and all(item.internal for item in items):
        return _MILDER.get(usual, usual)
    return usual


def told(target: Target) -> str:
    """One target as a step: `reached: shop/web[Deployment] TCP 8080 over edge/nginx[Deployment], its policies …`."""
    over = f" over {', '.join(target.via)}" if target.via else ""
    port = f"{target.protocol} {target.port}" if target.port else f"{target.protocol}, port not known"
    return f"{target.workload} {port}{over} is {_ADMITTED[target.admitted]}: {target.why}."


def evidence_of_legs(legs: Iterable[Leg]) -> tuple[Evidence, ...]:
    """The fields that told what legs carry."""
    return evidence_of_signs(dict.fromkeys(sign for leg in legs for sign in leg.signs))


def strength_of_legs(legs: Iterable[Leg]) -> Strength:
    """OBSERVED where every leg was seen in a handshake."""
    seen = [leg.strength is EvidenceStrength.OBSERVED for leg in legs]
    return Strength.OBSERVED if seen and all(seen) else Strength.DECLARED
