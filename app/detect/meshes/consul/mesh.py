"""Consul's service mesh."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

from app.detect.meshes.common.classes import Classes
from app.detect.meshes.common.ports import NO_PORT
from app.detect.meshes.consul.settings import ANY, GROUP, KINDS, Entries, Intention, Setting
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
    Grant,
    Grantee,
    Guard,
    Known,
    Membership,
    Sending,
    weakest,
)
from app.model.identity import ObjectRef
from app.model.platform import Sign

ELSEWHERE = "entries that were written in Consul itself are not visible in the cluster; what Kubernetes holds is what counts"


@dataclass(frozen=True, slots=True)
class Side:
    """One class of pods; see `Member`. `services`: names that intentions or modes tell apart, empty where none does."""

    enrolled: Known = Known.NO
    strength: EvidenceStrength = EvidenceStrength.OBSERVED
    transparent: bool = False
    skips_in: PortSet | None = NO_PORT
    skips_out: PortSet | None = NO_PORT
    some_addresses: bool = False
    checked: tuple[int, ...] = ()
    fronts: tuple[Front, ...] = ()
    services: tuple[str, ...] = ()

    def service_ports(self, port: int) -> tuple[int, ...]:
        """Service ports in front of a container port."""
        return next((ports for at, ports in self.fronts if at == port), ())


OUTSIDE = Side()


@dataclass(frozen=True)
class Consul:
    """See `Mesh`. `default`: what holds where no intention speaks, UNKNOWN when that is not visible."""

    version: str
    signs: tuple[Sign, ...]
    members: Mapping[ObjectRef, Membership] = field(repr=False)
    classes: Classes[Side] = field(repr=False)
    entries: Entries = field(repr=False)
    default: Authorised
    services_doubt: str = ""
    cautions: tuple[str, ...] = (ELSEWHERE,)
    fips: Known = Known.UNKNOWN
    id: str = "consul"
    name: str = "Consul"

    def member(self, pod: ObjectRef) -> Membership | None:
        """A pod's membership."""
        return self.members.get(pod)

    def key(self, pod: ObjectRef) -> Hashable:
        """The number of a pod's side."""
        return self.classes.key(pod)

    def sends(self, client: Hashable, server: Hashable, port: int) -> Sending:
        """Mutual TLS where the client is redirected and calls a Service of a pod with a proxy."""
        source, target = self.classes.side(client), self.classes.side(server)
        how, says = next(self._sent(source, target, port))
        weak = self.entries.weak if how is ClientTls.MESH_MTLS else ()
        return Sending(how, weakest(source.strength, target.strength), says, weak=weak)

    def _sent(self, source: Side, target: Side, port: int) -> Iterator[tuple[ClientTls, str]]:
        """What is sent, and why; the first answer holds."""
        for end, side in (("client", source), ("server", target)):
            if side.enrolled is not Known.YES:
                yield ClientTls.PLAIN, f"the {end} has no proxy of Consul"
        if source.skips_out is None or target.skips_in is None:
            yield ClientTls.UNKNOWN, "the ports that a proxy leaves out cannot be read"
            return
        if target.transparent and port in target.skips_in:
            yield ClientTls.PLAIN, f"port {port} bypasses the server's proxy"
        if not source.transparent:
            says = "the client is not redirected: what it sends to its proxy's own ports is mutual TLS, the rest is not"
            yield ClientTls.UNKNOWN, says
        if self.services_doubt:
            yield ClientTls.UNKNOWN, f"Services are not all known: {self.services_doubt}"
        if not target.service_ports(port):
            says = "no Service stands in front of this port, so the client's proxy passes it on as it came"
            yield ClientTls.PLAIN, says
        if any(number in source.skips_out for number in target.service_ports(port)):
            yield ClientTls.PLAIN, "the client's proxy does not see this destination port"
        if source.some_addresses:
            yield ClientTls.UNKNOWN, "some destination addresses or programs bypass the client's proxy"
        yield ClientTls.MESH_MTLS, "both ends have a proxy of Consul"

    def accepts(self, server: Hashable, port: int) -> Accepting | None:
        """By the mode that holds for the pod's services."""
        side = self.classes.side(server)
        return next(self._accepted(side, port)) if side.enrolled is Known.YES else None

    def _accepted(self, side: Side, port: int) -> Iterator[Accepting]:
        """The first answer holds."""
        strength = weakest(side.strength, EvidenceStrength.CONFIGURED)
        if not side.transparent:
            says = "it is not redirected: the application's own port is reached past the proxy unless it listens on localhost alone"
            yield Accepting(Known.UNKNOWN, UNTOLD, strength, says)
        if side.skips_in is None:
            says = "the ports that its proxy leaves out cannot be read"
            yield Accepting(Known.UNKNOWN, UNTOLD, strength, says)
            return
        if port in side.checked:
            says = "its proxy serves the pod's health checks here, in plain text"
            yield Accepting(Known.YES, OWN_PORT, strength, says)
        if port in side.skips_in:
            yield Accepting(Known.YES, "", strength, f"port {port} bypasses its proxy")
        if self.services_doubt and self.entries.by_service:
            says = f"which entries are its own cannot be told: {self.services_doubt}"
            yield Accepting(Known.UNKNOWN, UNTOLD, strength, says)
        if port in self.entries.exposed(side.services):
            says = f"its proxy serves paths of the application at port {port}, in plain text"
            yield Accepting(Known.YES, "", strength, says)
        if why := self._doubt("Mesh", "ProxyDefaults", "ServiceDefaults"):
            yield Accepting(Known.UNKNOWN, UNTOLD, strength, f"the mode cannot be told: {why}")
        found = self._mode(side)
        yield Accepting(found.mode.plain, found.mode, strength, found.says, found.signs, found.level)

    def ports(self, client: Hashable | None, server: Hashable) -> tuple[int, ...]:  # noqa: ARG002  all alike
        """Ports with a Service, and those that a proxy leaves out."""
        side = self.classes.side(server)
        found = {port for port, _ in side.fronts} | set(side.checked) | self.entries.exposed(side.services)
        found |= {
            port for first, last in (side.skips_in or PortSet()).intervals for port in range(first, last + 1)
        }
        return tuple(sorted(found))

    def authorises(self, client: Hashable, server: Hashable, port: int) -> Authorisation:
        """By the intention that speaks first; in permissive mode none is asked about plain text."""
        target = self.classes.side(server)
        accepting = self.accepts(server, port)
        if accepting is None or (target.skips_in and port in target.skips_in):
            return Authorisation(Authorised.UNRESTRICTED, "no proxy of Consul guards the port")
        if why := self._doubt(*KINDS):
            return Authorisation(Authorised.UNKNOWN, f"intentions cannot be told: {why}")
        sent = self.sends(client, server, port).how if client is not None else ClientTls.PLAIN
        if sent is not ClientTls.MESH_MTLS:
            return _without_identity(sent, accepting)
        return self._by_intention(self.classes.side(client).services, target.services)

    def guard(self, server: Hashable) -> Guard | None:
        """Who is let in at all."""
        side = self.classes.side(server)
        if side.enrolled is not Known.YES:
            return None
        if why := self._doubt("ServiceIntentions") or self._nameless:
            return Guard(Known.UNKNOWN, f"intentions cannot be told: {why}")
        found = [item for item in self.entries.intentions if item.destination in (*side.services, ANY)]
        grants = tuple(_grant(item) for item in found if item.action in ("allow", "permissions"))
        closed = next((item for item in found if item.source == ANY and item.action == "deny"), None)
        if closed:
            return Guard(
                Known.YES, f"{closed.sign.ref} denies whom no intention allows", grants, (closed.sign,)
            )
        if self.default is Authorised.NO:
            return Guard(Known.YES, "ACLs are on, so what no intention allows is denied", grants)
        if self.default is Authorised.UNKNOWN:
            return Guard(
                Known.UNKNOWN, "whether connections without an intention are allowed is not visible", grants
            )
        return Guard(Known.NO, "ACLs are off, so what no intention denies is allowed", grants)

    def _by_intention(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> Authorisation:
        for item in self.entries.intentions:
            if item.destination in (*targets, ANY) and item.source in (*sources, ANY):
                return _answer(item)
        says = {
            Authorised.NO: "no intention allows it, and ACLs are on",
            Authorised.UNRESTRICTED: "no intention speaks about it, and ACLs are off",
        }.get(self.default, "no intention speaks about it, and what holds then is not visible")
        return Authorisation(self.default, says)

    @property
    def _nameless(self) -> str:
        """Why intentions may be about pods that do not seem to be meant: their names are those of Services."""
        named = any(item.destination != ANY for item in self.entries.intentions)
        return self.services_doubt if named else ""

    def _mode(self, side: Side) -> Setting:
        return self.entries.mode(side.services)

    def _doubt(self, *kinds: str) -> str:
        return next((why for kind in kinds if (why := self.entries.evidence.doubt(GROUP, kind))), "")


def _without_identity(sent: ClientTls, accepting: Accepting) -> Authorisation:
    if sent is ClientTls.UNKNOWN or accepting.plain is Known.UNKNOWN:
        return Authorisation(Authorised.UNKNOWN, "whether the caller has an identity cannot be told")
    if accepting.plain is Known.YES:
        return Authorisation(Authorised.UNRESTRICTED, "intentions are not asked about plain text")
    return Authorisation(Authorised.NO, "a caller without an identity is refused")


def _answer(item: Intention) -> Authorisation:
    name = f"{item.sign.ref}, {item.sign.field}"
    if item.synced is Known.NO:
        return Authorisation(
            Authorised.UNKNOWN, f"{item.sign.ref} is not in Consul (Synced is False)", (name,)
        )
    match item.action:
        case "allow":
            return Authorisation(Authorised.YES, f"{name} allows it", (name,), signs=(item.sign,))
        case "deny":
            return Authorisation(Authorised.NO, f"{name} denies it", (name,), signs=(item.sign,))
        case "permissions":
            limits = (f"by the permissions of {name}",)
            return Authorisation(
                Authorised.CONDITIONAL, "what is asked for decides", (name,), limits, (item.sign,)
            )
        case _:
            return Authorisation(Authorised.UNKNOWN, f"{name} has an action that is not understood", (name,))


def _grant(item: Intention) -> Grant:
    to = Grantee.ANY_IDENTITY if item.source == ANY else Grantee.NAMED
    return Grant(
        to, f"{item.sign.ref}, {item.sign.field}, lets in {to}", item.sign, item.action == "permissions"
    )
