"""Is any certificate past its end?"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.evaluate.checks.common.certificates import (
    READ,
    certificate_gaps,
    certificate_subject,
    details_of_certificate,
    judged,
    unseen,
)
from app.evaluate.checks.common.exposures import details_of_exposure, exposure_subject
from app.evaluate.checks.common.legs import nothing_exposed
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.certificate import Certificate, CertificateSource
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun

_TOLD = (CertificateSource.STATUS, CertificateSource.PROVIDER)
UNREAD = Doubt("its end was not read", READ)
NOT_SEEN = Doubt("none was read or seen in a handshake", READ)
_LIMIT = "A served certificate counts before a stored one for the same endpoints; what applications serve inside is not seen."


@dataclass(frozen=True, slots=True)
class ExpiredCertificate:
    """Judges each certificate of the inventory by `notAfter` against the time of the scan, and by those of its chain, and each one not yet valid."""

    id: str = "expired-certificate"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every certificate."""
        verdicts, gaps = Verdicts.of(facts, self.id), certificate_gaps(facts)
        results = [_result(facts, verdicts, item) for item in judged(facts)]
        results += list(not_seen(facts, verdicts))
        if not results:
            results = list(nothing_exposed(facts, verdicts, "no certificate is known or expected"))
        return verdicts.run(results, complete=not gaps, limits=(_LIMIT,))


CHECK: Check = ExpiredCertificate()


def not_seen(facts: Facts, verdicts: Verdicts) -> Iterator[CheckResult]:
    """Endpoints that take TLS with a certificate that nobody read."""
    for way, ends in unseen(facts):
        says = f"which certificate {way.id} serves at {names(end.name for end in ends)} cannot be told"
        base = details_of_exposure(facts, way)
        yield verdicts.undecided(exposure_subject(way), says, (NOT_SEEN,), base=base)


def _result(facts: Facts, verdicts: Verdicts, item: Certificate) -> CheckResult:
    subject, base = certificate_subject(item), details_of_certificate(facts, item)
    if item.not_after is None:
        return verdicts.undecided(
            subject, f"whether {item.id} is expired cannot be told", (UNREAD,), base=base
        )
    day = f"{item.not_after:%Y-%m-%d}"
    served = f" It is served by {names(item.exposures)}." if item.exposures else ""
    base["why"] = (
        f"Its end is {item.not_after.isoformat()}; the scan was taken at {facts.at.isoformat()}.{served}",
    )
    if item.not_after < facts.at:
        remedy = "Renew it, and find out why it was not renewed by itself."
        return verdicts.failed(subject, f"{item.id} expired on {day}", remedy=remedy, base=base)
    if item.not_before is not None and item.not_before > facts.at:
        says = f"{item.id} is not valid before {item.not_before:%Y-%m-%d}"
        return verdicts.failed(
            subject, says, remedy="Correct the clock of whoever issued it, or issue it again.", base=base
        )
    if gone := next((one for one in item.chain if one.not_after < facts.at and not one.self_signed), None):
        says = f"the certificate of {gone.subject} in the chain of {item.id} expired on {gone.not_after:%Y-%m-%d}"
        remedy = "Serve the chain that its authority hands out today."
        return verdicts.failed(subject, says, remedy=remedy, base=base)
    kind = ", says its controller" if item.source in _TOLD else ""
    return verdicts.passed(subject, f"{item.id} is valid until {day}{kind}", base=base)
