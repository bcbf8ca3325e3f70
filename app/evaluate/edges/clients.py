"""Proxies that speak TLS to others: do their settings make them check whom they speak to?

Sources: Istio reference of DestinationRule (`ClientTLSSettings`), its change notes for 1.21 (`VERIFY_CERTIFICATE_AT_CLIENT` is on
by default: the machine's authorities where none is named), Traefik reference of ServersTransport.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.go_suites import image_version, minor_of
from app.evaluate.edges.traefik_objects import items
from app.evaluate.edges.world import Item, World, objects
from app.model.control_plane import Component, ComponentKind, Finding
from app.model.encryption import Known
from app.model.fields import mapping, text

_ISTIOD = {"app": "istiod"}
_SWITCHES = {"VERIFY_CERTIFICATE_AT_CLIENT", "VERIFY_CERT_AT_CLIENT"}  # in the code, and in the notes
_VERIFYING = 21
_WITHOUT = {
    Known.YES: "and proxies of Istio 1.21 and newer then check by the machine's authorities",
    Known.NO: "and proxies of Istio before 1.21 then check nothing",
    Known.UNKNOWN: "and what its proxies then do depends on a version or a setting that was not read",
}
_ORIGINATES = ("SIMPLE", "MUTUAL")  # ISTIO_MUTUAL verifies by the mesh's own identities


def clients(world: World) -> tuple[Component, ...]:
    """Each object with such settings, sorted by id."""
    found = [*_destination_rules(world), *_transports(world)]
    return tuple(sorted(found, key=lambda item: item.id))


def _destination_rules(world: World) -> Iterator[Component]:
    for item in world.items("networking.istio.io", "DestinationRule"):
        findings = tuple(
            _originating(item, path, settings, world.once("whether Istio verifies", _verifies))
            for path, settings in _settings(item)
            if text(settings.get("mode")) in _ORIGINATES
        )
        if findings:
            yield Component(str(item.ref), ComponentKind.CLIENT, item.ref, findings=findings)


def _settings(item: Item) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """`tls` of the traffic policy, of its ports, and of the subsets."""
    policies = [("spec.trafficPolicy", mapping(item.spec.get("trafficPolicy")))]
    policies += [
        (f"spec.subsets[{index}].trafficPolicy", mapping(subset.get("trafficPolicy")))
        for index, subset in enumerate(objects(item.spec.get("subsets")))
    ]
    for path, policy in policies:
        yield f"{path}.tls", mapping(policy.get("tls"))
        for index, port in enumerate(objects(policy.get("portLevelSettings"))):
            yield f"{path}.portLevelSettings[{index}].tls", mapping(port.get("tls"))


def _verifies(world: World) -> Known:
    """What proxies do where no authority is named, by the oldest control plane of Istio that runs."""
    pods = world.selected(None, _ISTIOD)
    answers = {_by_version(item) for pod in pods if (item := world.item_of(pod.ref))}
    if Known.UNKNOWN in answers or not answers:
        return Known.UNKNOWN
    if Known.NO in answers:
        return Known.NO
    return Known.UNKNOWN if any(world.cut("", "Pod", pod.namespace) for pod in pods) else Known.YES


def _by_version(item: Item) -> Known:
    containers = objects(item.spec.get("containers"))
    named = {text(entry.get("name")) for container in containers for entry in objects(container.get("env"))}
    found = (minor_of(image_version(text(container.get("image")))) for container in containers)
    minors = [minor for minor in found if minor is not None]
    if not minors or _SWITCHES & named:
        return Known.UNKNOWN
    return Known.YES if min(minors) >= _VERIFYING else Known.NO


def _originating(item: Item, path: str, settings: Mapping[str, Any], default: Known) -> Finding:
    mode = text(settings.get("mode"))
    sign = item.sign(path, f"mode: {mode}", "TLS that the proxy speaks to others")
    remedy = "Set caCertificates (or credentialName) and subjectAltNames, and remove insecureSkipVerify."
    if settings.get("insecureSkipVerify") is True:
        return Finding(Known.NO, f"insecureSkipVerify is set with mode {mode}", sign, remedy)
    if settings.get("caCertificates") or settings.get("credentialName"):
        return Finding(Known.YES, f"mode {mode} names the authority that it trusts", sign)
    return Finding(default, f"mode {mode} names no authority, {_WITHOUT[default]}", sign, remedy)


def _transports(world: World) -> Iterator[Component]:
    for item in items(world, "ServersTransport"):
        skips = item.spec.get("insecureSkipVerify") is True
        says = "insecureSkipVerify is set" if skips else "certificates of backends are checked"
        sign = item.sign("spec.insecureSkipVerify", str(skips).lower(), says)
        finding = Finding(
            Known.NO if skips else Known.YES,
            says,
            sign,
            "Set rootCAs and serverName, and remove insecureSkipVerify.",
        )
        yield Component(str(item.ref), ComponentKind.CLIENT, item.ref, findings=(finding,))
