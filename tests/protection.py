"""Meshes and links as a test says them, pod by pod; and the slow way to a verdict, which asks about every pair of pods.

mesh("m", web="STRICT", cart="PERMISSIVE", old="none")     modes: STRICT, PERMISSIVE, DISABLE, UNREAD, UNGUARDED, TLS (of a rule); "?" may be a member
links("wg", web="sealed", cart="open", db="?")             ends: sealed, strict, open, ?
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from app.model.connections import Protocol
from app.model.encryption import (
    OUT_OF_BAND,
    Accepting,
    Authorisation,
    Authorised,
    ClientTls,
    EvidenceStrength,
    Known,
    Label,
    Level,
    Membership,
    Sending,
)
from app.model.identity import ObjectRef
from app.model.links import Link, LinkState

OBSERVED = EvidenceStrength.OBSERVED
MODES = {"STRICT": Known.NO, "PERMISSIVE": Known.YES, "UNREAD": Known.UNKNOWN}


@dataclass(frozen=True)
class FixedMesh:
    """`modes` by pod name or `pod:port`, with `@mesh` or `@namespace` where that sets it; a pod that is not named is no member,
    "?" may be one."""

    id: str
    modes: Mapping[str, str]
    out_of_band: bool = False
    strength: EvidenceStrength = OBSERVED
    name: str = "Mesh"
    version: str = ""
    signs: tuple = ()
    cautions: tuple = ()
    fips: Known = Known.UNKNOWN

    def member(self, pod: ObjectRef) -> Membership | None:
        mode = self.modes.get(pod.name)
        if mode is None:
            return None
        known = Known.UNKNOWN if mode == "?" else Known.NO if mode == "none" else Known.YES
        how = OUT_OF_BAND if self.out_of_band else "sidecar"
        return Membership(how, known, self.strength, "", f"{pod.name} is a member")

    def key(self, pod: ObjectRef):
        return tuple(
            sorted(
                (name.partition(":")[2], mode)
                for name, mode in self.modes.items()
                if name.partition(":")[0] == pod.name
            )
        )

    def _mode(self, key, port: int) -> str:
        found = dict(key)
        return found.get(str(port), found.get("", "none")).partition("@")[0]

    @staticmethod
    def _level(key, port: int) -> Level:
        found = dict(key)
        said = found.get(str(port), found.get("", "")).partition("@")[2]
        return Level(said) if said else Level.PORT if str(port) in found else Level.WORKLOAD

    def sends(self, client, server, port: int) -> Sending:
        one, other = self._mode(client, 0), self._mode(server, port)
        if "none" in (one, other):
            return Sending(ClientTls.PLAIN, self.strength, "one end is not in the mesh")
        if other == "TLS":
            return Sending(ClientTls.APP_TLS, self.strength, "a rule makes the client start TLS")
        if "?" in (one, other):
            return Sending(ClientTls.UNKNOWN, self.strength, "whether both are in the mesh is not known")
        how = ClientTls.AUTHENTICATED if self.out_of_band else ClientTls.MESH_MTLS
        return Sending(ClientTls.PLAIN if other == "DISABLE" else how, self.strength, "both are in the mesh")

    def accepts(self, server, port: int) -> Accepting | None:
        mode = self._mode(server, port)
        if mode in ("none", "DISABLE", "UNGUARDED", "TLS") or self.out_of_band:
            return None
        plain = MODES.get(mode, Known.UNKNOWN)
        says, level = f"the port is {mode}", self._level(server, port)
        return Accepting(plain, mode, self.strength, says, level=level)

    def ports(self, _client, server) -> tuple[int, ...]:
        return tuple(sorted(int(port) for port, _ in server if port))

    def authorises(self, _client, _server, _port: int) -> Authorisation:
        return Authorisation(Authorised.UNRESTRICTED, "no policy applies")

    def guard(self, _server) -> None:
        return None


STATES = {"sealed": Known.YES, "strict": Known.YES, "open": Known.NO, "?": Known.UNKNOWN}


@dataclass(frozen=True)
class FixedLinks:
    """`ends` by pod name; a pod that is not named is open."""

    id: str
    ends: Mapping[str, str] = field(hash=False)
    strength: EvidenceStrength = OBSERVED
    name: str = "Tunnel"
    signs: tuple = ()
    cautions: tuple = ()
    fips: Known = Known.NO

    def end(self, pod: ObjectRef) -> str:
        return self.ends.get(pod.name, "open")

    def link(self, source: str, destination: str) -> Link:
        both = (source, destination)
        if "open" in both:
            return Link(LinkState.CLEAR, self.strength, "an end is open")
        if "?" in both:
            return Link(LinkState.UNKNOWN, self.strength, "an end is not known")
        strict = both == ("strict", "strict")
        return Link(
            LinkState.STRICT if strict else LinkState.BEST_EFFORT, self.strength, "both ends are sealed"
        )


def mesh(name: str, **modes: str) -> FixedMesh:
    return FixedMesh(name, {key.replace("__", ":"): mode for key, mode in modes.items()})


def links(name: str, **ends: str) -> FixedLinks:
    return FixedLinks(name, ends)


# ---- the slow way


def slow_label(protection, one: ObjectRef, other: ObjectRef, protocol: Protocol, port: int) -> Label:
    """Every combination of values that unknown facts may have, spelled out."""
    found = set()
    sent = [mesh.sends(mesh.key(one), mesh.key(other), port).how for mesh in protection.meshes]
    taken = [mesh.accepts(mesh.key(other), port) for mesh in protection.meshes]
    if protocol is not Protocol.TCP:
        sent, taken = [], []
    states = [item.link(item.end(one), item.end(other)).state for item in protection.links] or [
        LinkState.UNKNOWN
    ]
    choices = (
        [[ClientTls.MESH_MTLS, ClientTls.PLAIN] if how is ClientTls.UNKNOWN else [how] for how in sent]
        + [
            [Known.YES, Known.NO] if item and item.plain is Known.UNKNOWN else [item.plain if item else None]
            for item in taken
        ]
        + [
            [item for item in LinkState if item is not LinkState.UNKNOWN]
            if state is LinkState.UNKNOWN
            else [state]
            for state in states
        ]
    )
    for case in product(*choices):
        hows, plains = case[: len(sent)], case[len(sent) : len(sent) + len(taken)]
        found.add(_certain(hows, plains, case[len(sent) + len(taken) :]))
    return found.pop() if len(found) == 1 else Label.UNKNOWN


def _certain(hows, plains, links_) -> Label:
    for how, plain in zip(hows, plains, strict=True):
        if how is ClientTls.MESH_MTLS:
            return {Known.NO: Label.MTLS_ENFORCED, Known.YES: Label.MTLS_OPPORTUNISTIC, None: Label.UNKNOWN}[
                plain
            ]
    if Known.NO in plains:
        return Label.REFUSED
    if LinkState.STRICT in links_:
        return Label.NODE_TUNNEL_STRICT
    if LinkState.BEST_EFFORT in links_:
        return Label.NODE_TUNNEL
    if LinkState.ATTESTED in links_:
        return Label.PROVIDER_ATTESTED
    return Label.AUTH_ONLY if ClientTls.AUTHENTICATED in hows else Label.PLAINTEXT


def slow_worst(labels: list[Label]) -> Label:
    """The weakest that carries traffic: plain text that is shown is as weak as it gets."""
    carrying = [item for item in labels if item is not Label.REFUSED]
    if not carrying:
        return Label.REFUSED
    for label in (Label.PLAINTEXT, Label.UNKNOWN, Label.PROVIDER_ATTESTED, Label.AUTH_ONLY):
        if label in carrying:
            return label
    return max(carrying, key=lambda item: item.rank)
