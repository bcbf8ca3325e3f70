"""Does any certificate end soon without a renewal under way?"""

from dataclasses import dataclass
from datetime import timedelta

from app.evaluate.checks.common.certificates import (
    certificate_gaps,
    certificate_subject,
    details_of_certificate,
    judged,
)
from app.evaluate.checks.common.legs import nothing_exposed
from app.evaluate.checks.common.verdicts import Check, Verdicts
from app.evaluate.checks.common.wording import count
from app.evaluate.checks.expired_certificate import UNREAD, not_seen
from app.model.certificate import Certificate
from app.model.encryption import Known
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun

WINDOW = timedelta(days=30)
_PART = 3  # cert-manager renews in the last third by default; short-lived certificates of a mesh are normal
_LIMIT = (
    f"Soon means less than {WINDOW.days} days, or less than a third of its lifetime where that is shorter."
)


@dataclass(frozen=True, slots=True)
class CertificateExpiringSoon:
    """Judges each certificate that is not expired by what is left of it; a healthy renewal that lies ahead passes."""

    id: str = "certificate-expiring-soon"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every certificate."""
        verdicts, gaps = Verdicts.of(facts, self.id), certificate_gaps(facts)
        results = [_result(facts, verdicts, item) for item in judged(facts)]
        results += list(not_seen(facts, verdicts))
        if not results:
            results = list(nothing_exposed(facts, verdicts, "no certificate is known or expected"))
        return verdicts.run(results, complete=not gaps, limits=(_LIMIT,))


CHECK: Check = CertificateExpiringSoon()


def _result(facts: Facts, verdicts: Verdicts, item: Certificate) -> CheckResult:
    subject, base = certificate_subject(item), details_of_certificate(facts, item)
    if item.not_after is None:
        return verdicts.undecided(subject, f"when {item.id} ends cannot be told", (UNREAD,), base=base)
    if item.not_after < facts.at:
        return verdicts.not_applicable(subject, f"{item.id} is expired; see expired-certificate", base=base)
    left = item.not_after - facts.at
    shown = count(left.days, "day") if left.days else "less than a day"
    if left >= window(item):
        return verdicts.passed(subject, f"{item.id} is valid for {shown} more", base=base)
    if _renewed(facts, item):
        return verdicts.passed(subject, f"{item.id} has {shown} left and its renewal is planned", base=base)
    base["why"] = (f"Its end is {item.not_after.isoformat()}, and no healthy renewal before it is known.",)
    remedy = "Renew it now, or let a controller do so; see why a planned renewal did not happen."
    return verdicts.failed(subject, f"{item.id} ends in {shown}", remedy=remedy, base=base)


def window(item: Certificate) -> timedelta:
    """How little is soon, for one certificate."""
    if item.not_before is None or item.not_after is None:
        return WINDOW
    return min(WINDOW, (item.not_after - item.not_before) / _PART)


def _renewed(facts: Facts, item: Certificate) -> bool:
    """Its own controller, or the one of the Secret behind the same exposures, plans a renewal and is well."""
    return any(
        other.ready is Known.YES and other.renewal is not None and other.renewal > facts.at
        for other in facts.edges.certificates
        if other.id == item.id
        or (item.secret and other.secret == item.secret)
        or (item.exposures and set(item.exposures) <= set(other.exposures))
    )
