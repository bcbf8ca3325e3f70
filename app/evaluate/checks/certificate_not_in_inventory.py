"""Is every certificate in the entity's inventory of keys and certificates, with an owner and a purpose?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.certificates import (
    certificate_gaps,
    certificate_subject,
    details_of_certificate,
)
from app.evaluate.checks.common.legs import nothing_exposed
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import count, names
from app.evaluate.checks.expired_certificate import not_seen
from app.model.certificate import Certificate
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.scope import RegisteredCertificate

_NO_REGISTER = Doubt(
    "no inventory of certificates was supplied",
    "List them in the scope file (`certificates`): by object, by served endpoint or by fingerprint, with owner and purpose. "
    "The report's own list is where to start.",
)
_LIMIT = (
    "The list of certificates is made by the scan; who owns each and what it is for is the entity's to say."
)


@dataclass(frozen=True, slots=True)
class CertificateNotInInventory:
    """Judges each certificate that was seen or promised by the register in the scope file."""

    id: str = "certificate-not-in-inventory"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every certificate."""
        verdicts, gaps = Verdicts.of(facts, self.id), certificate_gaps(facts)
        results = [_result(facts, verdicts, item) for item in facts.edges.certificates]
        results += list(not_seen(facts, verdicts))
        if not results:
            results = list(nothing_exposed(facts, verdicts, "no certificate is known or expected"))
        return verdicts.run(results, complete=not gaps, limits=(_LIMIT, *_unmatched(facts)))


CHECK: Check = CertificateNotInInventory()


def _result(facts: Facts, verdicts: Verdicts, item: Certificate) -> CheckResult:
    subject, base = certificate_subject(item), details_of_certificate(facts, item)
    register = facts.scope.certificates
    if register is None:
        says = f"whether {item.id} is in the inventory cannot be told"
        return verdicts.undecided(subject, says, (_NO_REGISTER,), base=base)
    entry = _entry(register, item)
    if entry is None or not entry.owner or not entry.purpose:
        problem = f"entry {entry.id} lacks owner or purpose" if entry else "it is not in the inventory"
        base["why"] = (f"The scope file's register of certificates was asked for {item.id}: {problem}.",)
        remedy = (
            "Add it under certificates in the scope file, with owner and purpose, or remove the certificate."
        )
        return verdicts.failed(subject, f"{item.id}: {problem}", remedy=remedy, base=base)
    says = f"{item.id} is entry {entry.id} of the inventory: {entry.purpose}, owned by {entry.owner}"
    return verdicts.passed(subject, says, base=base)


def _unmatched(facts: Facts) -> Iterator[str]:
    """Entries without a certificate: one may be stale, or stand for what other clusters, programs or providers hold."""
    seen = {name for item in facts.edges.certificates for name in _names(item)}
    rest = [entry.id for entry in facts.scope.certificates or () if entry.certificate not in seen]
    if rest:
        yield (
            f"{count(len(rest), 'entry')} of the inventory ({names(rest)}) named no certificate that this scan saw: "
            "stale, or held where it does not look. Whoever owns the inventory has to say which."
        )


def _names(item: Certificate) -> set[str]:
    secret = {f"Secret {item.secret}"} if item.secret else set()
    return {item.id, *({item.x509.fingerprint} if item.x509 else ()), *secret}


def _entry(register: Sequence[RegisteredCertificate], item: Certificate) -> RegisteredCertificate | None:
    """By fingerprint where its bytes were seen, by object, or by the Secret that holds it."""
    known = _names(item)
    return next((entry for entry in register if entry.certificate in known), None)
