"""Probes worked into exposures: what an endpoint really answered counts before what objects declare."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.model.edge import Endpoint, Exposure, Leg, Security
from app.model.encryption import EvidenceStrength, Known
from app.model.platform import Sign
from app.model.probe import PROBE, PlainAnswer, Probe, ProbeOutcome, read_probe
from app.model.snapshot import Snapshot

_OLD = ("SSL 3.0", "TLS 1.0", "TLS 1.1")  # too old whatever else is accepted
Probes = Mapping[tuple[str, int], Probe]


def read_probes(snapshot: Snapshot) -> tuple[Probe, ...]:
    """Probes of a snapshot, sorted by name."""
    stored = snapshot.of_kind(PROBE.group, PROBE.kind)
    return tuple(found for item in stored if (found := read_probe(item)))


def observed(exposures: Iterable[Exposure], probes: Iterable[Probe]) -> tuple[Exposure, ...]:
    """Exposures with observed legs where an endpoint was probed."""
    known = {(probe.host, probe.port): probe for probe in probes}
    return tuple(
        replace(item, endpoints=tuple(_endpoint(endpoint, known) for endpoint in item.endpoints))
        for item in exposures
    )


def _endpoint(endpoint: Endpoint, probes: Probes) -> Endpoint:
    probe = probes.get(endpoint.key)
    leg = _leg(endpoint.leg, probe) if probe else None
    return replace(endpoint, leg=leg) if leg else endpoint


def _leg(declared: Leg, probe: Probe) -> Leg | None:
    """The observed leg; None where the probe tells nothing about it."""
    security = _security(probe)
    if security is None:
        return None
    return Leg(
        security=security,
        strength=EvidenceStrength.OBSERVED,
        says=probe.says,
        signs=(
            Sign(probe.ref, "outcome", probe.outcome.value, probe.says, probe.stored().digest),
            *declared.signs,
        ),
        lowest=_lowest(probe),
        suites=tuple(dict.fromkeys(name for items in probe.by_version.values() for name in items)),
        verified=declared.verified,
        client_certificate=probe.client_certificate,
        secret=declared.secret,
        default_certificate=declared.default_certificate if not probe.chain else Known.NO,
        more_suites=bool(probe.unanswered),
        group_bits=probe.group_bits,
    )


def _lowest(probe: Probe) -> str:
    """The oldest version that is accepted; empty where an older one, which would decide, was asked for and not answered."""
    lowest = next(iter(probe.accepted), "")
    older = [version for version in probe.unanswered if version not in probe.accepted and version < lowest]
    return lowest if not older or lowest in _OLD else ""


def _security(probe: Probe) -> Security | None:
    match probe.outcome, probe.plain:
        case ProbeOutcome.TLS, _:
            return Security.TLS
        case ProbeOutcome.PLAIN, PlainAnswer.REDIRECT:
            return Security.REDIRECT
        case ProbeOutcome.PLAIN, PlainAnswer.CONTENT:
            return Security.PLAIN
        case ProbeOutcome.CLOSED, _:
            return Security.CLOSED  # from where the prober stands
        case _:
            return None
