"""Where the API leaves a reading open, which data plane reads it how."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.evaluate.planes import only_vendor
from app.model.platform import Enforcement, Platform
from app.model.policy import Policy
from app.model.reachability import Profile


@dataclass(frozen=True, slots=True)
class Reading:
    """What one data plane makes of the points that `networking.k8s.io/v1` leaves open.

    Attributes:
        profile: whose reading.
        blocks_match_pods: an `ipBlock` matches the address of a pod. The API documentation says blocks should be outside
            the cluster, its end-to-end tests need the match, Calico matches, Cilium never does (its manual, "Known
            missing features").
        init_container_ports: a port name may stand on an init container (Calico's conversion counts them).
    """

    profile: Profile
    blocks_match_pods: bool
    init_container_ports: bool


READINGS: Mapping[Profile, Reading] = {
    Profile.SPEC: Reading(Profile.SPEC, blocks_match_pods=True, init_container_ports=False),
    Profile.CALICO: Reading(Profile.CALICO, blocks_match_pods=True, init_container_ports=True),
    Profile.CILIUM: Reading(Profile.CILIUM, blocks_match_pods=False, init_container_ports=False),
    Profile.ANTREA: Reading(Profile.ANTREA, blocks_match_pods=True, init_container_ports=False),
}

_PROFILE_OF_PLUGIN: Mapping[str, Profile] = {
    "calico": Profile.CALICO,
    "canal": Profile.CALICO,
    "cilium": Profile.CILIUM,
    "antrea": Profile.ANTREA,
}


def reading_for(profile: Profile, platform: Platform, policies: Iterable[Policy]) -> Reading:
    """The reading that holds: the one asked for, or with AUTO that of the data plane that enforces.

    Of several that enforce, the one that gives pods their network counts. Where none was found, the policies themselves
    may speak of one: files that hold Calico's policies are meant for Calico. Else it is the API's own.
    """
    if profile is Profile.AUTO:
        profile = _detected(platform) or only_vendor(policies) or Profile.SPEC
    return READINGS[profile]


def _detected(platform: Platform) -> Profile | None:
    if not platform.plugins:
        return None
    enforcing = [item for item in platform.plugins if item.enforcement is not Enforcement.NOT_ENFORCED]
    chosen = next((item for item in enforcing if item.primary), next(iter(enforcing), platform.primary))
    return _PROFILE_OF_PLUGIN.get(chosen.id, Profile.SPEC) if chosen else Profile.SPEC
