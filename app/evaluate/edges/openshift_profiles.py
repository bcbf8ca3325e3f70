"""TLS security profiles of OpenShift: which versions and suites the control plane and the routers take.

Source: API reference of `config.openshift.io` and `operator.openshift.io` (`TLSSecurityProfile`), and the documentation of TLS
security profiles: Intermediate where none is set, routers have the API server's where they have none, and a router's TLS 1.0
becomes TLS 1.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.flags import GO_VERSIONS
from app.evaluate.edges.world import Item, World, words
from app.model.control_plane import Finding
from app.model.encryption import Known
from app.model.fields import mapping, text
from app.model.platform import Sign
from app.model.suites import weak_suites

CONFIG, OPERATOR = "config.openshift.io", "operator.openshift.io"
# Old: suites of it that are weak, of a longer list. The others have none, so they need no list.
_OLD_SUITES = (
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA256",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
)
_KNOWN = {
    "Old": ("TLS 1.0", _OLD_SUITES),
    "Intermediate": ("TLS 1.2", ("ECDHE-RSA-AES128-GCM-SHA256",)),
    "Modern": ("TLS 1.3", ("TLS_AES_128_GCM_SHA256",)),
}
_TOO_OLD = ("TLS 1.0", "TLS 1.1")


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as it holds. `lowest` is empty and `suites` are none where they are not known."""

    name: str
    lowest: str
    suites: tuple[str, ...]
    sign: Sign


def of_control_plane(world: World) -> Profile | None:
    """The profile of the API servers; None where there is no such object, as outside OpenShift."""
    item = world.item(CONFIG, "APIServer", "", "cluster")
    return _declared(item, mapping(item.spec.get("tlsSecurityProfile"))) if item else None


def of_router(world: World, controller: Item) -> Profile | None:
    """The profile of one IngressController: what its operator reports, else what it or the API server is set to."""
    reported = mapping(controller.at("status", "tlsProfile"))
    if text(reported.get("minTLSVersion")):
        sign = controller.sign(
            "status.tlsProfile.minTLSVersion", text(reported["minTLSVersion"]), "as it runs"
        )
        return _by_list("as reported", reported, sign)
    own = mapping(controller.spec.get("tlsSecurityProfile"))
    found = _declared(controller, own) if text(own.get("type")) else of_control_plane(world)
    if found is None or found.lowest != "TLS 1.0":
        return found
    return Profile(found.name, "TLS 1.1", found.suites, found.sign)


def findings(profile: Profile) -> Iterator[Finding]:
    """What a profile says of the API servers."""
    said = f"TLS security profile {profile.name}"
    remedy = "Set tlsSecurityProfile to Intermediate or Modern."
    if not profile.lowest:
        yield Finding(Known.UNKNOWN, f"the lowest version of {said} is not known", profile.sign)
    else:
        holds = Known.NO if profile.lowest in _TOO_OLD else Known.YES
        yield Finding(holds, f"the lowest version is {profile.lowest} ({said})", profile.sign, remedy)
    if weak := weak_suites(profile.suites):
        yield Finding(Known.NO, f"{said} permits {', '.join(weak)}", profile.sign, remedy)
    elif profile.suites:
        yield Finding(Known.YES, f"{said} permits no weak suite", profile.sign)
    else:
        yield Finding(Known.UNKNOWN, f"{said} lists no suites", profile.sign)


def _declared(item: Item, profile: Mapping[str, Any]) -> Profile:
    kind = text(profile.get("type")) or "Intermediate"
    sign = item.sign("spec.tlsSecurityProfile.type", text(profile.get("type")), "TLS security profile")
    if kind == "Custom":
        return _by_list(kind, mapping(profile.get("custom")), sign)
    lowest, suites = _KNOWN.get(kind, ("", ()))
    return Profile(kind, lowest, suites, sign)


def _by_list(name: str, said: Mapping[str, Any], sign: Sign) -> Profile:
    return Profile(
        name, GO_VERSIONS.get(text(said.get("minTLSVersion")), ""), words(said.get("ciphers")), sign
    )
