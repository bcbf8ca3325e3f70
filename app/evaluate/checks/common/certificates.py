"""Certificates as subjects: where each counts, and which one stands for another."""

from app.evaluate.checks.common.doubts import Gaps, kind_gaps
from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.legs import endpoints_of
from app.evaluate.checks.common.population import boundaries_of_all, boundaries_of_namespace
from app.evaluate.checks.common.verdicts import Details
from app.model.certificate import Certificate, CertificateSource
from app.model.edge import Endpoint, Exposure, Security
from app.model.encryption import EvidenceStrength, Known
from app.model.facts import Facts
from app.model.finding import Evidence, Strength, Subject, SubjectKind
from app.model.identity import GroupKind

READ = "Opt in to reading certificates of its namespace (collect.certificates), or scan with --probe-tls."
SERVED = (CertificateSource.SERVED,)


def certificate_gaps(facts: Facts) -> Gaps:
    """Certificates that may not have been read."""
    return kind_gaps(facts, GroupKind("cert-manager.io", "Certificate"), GroupKind("", "Secret"))


def certificate_subject(item: Certificate) -> Subject:
    """A certificate."""
    return Subject(SubjectKind.CERTIFICATE, item.id, item.ref.namespace)


def details_of_certificate(facts: Facts, item: Certificate) -> Details:
    """Boundaries of what it protects; of its namespace where nothing is known to serve it."""
    behind = [name for way in facts.edges.exposures if way.id in item.exposures for name in way.workloads]
    if behind:
        boundaries = boundaries_of_all(facts, behind)
    elif item.ref.namespace:
        boundaries = boundaries_of_namespace(facts, item.ref.namespace, ())
    else:
        boundaries = boundaries_of_all(facts, ())
    seen = item.strength is EvidenceStrength.OBSERVED
    return Details(
        boundaries=boundaries,
        evidence=(_evidence(facts, item),),
        strength=Strength.OBSERVED if seen else Strength.DECLARED,
        data={"source": item.source.value, "fingerprint": item.x509.fingerprint if item.x509 else ""},
    )


def _evidence(facts: Facts, item: Certificate) -> Evidence:
    """Certificates themselves are no text to print; their facts are."""
    if item.x509 is None:
        return evidence_for(facts, item.ref, item.field)
    found = item.x509
    stored = facts.snapshot.find(item.ref)
    lines = (
        f"subject: {found.subject}",
        f"issuer: {found.issuer}",
        f"notAfter: {found.not_after.isoformat()}",
        f"key: {found.key}, signature: {found.signature}",
        f"sha256: {found.fingerprint}",
    )
    return Evidence(item.ref, item.field, stored.digest if stored else "", "\n".join(lines))


def weakness(item: Certificate) -> str:
    """Why a certificate or one of its chain is no strong cryptography, as a clause; empty where none was seen to be."""
    for place, found in enumerate((item.x509, *item.chain)):
        if found and found.weak:
            whose = "" if not place else f"of {found.subject} in its chain, "
            return f"{whose}{' and '.join(found.weak)}"
    return ""


def judged(facts: Facts) -> tuple[Certificate, ...]:
    """Certificates to judge by time: what is served counts before what is stored or promised for the same endpoints."""
    served = {way.id for way in facts.edges.exposures if all_probed(facts, way)}
    return tuple(
        item
        for item in facts.edges.certificates
        if item.source in SERVED or not item.exposures or not set(item.exposures) <= served
    )


def all_probed(facts: Facts, exposure: Exposure) -> bool:
    """Every TLS endpoint of it was seen in a handshake."""
    chains = {(probe.host, probe.port) for probe in facts.edges.probes if probe.chain}
    ends = [end for end in endpoints_of([exposure]) if end.leg.security is Security.TLS]
    return bool(ends) and all(end.key in chains for end in ends)


def unseen(facts: Facts) -> list[tuple[Exposure, list[Endpoint]]]:
    """Exposures with TLS endpoints of which no certificate is known in any way."""
    known = {name for item in facts.edges.certificates for name in item.exposures}
    found = []
    for way in facts.edges.exposures:
        ends = [
            end
            for end in endpoints_of([way])
            if end.leg.security is Security.TLS and end.leg.default_certificate is not Known.YES
        ]
        if ends and way.id not in known:
            found.append((way, ends))
    return found
