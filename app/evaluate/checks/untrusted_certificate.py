"""Does each served certificate chain to a trust anchor that was declared, and carry the name?"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.certificates import weakness
from app.evaluate.checks.common.exposures import by_id, exposure_gaps, exposure_subject
from app.evaluate.checks.common.legs import PROBE, details_of, nothing_exposed, tls_endpoints
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.certificate import Certificate, CertificateSource
from app.model.edge import ANY_HOST, Endpoint, Exposure, carries
from app.model.encryption import Known
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.probe import written

_LIMIT = (
    "Trust anchors are the public ones of the machine that probed, and those of the settings file (probe.trust_anchors); a "
    "private authority is fine when it is declared there."
)
_STRENGTH = (
    "Weak are RSA and DSA keys below 2048 bits, curves below 224 bits, and signatures by MD5 or SHA-1, of every certificate in the "
    "chain; the signature of an anchor counts for nothing and is not looked at (NIST SP 800-131A Rev. 2)."
)
_UNSEEN = Doubt("no handshake was tried there", PROBE)


@dataclass(frozen=True, slots=True)
class UntrustedCertificate:
    """Judges each object with an endpoint that takes TLS.

    It fails when a served chain or its name does not verify, when a controller's own self-signed certificate is served for
    want of another, and when a self-signed certificate is stored for it. A key or a signature that is no strong cryptography
    anywhere in the chain vouches for nothing, so it fails too, whoever signed it. It passes only by what handshakes showed.
    """

    id: str = "untrusted-certificate"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every way in that takes TLS."""
        verdicts = Verdicts.of(facts, self.id)
        results = [
            _result(facts, verdicts, items, ends)
            for items in by_id(facts).values()
            if (ends := tls_endpoints(items))
        ]
        if not results:
            results = list(nothing_exposed(facts, verdicts, "no endpoint is known to take TLS"))
        return verdicts.run(results, complete=not exposure_gaps(facts), limits=(_LIMIT, _STRENGTH))


CHECK: Check = UntrustedCertificate()


def _result(
    facts: Facts, verdicts: Verdicts, items: list[Exposure], ends: tuple[Endpoint, ...]
) -> CheckResult:
    subject, known = exposure_subject(items[0]), _known(facts, items)
    answers = [(end, *_trust(end, known)) for end in ends]
    bad = [(end, says) for end, trusted, says in answers if trusted is Known.NO]
    unclear = [(end, says) for end, trusted, says in answers if trusted is Known.UNKNOWN]
    chosen = [end.leg for end, _ in bad or unclear] or [end.leg for end in ends]
    base = details_of(facts, items, chosen)
    base["why"] = tuple(f"{end.name}: {says}." for end, _, says in answers)
    if bad:
        return verdicts.failed(
            subject,
            f"{subject.id} serves a certificate that is not trusted at {names(end.name for end, _ in bad)}: {bad[0][1]}",
            remedy="Serve a certificate of a declared authority that names the host, with its whole chain and strong keys.",
            base=base,
        )
    if unclear:
        says = f"whether the certificate of {subject.id} is trusted at {names(end.name for end, _ in unclear)} cannot be told"
        doubts = tuple(Doubt(text, PROBE) for _, text in unclear)
        return verdicts.undecided(subject, says, doubts, base=base)
    return verdicts.passed(
        subject, f"{subject.id} serves trusted certificates that carry its names", base=base
    )


def _known(facts: Facts, items: Sequence[Exposure]) -> dict[str, list[Certificate]]:
    """Certificates by what they are found under: `served host:port`, or the Secret."""
    found: dict[str, list[Certificate]] = {}
    wanted = {item.id for item in items}
    for item in facts.edges.certificates:
        if wanted & set(item.exposures):
            found.setdefault(item.id if item.source is CertificateSource.SERVED else item.secret, []).append(
                item
            )
    return found


def _trust(end: Endpoint, known: dict[str, list[Certificate]]) -> tuple[Known, str]:
    for item in known.get(f"served {written(*end.key)}", ()):
        if weak := weakness(item):
            return Known.NO, weak
        return item.trusted, item.trust_says or "its chain and name hold"
    if end.leg.default_certificate is Known.YES:
        return Known.NO, f"{end.leg.says}, so a certificate of the controller's own making is served"
    kept = known.get(end.leg.secret, []) if end.leg.secret else []
    reason = next((says for item in kept if (says := _reason(item, end.host))), "")
    return (Known.NO, reason) if reason else (Known.UNKNOWN, _UNSEEN.says)


def _reason(item: Certificate, host: str) -> str:
    """Why a certificate that is stored or promised for an endpoint cannot be trusted there; empty where nothing shows that."""
    if item.self_signed is Known.YES:
        return f"{item.id} is self-signed"
    if weak := weakness(item):
        return f"{item.id}: {weak}"
    return f"{item.id} is for {names(item.names)} and does not carry {host}" if _lacks(item, host) else ""


def _lacks(item: Certificate, host: str) -> bool:
    """Its names are known, by its bytes or by a controller that issued it, and none of them is the host's."""
    told = item.x509 is not None or item.ready is Known.YES
    return told and host != ANY_HOST and not any(carries(name, host) for name in item.names)
