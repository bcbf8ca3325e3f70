"""Istio: sidecars, ambient mode, and the policies that say what they accept and from whom.

survey reads a cluster, sides are what answers depend on, sending and accepting answer, authorization stands beside both.
"""

from collections.abc import Iterable, Iterator

from app.detect.ground import Ground
from app.detect.meshes.istio.membership import Kind, Place
from app.detect.meshes.istio.mesh import Istio
from app.detect.meshes.istio.objects import NETWORKING
from app.detect.meshes.istio.sending import Client
from app.detect.meshes.istio.sides import Side
from app.detect.meshes.istio.survey import Survey
from app.detect.pods import SeenPod
from app.model.encryption import Known, Membership

__all__ = ["find"]


def find(ground: Ground) -> Iterable[Istio]:
    """Istio, if any part of it or any pod that it carries is there."""
    survey = Survey(ground)
    if not survey.present:
        return
    numbers: dict[Side, int] = {}
    keys = {ref: numbers.setdefault(side, len(numbers)) for ref, side in survey.sides.items()}
    pods = {pod.ref: pod for pod in ground.pods}
    yield Istio(
        version=survey.parts.version,
        signs=survey.parts.signs,
        cautions=tuple(_cautions(survey)),
        fips=Known.UNKNOWN,
        members={ref: _member(survey, pods[ref], place) for ref, place in survey.places.items()},
        keys=keys,
        sides=tuple(numbers),
        client=Client(
            survey.configs,
            survey.rules,
            survey.routes,
            survey.services,
            survey.entries.hosts,
            *_doubts(survey),
        ),
        policies=survey.policies,
        callers=tuple(survey.callers.found),
        peers_doubt=survey.doubt("PeerAuthentication"),
        policies_doubt=survey.doubt("AuthorizationPolicy"),
    )


def _doubts(survey: Survey) -> tuple[str, str]:
    rules = survey.doubt("DestinationRule", NETWORKING)
    return rules or survey.entries.doubt, survey.doubt("Sidecar", NETWORKING)


_ENROLLED = {Kind.OUTSIDE: Known.NO, Kind.UNCERTAIN: Known.UNKNOWN, Kind.PROXYLESS: Known.UNKNOWN}


def _member(survey: Survey, pod: SeenPod, place: Place) -> Membership:
    config = survey.configs.of(survey.sides[pod.ref].revision)
    account = pod.pod.service_account or "default"
    identity = f"spiffe://{config.trust_domain}/ns/{pod.pod.namespace}/sa/{account}"
    enrolled = _ENROLLED.get(place.kind, Known.YES)
    how = place.meant if place.kind in (Kind.OUTSIDE, Kind.UNCERTAIN) else place.kind
    return Membership(
        how=how,
        enrolled=enrolled,
        strength=place.strength,
        identity="" if enrolled is Known.NO or config.doubt else identity,
        says=place.says,
        signs=place.signs,
    )


def _cautions(survey: Survey) -> Iterator[str]:
    """What holds for the whole mesh and no verdict repeats."""
    snapshot = survey.ground.evidence.snapshot
    yield "calls to a pod's own address pass a sidecar as they came; only a strict port refuses them"
    if not survey.parts.pilots:
        yield "no control plane of Istio was seen; proxies keep to what they were last given, which may be older than the objects"
    for config in survey.configs.all:
        if config.doubt:
            yield config.doubt
        if config.oldest_tls:
            yield f"mutual TLS of revision {config.revision or 'default'} is asked to use {config.oldest_tls} or newer"
    for item in snapshot.of_kind(NETWORKING, "EnvoyFilter"):
        yield f"{item.ref} changes proxies in ways that are not worked out; what it holds for counts as intended only"
    if survey.parts.fips_asked:
        yield "control planes are told to keep to FIPS (COMPLIANCE_POLICY); whether images can is not visible"
    for policy in survey.policies:
        if not policy.enforced:
            yield f"{policy.ref} is a dry run and enforces nothing"
