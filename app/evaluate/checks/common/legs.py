"""Endpoints and backends of exposures, one subject each object, as the checks of TLS at the edge ask about them."""

from collections.abc import Iterable, Iterator, Sequence

from app.evaluate.checks.common.exposures import (
    details_of_exposure,
    evidence_of_legs,
    exposure_gaps,
    exposure_subject,
    strength_of_legs,
)
from app.evaluate.checks.common.population import cluster_subject
from app.evaluate.checks.common.verdicts import Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.connections import Protocol
from app.model.edge import Endpoint, Exposure, Leg, Security
from app.model.facts import Facts
from app.model.finding import CheckResult

PROBE = "Scan with --probe-tls from where clients are, with the endpoint on the allow-list of probes."
PROBE_AGAIN = "Scan with --probe-tls when the endpoint is less busy, or with more patience (probe settings)."
OUTSIDE_LIMIT = "What a proxy, content network or firewall in front of the cluster does with TLS is not visible from its objects."
_UNTOLD = (Security.PASSED, Security.UNKNOWN)
_ANSWERS_TLS = (Security.TLS, Security.OPTIONAL)


def endpoints_of(exposures: Iterable[Exposure]) -> tuple[Endpoint, ...]:
    """TCP endpoints, by name; others carry no TLS that is looked into."""
    found = [end for item in exposures for end in item.endpoints if end.protocol is Protocol.TCP]
    return tuple(sorted(found, key=lambda end: (end.host, end.port)))


def tls_endpoints(exposures: Iterable[Exposure]) -> tuple[Endpoint, ...]:
    """Endpoints that answer TLS."""
    return tuple(end for end in endpoints_of(exposures) if end.leg.security in _ANSWERS_TLS)


def not_seen(endpoints: Iterable[Endpoint]) -> Doubt:
    """Why versions or suites of these endpoints cannot be told."""
    if any(end.leg.more_suites for end in endpoints):
        return Doubt("an endpoint did not answer everything that it was asked", PROBE_AGAIN)
    return Doubt("no handshake was tried and no object says it", PROBE)


def details_of(facts: Facts, exposures: Sequence[Exposure], legs: Sequence[Leg]) -> Details:
    """Details of one object; `why` says what each leg is."""
    base = details_of_exposure(facts, exposures[0])
    evidence = dict.fromkeys((*evidence_of_legs(legs), *base.get("evidence", ())))
    return Details(
        boundaries=base["boundaries"],
        evidence=tuple(evidence)[:10],
        strength=strength_of_legs(legs),
    )


def steps_of(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    """One step for each endpoint."""
    return tuple(dict.fromkeys(f"{end.name}: {end.leg.says}." for end in endpoints))


def doubts_of(legs: Iterable[Leg], advice: str = PROBE) -> tuple[Doubt, ...]:
    """Why legs cannot be told."""
    return tuple(dict.fromkeys(Doubt(leg.says, advice) for leg in legs))


def nothing_exposed(facts: Facts, verdicts: Verdicts, says: str) -> Iterator[CheckResult]:
    """The answer for a cluster without anything to judge, unless something may not have been read, or nobody asked what it speaks."""
    if doubts := (*exposure_gaps(facts).anywhere(), *_untold(facts)):
        yield verdicts.undecided(cluster_subject(facts), f"{says} in what was read", doubts)
    else:
        yield verdicts.not_applicable(cluster_subject(facts), says)


def unasked(facts: Facts) -> tuple[str, ...]:
    """Which ways in a check of TLS leaves out since no object tells what they speak and nobody asked, as one sentence."""
    found = dict.fromkeys(
        item.id
        for item in facts.edges.exposures
        if not tls_endpoints([item])
        and (not item.endpoints or any(end.leg.security in _UNTOLD for end in endpoints_of([item])))
    )
    if not found:
        return ()
    return (f"Not judged, since nobody asked what they speak: {names(found)}. A handshake would tell.",)


def _untold(facts: Facts) -> Iterator[Doubt]:
    """Ways in whose endpoints are not known, or of which no object tells what they speak."""
    for item in facts.edges.exposures:
        if not item.endpoints:
            yield Doubt(f"no endpoint of {item.id} is known", PROBE)
        for end in endpoints_of([item]):
            if end.leg.security in _UNTOLD:
                yield Doubt(f"what {item.id} speaks at {end.name} is not known", PROBE)


__all__ = ["exposure_subject"]
