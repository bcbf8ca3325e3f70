"""What two pods get from each layer, asked of meshes and links; several systems of one layer become one answer."""

from dataclasses import dataclass

from app.evaluate.encryption.kinds import Kind
from app.model.encryption import Accepting, Authorisation, ClientTls, EvidenceStrength, Known, Sending
from app.model.links import Link, LinkState
from app.model.transit import Protection

NO_LINK_KNOWN = "no network plugin was recognised in what was read, so whether traffic between nodes is encrypted cannot be told"
NO_MESH = "neither end is in a mesh"


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer, and the system that gave it; `system` is empty where none did."""

    system: str
    fips: Known


@dataclass(frozen=True, slots=True)
class Client(Heard):
    """What a client sends."""

    sending: Sending


@dataclass(frozen=True, slots=True)
class Server(Heard):
    """What a server accepts; None where no mesh guards the port."""

    accepting: Accepting | None


@dataclass(frozen=True, slots=True)
class Wire(Heard):
    """The link between nodes, and every state that it may have by what is known."""

    link: Link
    states: tuple[LinkState, ...]


class Layers:
    """Asks the systems of one cluster about kinds of pods."""

    def __init__(self, protection: Protection) -> None:
        self._meshes = protection.meshes
        self._links = protection.links

    @property
    def meshed(self) -> bool:
        """False in a cluster without any mesh, where none is worth a word."""
        return bool(self._meshes)

    def ports(self, client: Kind | None, server: Kind) -> frozenset[int]:
        """TCP ports at which any mesh answers differently than at the others."""
        return frozenset(
            port
            for at, mesh in enumerate(self._meshes)
            for port in mesh.ports(client.guards[at] if client else None, server.guards[at])
        )

    def client(self, client: Kind, server: Kind, port: int) -> Client:
        """The strongest thing that any mesh makes the client send; a mesh that cannot tell comes before plain text."""
        answers = [
            (mesh, mesh.sends(client.guards[at], server.guards[at], port))
            for at, mesh in enumerate(self._meshes)
        ]
        if not answers:
            return Client("", Known.UNKNOWN, Sending(ClientTls.PLAIN, EvidenceStrength.OBSERVED, ""))
        concerned = [
            (mesh, answer)
            for at, (mesh, answer) in enumerate(answers)
            if answer.how is not ClientTls.PLAIN or client.enrolled[at] or server.enrolled[at]
        ]
        if not concerned:
            strength = min((answer.strength for _, answer in answers), key=lambda item: item.rank)
            return Client("", Known.UNKNOWN, Sending(ClientTls.PLAIN, strength, NO_MESH))
        mesh, sending = min(concerned, key=lambda item: _SENT.index(item[1].how))
        return Client(mesh.id, mesh.fips, sending)

    def server(self, server: Kind, port: int, mesh: str = "") -> Server:
        """What guards a port: the named mesh alone, or whichever does; one that refuses plain text decides."""
        answers = [
            (item, accepting)
            for at, item in enumerate(self._meshes)
            if mesh in ("", item.id) and (accepting := item.accepts(server.guards[at], port)) is not None
        ]
        if not answers:
            return Server("", Known.UNKNOWN, None)
        found, accepting = min(answers, key=lambda item: _ACCEPTED.index(item[1].plain))
        return Server(found.id, found.fips, accepting)

    def authorisation(self, client: Kind | None, server: Kind, port: int) -> Authorisation | None:
        """The answer of the mesh that guards the port; None where none does."""
        for at, mesh in enumerate(self._meshes):
            if mesh.accepts(server.guards[at], port) is not None:
                return mesh.authorises(client.guards[at] if client else None, server.guards[at], port)
        return None

    def wire(self, client: Kind, server: Kind) -> Wire:
        """The strongest link of all systems; an unknown one may be any, and a provider's statement counts where none is."""
        answers = [
            (system.id, system.fips, system.link(client.ends[at], server.ends[at]))
            for at, system in enumerate(self._links)
        ]
        if not answers:
            unseen = Link(LinkState.UNKNOWN, EvidenceStrength.INTENDED, NO_LINK_KNOWN)
            answers = [("", Known.UNKNOWN, unseen)]
        attested = next((item for item in client.attested if item in server.attested), None)
        if attested:
            says = (
                f"{attested.person} attested on {attested.performed_on} that the provider encrypts between these nodes "
                f"({attested.feature})"
            )
            answers.append(
                ("provider", Known.UNKNOWN, Link(LinkState.ATTESTED, EvidenceStrength.INTENDED, says))
            )
        unknown = next((item for item in answers if item[2].state is LinkState.UNKNOWN), None)
        known = [item for item in answers if item[2].state is not LinkState.UNKNOWN]
        best = min(known, key=lambda item: item[2].state.rank) if known else None
        floor = best[2].state.rank if best else LinkState.CLEAR.rank
        if unknown is None:
            assert best is not None
            return Wire(best[0], best[1], best[2], (best[2].state,))
        states = tuple(state for state in _STATES if state.rank <= floor)
        decided = best if best and len(states) == 1 else unknown
        return Wire(decided[0], decided[1], decided[2], states)


_SENT = (
    ClientTls.MESH_MTLS,
    ClientTls.APP_TLS,
    ClientTls.UNKNOWN,
    ClientTls.AUTHENTICATED,
    ClientTls.PLAIN,
)
_ACCEPTED = (Known.NO, Known.UNKNOWN, Known.YES)
_STATES = tuple(state for state in LinkState if state is not LinkState.UNKNOWN)
