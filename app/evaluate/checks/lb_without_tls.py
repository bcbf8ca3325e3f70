"""Does every endpoint that is reachable from outside refuse plain text, or answer it by a redirect alone?"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.evaluate.checks.common.exposures import by_id, exposure_gaps, exposure_subject, severity_of
from app.evaluate.checks.common.layers import refuses_plain
from app.evaluate.checks.common.legs import (
    OUTSIDE_LIMIT,
    details_of,
    doubts_of,
    endpoints_of,
    nothing_exposed,
    steps_of,
)
from app.evaluate.checks.common.verdicts import Check, Doubt, Verdicts
from app.evaluate.checks.common.wording import count, names
from app.model.edge import Endpoint, Exposure, Security
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun

_CLEAR = (Security.PLAIN, Security.OPTIONAL)
_OPEN = (Security.PASSED, Security.UNKNOWN)
_NO_ENDPOINT = Doubt(
    "no endpoint of it is known", "Read its Gateways, IngressClass and controller; see the gaps of the scan."
)


@dataclass(frozen=True, slots=True)
class LbWithoutTls:
    """Judges each object that opens a way in, by its TCP endpoints.

    It fails when one of them is shown to take content in plain text, and passes when each is shown to take TLS alone or to
    redirect. A port that carries what the pod speaks is not told by any object: only a handshake decides, or a mesh that makes
    the pods refuse plain text. UDP and SCTP are
    not looked into; an object with nothing else does not apply.
    """

    id: str = "lb-without-tls"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every way in."""
        verdicts = Verdicts.of(facts, self.id)
        results = [_result(facts, verdicts, items) for items in by_id(facts).values()]
        results += list(_empty(facts, verdicts)) if not results else []
        return verdicts.run(results, complete=not exposure_gaps(facts), limits=(OUTSIDE_LIMIT,))


CHECK: Check = LbWithoutTls()


def _is_guarded(end: Endpoint, *, guarded: bool) -> bool:
    """A port that carries what the pod speaks is safe where a mesh makes every pod behind refuse plain text."""
    return guarded and end.leg.security is Security.PASSED


def _empty(facts: Facts, verdicts: Verdicts) -> Iterator[CheckResult]:
    return nothing_exposed(facts, verdicts, "no object opens a way in from outside the cluster")


def _result(facts: Facts, verdicts: Verdicts, items: list[Exposure]) -> CheckResult:
    subject, ends = exposure_subject(items[0]), endpoints_of(items)
    if not ends and any(item.endpoints for item in items):
        return verdicts.not_applicable(subject, f"{subject.id} takes no TCP connection")
    clear = [end for end in ends if end.leg.security in _CLEAR]
    guarded = refuses_plain(facts, items)
    unclear = [end for end in ends if end.leg.security in _OPEN and not _is_guarded(end, guarded=guarded)]
    legs = [end.leg for end in clear or unclear or ends]
    base = details_of(facts, items, legs)
    base["why"] = steps_of(ends)
    base["data"] = {"endpoints": [end.name for end in ends]}
    if clear:
        return verdicts.failed(
            subject,
            f"{subject.id} takes plain text at {names(end.name for end in clear)}",
            severity=severity_of(items, verdicts.meta.severity),
            remedy="Close the plain port, or answer every request on it by a redirect to https; see the steps.",
            base=base,
        )
    if not ends:
        return verdicts.undecided(
            subject, f"whether {subject.id} takes plain text cannot be told", (_NO_ENDPOINT,), base=base
        )
    if unclear:
        says = f"whether {subject.id} takes plain text at {names(end.name for end in unclear)} cannot be told"
        return verdicts.undecided(subject, says, doubts_of(end.leg for end in unclear), base=base)
    says = f"{subject.id} takes TLS alone or redirects, at {count(len(ends), 'endpoint')}"
    return verdicts.passed(subject, says, base=base)
