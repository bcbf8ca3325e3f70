"""One mesh of Kuma."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

from app.detect.meshes.common.classes import Classes
from app.detect.meshes.common.ports import NO_PORT
from app.detect.meshes.kuma.permissions import Permissions, Rule
from app.detect.meshes.kuma.settings import Tls
from app.detect.served import Front
from app.model.connections import PortSet
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

_CERTAIN = (
    Known.NO,
    Known.UNKNOWN,
    Known.YES,
)  # mutual TLS that is off at one end is off, whatever the other
_OFF = Tls(Known.NO, Known.YES, "", "it is not in the mesh")


@dataclass(frozen=True, slots=True)
class Side:
    """One class of pods; see `Member`.

    Attributes:
        guards_all: ports without a Service are refused too, not passed on.
        checked: port at which its proxy answers health checks in plain text; 0 where there is none.
        late: container ports of MeshServices that are not ready for mutual TLS, and the field.
    """

    enrolled: Known = Known.NO
    strength: EvidenceStrength = EvidenceStrength.OBSERVED
    tls: Tls = _OFF
    skips_in: PortSet | None = NO_PORT
    skips_out: PortSet | None = NO_PORT
    some_addresses: bool = False
    guards_all: Known = Known.YES
    fronts: tuple[Front, ...] = ()
    rules: tuple[int, ...] = ()
    namespace: str = ""
    account: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    checked: int = 0
    late: tuple[tuple[int, Sign], ...] = ()

    def service_ports(self, port: int) -> tuple[int, ...]:
        """Service ports in front of a container port."""
        return next((ports for at, ports in self.fronts if at == port), ())


OUTSIDE = Side()


@dataclass(frozen=True)
class Kuma:
    """See `Mesh`."""

    id: str
    version: str
    signs: tuple[Sign, ...]
    members: Mapping[ObjectRef, Membership] = field(repr=False)
    classes: Classes[Side] = field(repr=False)
    permissions: Permissions = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    permissions_doubt: str = ""
    services_doubt: str = ""
    late_doubt: str = ""
    cautions: tuple[str, ...] = ()
    fips: Known = Known.UNKNOWN
    name: str = "Kuma"

    def member(self, pod: ObjectRef) -> Membership | None:
        """A pod's membership."""
        return self.members.get(pod)

    def key(self, pod: ObjectRef) -> Hashable:
        """The number of a pod's side."""
        return self.classes.key(pod)

    def sends(self, client: Hashable, server: Hashable, port: int) -> Sending:
        """Mutual TLS between pods of one mesh that has it on, where the client calls a Service."""
        source, target = self.classes.side(client), self.classes.side(server)
        strength = weakest(source.strength, target.strength)
        for side in sorted((source, target), key=lambda item: _CERTAIN.index(item.tls.on)):
            if side.enrolled is Known.YES and side.tls.on is not Known.YES:
                how = ClientTls.PLAIN if side.tls.on is Known.NO else ClientTls.UNKNOWN
                if Known.NO not in (source.enrolled, target.enrolled):
                    return Sending(how, strength, side.tls.says, side.tls.signs)
        how, says = next(self._sent(source, target, port))
        late = tuple(sign for at, sign in target.late if at == port) if how is not ClientTls.MESH_MTLS else ()
        return Sending(how, strength, says, target.tls.signs if how is ClientTls.MESH_MTLS else late)

    def _sent(self, source: Side, target: Side, port: int) -> Iterator[tuple[ClientTls, str]]:
        """What is sent where mutual TLS is on, and why; the first answer holds."""
        for end, side in (("client", source), ("server", target)):
            if side.enrolled is not Known.YES:
                yield ClientTls.PLAIN, f"the {end} is not in this mesh of Kuma"
        if source.skips_out is None or target.skips_in is None:
            yield ClientTls.UNKNOWN, "the ports that a proxy leaves out cannot be read"
            return
        if port in target.skips_in:
            yield ClientTls.PLAIN, f"{_bypassing(target, port)} bypasses the server's proxy"
        if self.services_doubt:
            yield ClientTls.UNKNOWN, f"Services are not all known: {self.services_doubt}"
        if not target.service_ports(port):
            says = "no Service stands in front of this port, so the client's proxy passes it on as it came"
            yield ClientTls.PLAIN, says
        if any(number in source.skips_out for number in target.service_ports(port)):
            yield ClientTls.PLAIN, "the client's proxy does not see this destination port"
        if source.some_addresses or target.some_addresses:
            yield ClientTls.UNKNOWN, "some addresses or programs bypass the proxy of one end"
        yield from self._waiting(target, port)
        yield ClientTls.MESH_MTLS, "both ends have a proxy of this mesh"

    def _waiting(self, target: Side, port: int) -> Iterator[tuple[ClientTls, str]]:
        """In permissive mode clients send plain text until every pod of the service has its certificate."""
        if target.tls.waits is Known.NO:
            return
        if self.late_doubt:
            yield (
                ClientTls.UNKNOWN,
                f"whether the service is ready for mutual TLS cannot be told: {self.late_doubt}",
            )
        for at, sign in target.late:
            if at == port:
                how = ClientTls.PLAIN if target.tls.waits is Known.YES else ClientTls.UNKNOWN
                yield how, f"{sign.ref} is not ready for mutual TLS, and clients wait with it until it is"

    def accepts(self, server: Hashable, port: int) -> Accepting | None:
        """By the mode of the mesh and its overrides; ports without a Service may pass the proxy untouched."""
        side = self.classes.side(server)
        if side.enrolled is not Known.YES:
            return None
        strength = weakest(side.strength, EvidenceStrength.CONFIGURED)
        if side.skips_in is None:
            return Accepting(
                Known.UNKNOWN, UNTOLD, strength, "the ports that its proxy leaves out cannot be read"
            )
        if port == side.checked:
            says = "its proxy answers the pod's health checks here, in plain text"
            return Accepting(Known.YES, OWN_PORT, strength, says)
        if port in side.skips_in:
            return Accepting(Known.YES, "", strength, f"{_bypassing(side, port)} bypasses its proxy")
        if side.some_addresses:
            says = "some addresses or programs bypass its proxy, and who is there cannot be told"
            return Accepting(Known.UNKNOWN, UNTOLD, strength, says)
        plain, says, level = side.tls.plain, side.tls.says, side.tls.level
        if plain is Known.NO and not side.service_ports(port) and side.guards_all is not Known.YES:
            plain = Known.YES if side.guards_all is Known.NO else Known.UNKNOWN
            says = "no Service stands in front of this port, and the proxy passes such ports on"
            level = Level.NONE
        return Accepting(plain, side.tls.mode, strength, says, side.tls.signs, level)

    def ports(self, client: Hashable | None, server: Hashable) -> tuple[int, ...]:  # noqa: ARG002  all alike
        """Ports with a Service, and those that a proxy leaves out."""
        side = self.classes.side(server)
        found = {port for port, _ in side.fronts} | ({side.checked} if side.checked else set())
        skipped = side.skips_in or PortSet()
        if skipped != PortSet.all():
            found |= {port for first, last in skipped.intervals for port in range(first, last + 1)}
        return tuple(sorted(found))

    def authorises(self, client: Hashable, server: Hashable, port: int) -> Authorisation:
        """By MeshTrafficPermission, which needs identities and so mutual TLS."""
        target, accepting = self.classes.side(server), self.accepts(server, port)
        if accepting is None or target.tls.on is Known.NO or (target.skips_in and port in target.skips_in):
            return Authorisation(
                Authorised.UNRESTRICTED, "no proxy of Kuma asks for an identity at this port"
            )
        if self.permissions_doubt or target.tls.on is Known.UNKNOWN:
            why = self.permissions_doubt or target.tls.says
            return Authorisation(Authorised.UNKNOWN, f"permissions cannot be told: {why}")
        sent = self.sends(client, server, port).how if client is not None else ClientTls.PLAIN
        if sent is ClientTls.UNKNOWN or (sent is ClientTls.PLAIN and accepting.plain is Known.UNKNOWN):
            return Authorisation(Authorised.UNKNOWN, "whether the caller has an identity cannot be told")
        if sent is ClientTls.PLAIN:
            if accepting.plain is Known.YES:
                return Authorisation(Authorised.UNRESTRICTED, "permissions are not asked about plain text")
            return Authorisation(Authorised.NO, "a caller without an identity is refused")
        side = self.classes.side(client)
        rules = tuple(self.rules[number] for number in target.rules)
        return self.permissions.decide(rules, side.namespace, side.account, dict(side.labels))

    def guard(self, server: Hashable) -> Guard | None:
        """Who is let in at all."""
        side = self.classes.side(server)
        if side.enrolled is not Known.YES:
            return None
        if self.permissions_doubt or side.tls.on is Known.UNKNOWN:
            return Guard(
                Known.UNKNOWN, f"permissions cannot be told: {self.permissions_doubt or side.tls.says}"
            )
        if side.tls.on is Known.NO:
            return Guard(Known.NO, f"permissions need identities, and {side.tls.says}", (), side.tls.signs)
        return self.permissions.guard(tuple(self.rules[number] for number in side.rules))


def _bypassing(side: Side, port: int) -> str:
    """A port that the proxy leaves out, or all of them."""
    return "inbound traffic" if side.skips_in == PortSet.all() else f"port {port}"
