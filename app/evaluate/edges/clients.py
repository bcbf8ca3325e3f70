"""Proxies that speak TLS to others: do their settings make them check whom they speak to?

Sources: Istio reference of DestinationRule (`ClientTLSSettings`), Traefik reference of ServersTransport.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.world import Item, World, objects
from app.model.control_plane import Component, ComponentKind, Finding
from app.model.encryption import Known
from app.model.fields import mapping, text

_ORIGINATES = ("SIMPLE", "MUTUAL")  # ISTIO_MUTUAL verifies by the mesh's own identities


def clients(world: World) -> tuple[Component, ...]:
    """Each object with such settings, sorted by id."""
    found = [*_destination_rules(world), *_transports(world)]
    return tuple(sorted(found, key=lambda item: item.id))


def _destination_rules(world: World) -> Iterator[Component]:
    for item in world.items("networking.istio.io", "DestinationRule"):
        findings = tuple(
            _originating(item, path, settings)
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


def _originating(item: Item, path: str, settings: Mapping[str, Any]) -> Finding:
    mode = text(settings.get("mode"))
    sign = item.sign(path, f"mode: {mode}", "TLS that the proxy speaks to others")
    remedy = "Set caCertificates (or credentialName) and subjectAltNames, and remove insecureSkipVerify."
    if settings.get("insecureSkipVerify") is True:
        return Finding(Known.NO, f"insecureSkipVerify is set with mode {mode}", sign, remedy)
    if settings.get("caCertificates") or settings.get("credentialName"):
        return Finding(Known.YES, f"mode {mode} names the authority that it trusts", sign)
    says = f"mode {mode} names no authority, and what its proxies then do depends on their version"
    return Finding(Known.UNKNOWN, says, sign, remedy)


def _transports(world: World) -> Iterator[Component]:
    for item in world.items("traefik.io", "ServersTransport"):
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
