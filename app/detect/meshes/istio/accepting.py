"""What a server's proxy accepts at a port: its mode, and authorisation policies that refuse callers without identity."""

from app.detect.meshes.istio.capture import OWN
from app.detect.meshes.istio.membership import Kind
from app.detect.meshes.istio.posture import Posture
from app.detect.meshes.istio.sides import Side
from app.model.encryption import (
    OWN_PORT,
    UNTOLD,
    Accepting,
    Authorisation,
    Authorised,
    EvidenceStrength,
    Known,
    weakest,
)


def accepts(
    server: Side, port: int, doubt: str, stranger: Authorisation | None, unread: str = ""
) -> Accepting | None:
    """What a server accepts; None for a pod whose ports no proxy of the mesh guards.

    Args:
        server: the server.
        port: a container port.
        doubt: why PeerAuthentication objects are not all known, as a clause; empty when they are.
        stranger: what authorisation says of a caller without identity from anywhere; None where none is asked.
        unread: why AuthorizationPolicy objects are not all known: one of them may refuse plain text.
    """
    match server.kind:
        case Kind.UNCERTAIN | Kind.PROXYLESS:
            says = f"what it accepts cannot be told: {server.doubt}"
            return Accepting(Known.UNKNOWN, UNTOLD, server.strength, says)
        case Kind.SIDECAR | Kind.AMBIENT:
            passed = _past_the_proxy(server, port)
            return passed or _by_mode(
                server, server.listener.at(port), _doubt(server, port, doubt, unread), stranger
            )
        case _:
            return None


def _past_the_proxy(server: Side, port: int) -> Accepting | None:
    """Ports that the proxy does not see; None for one that it does."""
    if server.kind is Kind.AMBIENT:
        says = "its inbound traffic bypasses ztunnel"
        return Accepting(Known.YES, "", server.strength, says) if server.bypass else None
    if port in OWN:
        says = "the sidecar serves its metrics and its health here, in plain text"
        return Accepting(Known.YES, OWN_PORT, server.strength, says)
    if server.capture.doubt:
        return Accepting(Known.UNKNOWN, UNTOLD, server.strength, server.capture.doubt)
    if port in server.capture.inbound:
        return None
    says = f"the port bypasses the sidecar ({server.capture.says})"
    return Accepting(Known.YES, "", server.strength, says)


def _doubt(server: Side, port: int, doubt: str, unread: str) -> str:
    """Why the mode does not tell; an unread AuthorizationPolicy matters only where the mode would let plain text in."""
    if unread and server.listener.at(port).mode.plain is Known.YES:
        refusing = f"an AuthorizationPolicy may refuse callers without an identity: {unread}"
        return doubt or server.doubt or refusing
    return doubt or server.doubt


def _by_mode(server: Side, posture: Posture, doubt: str, stranger: Authorisation | None) -> Accepting:
    strength = _strength(server)
    refused = stranger is not None and stranger.decision is Authorised.NO
    if doubt:
        return Accepting(
            Known.UNKNOWN, UNTOLD, strength, f"whether plain text is accepted cannot be told: {doubt}"
        )
    if posture.mode.plain is Known.YES and refused and stranger:
        says = f"its mode accepts plain text, but authorisation refuses every caller without an identity: {stranger.says}"
        mode = f"{posture.mode}, AuthorizationPolicy"
        return Accepting(Known.NO, mode, strength, says, (*stranger.signs, *posture.signs))
    return Accepting(posture.mode.plain, posture.mode, strength, _says(posture), posture.signs, posture.level)


def _says(posture: Posture) -> str:
    source = f"{posture.signs[0].ref} sets it" if posture.signs else "no PeerAuthentication says otherwise"
    match posture.mode.plain:
        case Known.NO:
            return f"mode {posture.mode}: plain text is refused ({source})"
        case Known.YES:
            return f"mode {posture.mode}: plain text is accepted ({source})"
        case Known.UNKNOWN:
            return f"the mode that {posture.signs[0].ref} sets is not understood"


def _strength(server: Side) -> EvidenceStrength:
    return (
        EvidenceStrength.INTENDED
        if server.filtered
        else weakest(server.strength, EvidenceStrength.CONFIGURED)
    )
