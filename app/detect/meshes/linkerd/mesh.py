"""Linkerd as a mesh."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.detect.meshes.common.callers import ANYBODY, Caller
from app.detect.meshes.linkerd.authorising import Question, by_policy, by_server, guard, lets_plain_in
from app.detect.meshes.linkerd.policies import Policies
from app.detect.meshes.linkerd.sides import OUTSIDE, Side, by_access
from app.model.encryption import (
    OWN_PORT,
    UNTOLD,
    Accepting,
    Authorisation,
    Authorised,
    ClientTls,
    EvidenceStrength,
    Guard,
    Known,
    Level,
    Membership,
    Sending,
    weakest,
)
from app.model.identity import ObjectRef
from app.model.platform import Sign

_OWN = (4143, 4190, 4191)  # what the proxy itself listens on (Linkerd documentation, "Proxy Configuration")
_SKIPPED = Authorisation(Authorised.UNRESTRICTED, "the port is not seen by Linkerd's proxy")


@dataclass(frozen=True)
class Linkerd:
    """See `Mesh`. Keys are numbers of sides."""

    version: str
    signs: tuple[Sign, ...]
    cautions: tuple[str, ...]
    members: Mapping[ObjectRef, Membership] = field(repr=False)
    keys: Mapping[ObjectRef, int] = field(repr=False)
    sides: Sequence[Side] = field(repr=False)
    policies: Policies = field(repr=False)
    callers: Sequence[Caller] = field(repr=False)
    doubt: str = ""
    services_doubt: str = ""
    weak: tuple[str, ...] = ()
    probes_from: str = ""
    fips: Known = Known.UNKNOWN
    id: str = "linkerd"
    name: str = "Linkerd"

    def member(self, pod: ObjectRef) -> Membership | None:
        """A pod's membership."""
        return self.members.get(pod)

    def key(self, pod: ObjectRef) -> Hashable:
        """The number of a pod's side."""
        return self.keys.get(pod, -1)

    def sends(self, client: Hashable, server: Hashable, port: int) -> Sending:
        """Mutual TLS by itself between two proxies of one control plane, except past the ports that either leaves out."""
        source, target = self._side(client), self._side(server)
        how, says = next(_sent(source, target, port, self.services_doubt))
        weak = () if how is ClientTls.PLAIN else self.weak
        return Sending(how, weakest(source.strength, target.strength), says, weak=weak)

    def accepts(self, server: Hashable, port: int) -> Accepting | None:
        """By the Server of the port and its authorisations, else by the default inbound policy."""
        side = self._side(server)
        if side.enrolled is not Known.YES:
            return None
        found = next(self._accepted(side, port))
        return self._with_probes(found, side, port) if found.plain is Known.NO else found

    def _with_probes(self, found: Accepting, side: Side, port: int) -> Accepting:
        """The controller lets HTTP probes in without TLS and without identity, unless the Server's routes say who may come."""
        number = side.server(port)
        if port not in side.probed or (
            number is not None and self.policies.limits_probes(self.policies.servers[number])
        ):
            return found
        source = f"from {self.probes_from}" if self.probes_from else "from anywhere"
        says = f"{found.says}; its HTTP probes are let in without it, {source}"
        return replace(found, says=says)

    def _accepted(self, side: Side, port: int) -> Iterator[Accepting]:
        """The first answer holds."""
        strength = weakest(side.strength, EvidenceStrength.CONFIGURED)
        if side.skips_in is None or side.identity_ports is None:
            says = "the ports that its proxy leaves out cannot be read"
            yield Accepting(Known.UNKNOWN, UNTOLD, strength, says)
            return
        if port in _OWN:
            says = "the proxy serves its metrics and its health here, in plain text"
            yield Accepting(Known.YES, OWN_PORT, strength, says)
        if port in side.skips_in:
            yield Accepting(Known.YES, "", strength, f"its proxy does not see port {port}")
        if self.doubt:
            says = f"policies of Linkerd are not all known: {self.doubt}"
            yield Accepting(Known.UNKNOWN, UNTOLD, strength, says)
        if side.skips_networks:
            says = (
                f"connections from {side.skips_networks} pass its proxy by, and who is there cannot be told"
            )
            yield Accepting(Known.UNKNOWN, UNTOLD, strength, says)
        number = side.server(port)
        if number is not None:
            yield self._by_server(number, strength)
        if side.asks_for_identity(port):
            says = "the pod asks for an identity at this port"
            yield Accepting(Known.NO, "identity required", strength, says, level=Level.PORT)
        yield self._by_policy(side, strength)

    def ports(self, client: Hashable | None, server: Hashable) -> tuple[int, ...]:
        """Ports with a Server, and those that a proxy leaves out."""
        side, source = self._side(server), self._side(client)
        found = {port for port, _ in (*side.servers, *side.fronts)} | set(side.probed)
        found |= set(_OWN) if side.enrolled is Known.YES else set()
        for ports in (side.skips_in, side.identity_ports, source.skips_out):
            found |= {
                edge for first, last in (ports.intervals if ports else ()) for edge in range(first, last + 1)
            }
        return tuple(sorted(found))

    def authorises(self, client: Hashable, server: Hashable, port: int) -> Authorisation:
        """What policies say of a client at a port."""
        side = self._side(server)
        if side.enrolled is not Known.YES or (side.skips_in and port in side.skips_in):
            return _SKIPPED
        if self.doubt:
            return Authorisation(Authorised.UNKNOWN, f"policies of Linkerd are not all known: {self.doubt}")
        question = self._question(client, server, port)
        number = side.server(port)
        if number is not None:
            return by_server(self.policies, self.policies.servers[number], question)
        return by_policy(side.policy(port), side.inbound.source, question)

    def guard(self, server: Hashable) -> Guard | None:
        """Who is let in at all."""
        side = self._side(server)
        if side.enrolled is not Known.YES:
            return None
        if self.doubt:
            return Guard(Known.UNKNOWN, f"policies of Linkerd are not all known: {self.doubt}")
        servers = [self.policies.servers[number] for _, number in side.servers]
        return guard(self.policies, servers, side.inbound.policy, side.inbound.source)

    def _by_server(self, number: int, strength: EvidenceStrength) -> Accepting:
        server = self.policies.servers[number]
        sign = Sign(
            server.ref,
            "spec.accessPolicy",
            server.access,
            "whom no authorisation lets in",
            server.item.digest,
        )
        access = by_access(server)
        if access is not Known.NO:
            says = f"{server.ref} has access policy {server.access}"
            return Accepting(access, server.access, strength, says, (sign,), Level.PORT)
        loose = lets_plain_in(self.policies.of(server))
        if loose:
            says = f"{loose.ref} asks for no mutual TLS"
            return Accepting(Known.YES, server.access, strength, says, (loose.sign, sign), Level.PORT)
        says = f"every authorisation of {server.ref} asks for mutual TLS"
        return Accepting(Known.NO, server.access, strength, says, (sign,), Level.PORT)

    @staticmethod
    def _by_policy(side: Side, strength: EvidenceStrength) -> Accepting:
        found = side.inbound
        word = {Known.YES: "plain text is accepted", Known.NO: "plain text is refused"}.get(
            found.plain, "not understood"
        )
        return Accepting(
            found.plain,
            found.policy or UNTOLD,
            strength,
            f"{found.source} is {found.policy or 'not known'}: {word}",
            found.signs,
            found.level,
            found.own,
        )

    def _question(self, client: Hashable, server: Hashable, port: int) -> Question:
        if client is None:
            return Question(ANYBODY, Known.NO, inside=False)
        sent = self.sends(client, server, port).how
        identified = {ClientTls.MESH_MTLS: Known.YES, ClientTls.UNKNOWN: Known.UNKNOWN}.get(sent, Known.NO)
        number = self._side(client).caller
        return Question(self.callers[number] if number >= 0 else ANYBODY, identified, inside=True)

    def _side(self, key: Hashable | None) -> Side:
        return self.sides[key] if isinstance(key, int) and key >= 0 else OUTSIDE


def _sent(source: Side, target: Side, port: int, unread: str) -> Iterator[tuple[ClientTls, str]]:
    """What is sent, and why; the first answer holds. `unread`: why ports of Services are not all known."""
    if source.enrolled is not Known.YES:
        yield ClientTls.PLAIN, "the client has no proxy of Linkerd"
    if target.enrolled is not Known.YES:
        yield ClientTls.PLAIN, "the server has no proxy of Linkerd"
    if source.control_plane != target.control_plane:
        yield ClientTls.PLAIN, "the two ends belong to different control planes of Linkerd"
    if source.skips_out is None or target.skips_in is None:
        yield ClientTls.UNKNOWN, "the ports that a proxy leaves out cannot be read"
        return
    if port in target.skips_in:
        yield ClientTls.PLAIN, f"the server's proxy does not see port {port}"
    if any(number in source.skips_out for number in (*target.service_ports(port), port)):
        yield ClientTls.PLAIN, "the client's proxy does not see this destination port"
    if unread and source.skips_out:
        yield (
            ClientTls.UNKNOWN,
            f"whether a port that the client's proxy leaves out leads here cannot be told: {unread}",
        )
    yield from _past_networks(source, target)
    if source.ingress:
        says = "the client's proxy is in ingress mode, where each request must name its destination for mutual TLS"
        yield ClientTls.UNKNOWN, says
    if source.trust_root and target.trust_root and source.trust_root != target.trust_root:
        yield ClientTls.UNKNOWN, "the two proxies were injected with different trust anchors"
    yield ClientTls.MESH_MTLS, "both ends have a proxy of Linkerd"


def _past_networks(source: Side, target: Side) -> Iterator[tuple[ClientTls, str]]:
    for end, side in (("client", source), ("server", target)):
        if side.skips_networks:
            says = f"connections with {side.skips_networks} pass the {end}'s proxy by, and whether these are such cannot be told"
            yield ClientTls.UNKNOWN, says
