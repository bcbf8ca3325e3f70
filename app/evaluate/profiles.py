"""Where the API leaves a reading open, which data plane reads it how."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.model.platform import Platform
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
}

_PROFILE_OF_PLUGIN: Mapping[str, Profile] = {
    "calico": Profile.CALICO,
    "canal": Profile.CALICO,
    "cilium": Profile.CILIUM,
}


def reading_for(profile: Profile, platform: Platform) -> Reading:
    """The reading that holds: the one asked for, or with AUTO that of the detected primary plugin, else SPEC."""
    if profile is Profile.AUTO:
        primary = platform.primary
        profile = _PROFILE_OF_PLUGIN.get(primary.id, Profile.SPEC) if primary else Profile.SPEC
    return READINGS[profile]
