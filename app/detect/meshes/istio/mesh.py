"""Istio as a mesh: sidecars and ambient of every revision that shares one root of trust."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from app.detect.fields import decimal
from app.detect.meshes.common.callers import ANYBODY, Caller
from app.detect.meshes.istio.accepting import accepts
from app.detect.meshes.istio.authorization.deciding import decide
from app.detect.meshes.istio.authorization.granting import guard
from app.detect.meshes.istio.authorization.matching import Question, View
from app.detect.meshes.istio.authorization.policies import AuthorizationPolicy
from app.detect.meshes.istio.membership import Kind
from app.detect.meshes.istio.sending import Client
from app.detect.meshes.istio.sides import OUTSIDE, Side
from app.model.connections import PortSet
from app.model.encryption import (
    Accepting,
    Authorisation,
    Authorised,
    ClientTls,
    Guard,
    Known,
    Membership,
    Sending,
)
from app.model.identity import ObjectRef
from app.model.platform import Sign

_GUARDED = (Kind.SIDECAR, Kind.AMBIENT)
_UNGUARDED = Authorisation(Authorised.UNRESTRICTED, "no proxy of Istio guards the port")


@dataclass(frozen=True)
class Istio:
    """See `Mesh`. Keys are numbers of sides; what was asked once is kept, since pods by the thousand share a side."""

    version: str
    signs: tuple[Sign, ...]
    cautions: tuple[str, ...]
    fips: Known
    members: Mapping[ObjectRef, Membership] = field(repr=False)
    keys: Mapping[ObjectRef, int] = field(repr=False)
    sides: Sequence[Side] = field(repr=False)
    client: Client = field(repr=False)
    policies: Sequence[AuthorizationPolicy] = field(repr=False)
    callers: Sequence[Caller] = field(repr=False)
    peers_doubt: str = ""
    policies_doubt: str = ""
    id: str = "istio"
    name: str = "Istio"
    _decided: dict[Hashable, Authorisation] = field(default_factory=dict, repr=False, compare=False)

    def member(self, pod: ObjectRef) -> Membership | None:
        """A pod's membership."""
        return self.members.get(pod)

    def key(self, pod: ObjectRef) -> Hashable:
        """The number of a pod's side; -1 for a pod that was not read."""
        return self.keys.get(pod, -1)

    def sends(self, client: Hashable, server: Hashable, port: int) -> Sending:
        """What a client sends to a port."""
        return self.client.sends(self._side(client), self._side(server), port)

    def accepts(self, server: Hashable, port: int) -> Accepting | None:
        """What a server accepts on a port."""
        side = self._side(server)
        stranger = None
        if side.kind in _GUARDED and side.guarded:
            stranger = self._decide(side, ANYBODY, Known.NO, port)
        return accepts(side, port, self.peers_doubt, stranger, self.policies_doubt)

    def ports(self, client: Hashable | None, server: Hashable) -> tuple[int, ...]:  # noqa: ARG002  all alike
        """Ports that a policy, a Service or redirection names."""
        side = self._side(server)
        found = {port for port, _ in (*side.listener.ports, *side.fronts)}
        found |= {item.served.target for item in side.entered}
        if side.kind is Kind.SIDECAR:
            found |= _apart(side.capture.inbound)
        found |= {
            port
            for number in (*side.guarded, *(side.waypoint or ()))
            for rule in self.policies[number].rules
            for term in rule.terms()
            if term.field == "ports"
            for value in term.values
            if (port := decimal(value)) is not None
        }
        return tuple(sorted(found))

    def authorises(self, client: Hashable, server: Hashable, port: int) -> Authorisation:
        """What AuthorizationPolicies say of a client at a port."""
        side = self._side(server)
        if not self._guards(side, port):
            return _UNGUARDED
        if client is None:
            return self._decide(side, ANYBODY, Known.NO, port)
        caller = self._side(client)
        sent = self.client.sends(caller, side, port).how
        identified = {ClientTls.MESH_MTLS: Known.YES, ClientTls.UNKNOWN: Known.UNKNOWN}.get(sent, Known.NO)
        found = self.callers[caller.caller] if caller.caller >= 0 else ANYBODY
        direct = self._decide(side, found, identified, port)
        return self._by_waypoint(side, found, identified, port, direct)

    def guard(self, server: Hashable) -> Guard | None:
        """Who is let in at all."""
        side = self._side(server)
        if side.kind not in _GUARDED:
            return None
        view = View.ZTUNNEL if side.kind is Kind.AMBIENT else View.REQUESTS
        direct = guard([self.policies[number] for number in side.guarded], view, self.policies_doubt)
        if side.waypoint is None or direct.allow_list is not Known.NO:
            return direct
        at_waypoint = guard(
            [self.policies[number] for number in side.waypoint], View.REQUESTS, self.policies_doubt
        )
        says = f"{at_waypoint.says} at its waypoint, which calls to the pods' own addresses go round"
        return Guard(direct.allow_list, says, at_waypoint.grants, at_waypoint.signs)

    def _side(self, key: Hashable | None) -> Side:
        return self.sides[key] if isinstance(key, int) and key >= 0 else OUTSIDE

    def _guards(self, side: Side, port: int) -> bool:
        if side.kind is Kind.SIDECAR:
            return not side.capture.doubt and port in side.capture.inbound
        return side.kind is Kind.AMBIENT and not side.bypass

    def _decide(self, side: Side, caller: Caller, identified: Known, port: int) -> Authorisation:
        view = View.ZTUNNEL
        if side.kind is Kind.SIDECAR:
            view = View.BYTES if port in side.bytes_only else View.REQUESTS
        return self._answer(side.guarded, Question(caller, identified, port, view), side.doubt)

    def _answer(self, numbers: tuple[int, ...], question: Question, doubt: str = "") -> Authorisation:
        """Ports that no policy names are alike, and so are servers with the same policies: each question is asked once."""
        key = (numbers, question, doubt)
        if key not in self._decided:
            policies = [self.policies[number] for number in numbers]
            self._decided[key] = decide(policies, question, self.policies_doubt or doubt)
        return self._decided[key]

    def _by_waypoint(
        self, side: Side, caller: Caller, identified: Known, port: int, direct: Authorisation
    ) -> Authorisation:
        """A waypoint's policies bind whoever comes through it; who is let in directly can go round it."""
        if not side.waypoint:
            return direct
        question = Question(caller, identified, port, View.REQUESTS)
        at = self._answer(side.waypoint, question)
        if direct.decision is Authorised.NO:
            return at
        if at.decision in (Authorised.YES, Authorised.UNRESTRICTED):
            return direct
        says = f"at its waypoint {at.says}, but a call to the pod's own address goes round the waypoint"
        return Authorisation(Authorised.CONDITIONAL, says, at.rules, at.restrictions, at.signs)


def _apart(captured: PortSet) -> set[int]:
    """Ports that are captured while most are not, or the other way round."""
    few = captured if len(captured) * 2 < len(PortSet.all()) else captured.complement()
    return {port for first, last in few.intervals for port in range(first, last + 1)}
