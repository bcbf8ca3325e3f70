"""One pair of kinds at one port: the label, by asking what every unknown fact could make of it.

1. The client sends mutual TLS: enforced where the port refuses plain text, else opportunistic.
2. The client sends TLS of its own: that, unless the port takes only its mesh's.
3. The client sends plain text: refused where the port refuses it; else the link between the nodes decides.
4. Every unknown fact is taken both ways. One label in all cases is certain; else it is unknown, and the fact is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.evaluate.encryption.kinds import Kind
from app.evaluate.encryption.layers import NO_MESH, Client, Layers, Server, Wire
from app.model.connections import Connections
from app.model.encryption import ClientTls, EvidenceStrength, Known, Label, Sending, weakest
from app.model.links import LinkState
from app.model.platform import Sign
from app.model.transit import PathVerdict

_BY_LINK = {
    LinkState.STRICT: Label.NODE_TUNNEL_STRICT,
    LinkState.BEST_EFFORT: Label.NODE_TUNNEL,
    LinkState.ATTESTED: Label.PROVIDER_ATTESTED,
}
_EITHER = (Known.YES, Known.NO)
_NOTHING = Connections()


@dataclass(frozen=True, slots=True)
class _Case:
    """The three facts that decide, as they were found."""

    client: Client
    server: Server
    wire: Wire

    def label(self) -> Label:
        """The one label that holds in every case, else UNKNOWN."""
        found = set(self._possible())
        return found.pop() if len(found) == 1 else Label.UNKNOWN

    def _possible(self) -> Iterator[Label]:
        for how in self._sent():
            for plain in self._accepted(how):
                for link in self.wire.states:
                    yield _label(how, plain, link)

    def _sent(self) -> tuple[ClientTls, ...]:
        how = self.client.sending.how
        return (ClientTls.MESH_MTLS, ClientTls.PLAIN) if how is ClientTls.UNKNOWN else (how,)

    def _accepted(self, how: ClientTls) -> tuple[Known, ...]:
        accepting = self.server.accepting
        if accepting is None:
            # nothing that was read takes mutual TLS there: whether it arrives cannot be told
            return (Known.UNKNOWN,) if how is ClientTls.MESH_MTLS else (Known.YES,)
        return _EITHER if accepting.plain is Known.UNKNOWN else (accepting.plain,)


def _label(how: ClientTls, plain: Known, link: LinkState) -> Label:
    if how is ClientTls.MESH_MTLS:
        return _MUTUAL[plain]
    if plain is Known.NO:
        return Label.REFUSED
    if how is ClientTls.APP_TLS:
        return Label.TLS_APP
    clear = Label.AUTH_ONLY if how is ClientTls.AUTHENTICATED else Label.PLAINTEXT
    return _BY_LINK.get(link, clear)


_MUTUAL = {
    Known.NO: Label.MTLS_ENFORCED,
    Known.YES: Label.MTLS_OPPORTUNISTIC,
    Known.UNKNOWN: Label.UNKNOWN,
}
_BY_MESH = (Label.MTLS_ENFORCED, Label.MTLS_OPPORTUNISTIC, Label.TLS_APP, Label.REFUSED)


def between_pods(layers: Layers, client: Kind, server: Kind, port: int | None) -> PathVerdict:
    """The verdict about a TCP port; None for protocols that no mesh carries. `ports` is left empty."""
    wire = layers.wire(client, server)
    if port is None:
        return _judged(
            _Case(_uncarried(layers, client, server), Server("", Known.UNKNOWN, None), wire), client, server
        )
    sent = layers.client(client, server, port)
    mesh = sent.system if sent.sending.how is ClientTls.MESH_MTLS else ""
    case = _Case(sent, layers.server(server, port, mesh), wire)
    return _judged(case, client, server, layers, port)


def between_nodes(layers: Layers, kind: Kind) -> PathVerdict:
    """What the link alone does for pods of one kind on two nodes; what meshes do above it is left out."""
    nothing = Client("", Known.UNKNOWN, Sending(ClientTls.PLAIN, EvidenceStrength.OBSERVED, ""))
    case = _Case(nothing, Server("", Known.UNKNOWN, None), layers.wire(kind, kind))
    return _judged(case, kind, kind)


def from_outside(layers: Layers, server: Kind, port: int | None) -> PathVerdict:
    """A client outside the cluster: a port that takes only its mesh's clients refuses it; else nobody here can tell."""
    guard = layers.server(server, port) if port is not None else None
    accepting = guard.accepting if guard else None
    authorisation = layers.authorisation(None, server, port) if port is not None else None
    if guard and accepting and accepting.plain is Known.NO:
        return PathVerdict(
            Label.REFUSED,
            _seen(accepting.strength, server),
            f"a client outside is not in the mesh, and {accepting.says}",
            _NOTHING,
            mesh=guard.system,
            authorisation=authorisation,
            signs=accepting.signs,
        )
    says = "what a client outside sends is not visible from the cluster"
    if accepting:
        says = f"{says}; {accepting.says}"
    return PathVerdict(
        Label.UNKNOWN,
        _seen(EvidenceStrength.OBSERVED, server),
        says,
        _NOTHING,
        mesh=guard.system if guard and accepting else "",
        authorisation=authorisation,
        signs=accepting.signs if accepting else (),
    )


def to_outside(client: Kind) -> PathVerdict:
    """A server outside the cluster: no link between nodes leads there, and no object shows what the application sends."""
    says = (
        "what is sent to addresses outside the cluster is the application's, and not visible from the cluster"
    )
    return PathVerdict(Label.UNKNOWN, _seen(EvidenceStrength.OBSERVED, client), says, _NOTHING)


def _judged(
    case: _Case, client: Kind, server: Kind, layers: Layers | None = None, port: int | None = None
) -> PathVerdict:
    label = case.label()
    by_mesh = label in _BY_MESH
    accepting, link = case.server.accepting, case.wire.link
    heard = (
        case.client.sending.strength,
        *((accepting.strength,) if accepting else ()),
        *(() if by_mesh else (link.strength,)),
    )
    under = link.state in (LinkState.STRICT, LinkState.BEST_EFFORT)
    return PathVerdict(
        label=label,
        strength=_seen(weakest(*heard), client, server),
        says=_says(case, label),
        ports=_NOTHING,
        mesh=_mesh(case, by_mesh=by_mesh),
        link=case.wire.system if under or not by_mesh else "",
        weak=(*case.client.sending.weak, *(() if by_mesh else link.weak)),
        fips=case.client.fips if by_mesh else _fips_of_link(case, label),
        authorisation=layers.authorisation(client, server, port) if layers and port is not None else None,
        signs=_signs(case, label),
    )


def _mesh(case: _Case, *, by_mesh: bool) -> str:
    if not by_mesh:
        return case.client.system if case.client.sending.how is not ClientTls.PLAIN else ""
    return case.client.system or case.server.system


def _fips_of_link(case: _Case, label: Label) -> Known:
    return case.wire.fips if label in _BY_LINK.values() else Known.UNKNOWN


def _says(case: _Case, label: Label) -> str:
    """The deciding fact last; where it cannot be told, the facts that stand open."""
    sending, accepting, link = case.client.sending.says, case.server.accepting, case.wire.link.says
    match label:
        case Label.MTLS_ENFORCED | Label.MTLS_OPPORTUNISTIC | Label.REFUSED:
            return f"{sending}; {accepting.says}" if accepting else sending
        case Label.TLS_APP:
            return sending
        case Label.UNKNOWN:
            return "; ".join(_open(case))
        case _:
            return f"{sending}; {link}" if sending else link


def _open(case: _Case) -> list[str]:
    accepting, wire = case.server.accepting, case.wire
    found = []
    if case.client.sending.how is ClientTls.UNKNOWN:
        found.append(case.client.sending.says)
    if accepting and accepting.plain is Known.UNKNOWN:
        found.append(accepting.says)
    if case.client.sending.how is ClientTls.MESH_MTLS and accepting is None:
        found.append(f"{case.client.sending.says}, to a port that its mesh does not guard")
    decided_by_link = case.client.sending.how not in (ClientTls.MESH_MTLS, ClientTls.APP_TLS)
    if decided_by_link and len(wire.states) > 1:
        found.append(wire.link.says)
    return found or [case.client.sending.says]


def _signs(case: _Case, label: Label) -> tuple[Sign, ...]:
    accepting, link = case.server.accepting, case.wire.link
    theirs = accepting.signs if accepting else ()
    match label:
        case Label.MTLS_ENFORCED | Label.MTLS_OPPORTUNISTIC | Label.REFUSED:
            found = (*theirs, *case.client.sending.signs)
        case Label.TLS_APP:
            found = case.client.sending.signs
        case Label.UNKNOWN:
            found = (*case.client.sending.signs, *theirs, *link.signs)
        case _:
            found = (*link.signs, *case.client.sending.signs)
    return tuple(dict.fromkeys(found))


def _seen(strength: EvidenceStrength, *kinds: Kind) -> EvidenceStrength:
    """Nothing that rests on a template was seen to run."""
    return weakest(strength, *(EvidenceStrength.INTENDED for kind in kinds if kind.template))


def _uncarried(layers: Layers, client: Kind, server: Kind) -> Client:
    """A protocol that no mesh carries; worth a word only where there is a mesh at an end."""
    says = NO_MESH if layers.meshed else ""
    if any((*client.enrolled, *server.enrolled)):
        says = "no mesh carries this protocol"
    return Client("", Known.UNKNOWN, Sending(ClientTls.PLAIN, EvidenceStrength.OBSERVED, says))
