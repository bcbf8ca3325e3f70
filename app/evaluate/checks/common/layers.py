"""Encryption below the edge: what a mesh or the link between nodes gives the leg from a relay to a pod."""

from collections.abc import Iterable

from app.model.connections import Connections, PortSet, Protocol
from app.model.edge import Exposure, Target
from app.model.encryption import Known, Label
from app.model.facts import Facts
from app.model.transit import PathVerdict

ENCRYPTED = (
    Label.MTLS_ENFORCED,
    Label.MTLS_OPPORTUNISTIC,
    Label.TLS_APP,
    Label.NODE_TUNNEL_STRICT,
    Label.NODE_TUNNEL,
)
_NO_TRAFFIC = (Label.REFUSED, Label.BLOCKED)


def below(facts: Facts, target: Target) -> PathVerdict | None:
    """The weakest verdict over the relays; None where none is known or none can be asked."""
    if not target.port:
        return None
    port = Connections.of({target.protocol: PortSet.of([(target.port, target.port)])})
    verdicts = [
        verdict
        for relay in target.via
        if relay != target.workload
        for verdict in facts.encryption.paths(relay, target.workload, port)
        if verdict.label not in _NO_TRAFFIC
    ]
    return max(verdicts, key=lambda item: item.label.rank, default=None)


def encrypted_below(facts: Facts, target: Target) -> tuple[Known, str]:
    """Does a layer below encrypt the leg? UNKNOWN where one may, and nothing shows it."""
    verdict = below(facts, target)
    if verdict is not None:
        says = f"{target.via[0]} to {target.workload}: {verdict.says.rstrip('.')}"
        match verdict.label:
            case label if label in ENCRYPTED:
                return Known.YES, says
            case Label.PLAINTEXT | Label.AUTH_ONLY:
                return Known.NO, says
            case _:
                return Known.UNKNOWN, says
    if facts.encryption.protection.meshes or facts.encryption.protection.links:
        return (
            Known.UNKNOWN,
            "which workload relays is not known, so what a mesh or the nodes encrypt is not either",
        )
    return Known.NO, "no mesh and no encryption between nodes was found"


def refuses_plain(facts: Facts, exposures: Iterable[Exposure]) -> bool:
    """A mesh makes every TCP port behind refuse plain text from whoever reaches it."""
    targets = [target for item in exposures for target in item.targets if target.protocol is Protocol.TCP]
    return bool(targets) and all(_plain(facts, target) is Known.NO for target in targets)


def _plain(facts: Facts, target: Target) -> Known:
    found = {
        item.port: item.plain
        for item in facts.encryption.listeners(target.workload)
        if item.protocol is target.protocol
    }
    return found.get(target.port, found.get(0, Known.UNKNOWN))
