"""Cilium's mutual authentication: agents of both nodes prove the identities of both pods to each other, out of band.

The packets themselves are neither encrypted nor bound to that handshake, so it is authentication alone. It happens where a policy
rule asks for it (`authentication.mode: required`) and the agent is set up for it; `mesh-auth-enabled` alone was a default for years
and shows nothing. Source: Cilium documentation, "Mutual Authentication".
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.detect.fields import decimal, dig, mapping, sequence, text
from app.detect.ground import Ground
from app.detect.meshes.cilium_settings import MUTUAL, SPIRE, CiliumSettings
from app.detect.meshes.common.logic import every, known, some
from app.detect.pods import SeenPod
from app.detect.selectors import selector
from app.model.encryption import (
    OUT_OF_BAND,
    Accepting,
    Authorisation,
    Authorised,
    ClientTls,
    EvidenceStrength,
    Guard,
    Known,
    Membership,
    Sending,
    weakest,
)
from app.model.identity import ObjectRef
from app.model.platform import Sign
from app.model.policy import LabelSelector, Operator, Requirement
from app.model.scope import selects
from app.model.snapshot import SnapshotObject

_GROUP = "cilium.io"
_KINDS = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
_NAMESPACE, _NAMESPACE_LABELS = "io.kubernetes.pod.namespace", "io.cilium.k8s.namespace.labels."
_SOURCES = ("k8s.", "k8s:", "any.", "any:")
_EVERYONE = frozenset({"all", "cluster"})
_REQUIRED = "required"


@dataclass(frozen=True)
class Rule:
    """One rule of a policy. `peers` None means everyone; a selector None could not be read."""

    sign: Sign
    egress: bool
    subject: LabelSelector | None
    peers: tuple[LabelSelector | None, ...] | None
    ports: frozenset[int] | None
    required: bool


Side = tuple[
    tuple[str, str], ...
]  # the labels of a pod that rules name, and how it is known, under the key ""


@dataclass(frozen=True)
class CiliumMutual:
    """See `Mesh`. Keys are the labels that rules ask for."""

    version: str
    signs: tuple[Sign, ...]
    cautions: tuple[str, ...]
    keys: Mapping[ObjectRef, Side] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    members: Mapping[ObjectRef, Membership] = field(repr=False)
    doubt: str = ""
    fips: Known = Known.NO  # nothing is encrypted
    id: str = "cilium-mutual-authentication"
    name: str = "Cilium mutual authentication"

    def member(self, pod: ObjectRef) -> Membership | None:
        """A pod that a rule asks to be authenticated to."""
        return self.members.get(pod)

    def key(self, pod: ObjectRef) -> Hashable:
        """Its labels, as far as rules ask for them."""
        return self.keys.get(pod, ())

    def sends(self, client: Side, server: Side, port: int) -> Sending:
        """Authenticated where every rule that lets it in, or every one that lets it out, asks for it; plain text in any case."""
        strength = weakest(_strength(client), _strength(server), EvidenceStrength.CONFIGURED)
        halves = [self._half(client, server, port, egress=egress) for egress in (False, True)]
        asked = [rule for half, _ in halves for rule in half]
        if not asked:
            return Sending(ClientTls.PLAIN, strength, "no rule asks for authentication between them")
        sure = [half for half, certain in halves if half and certain]
        if not sure or self.doubt:
            says = "a rule asks for authentication, but another may let the client through without it"
            if self.doubt:
                says = f"whether both ends are authenticated cannot be told ({self.doubt}); it would encrypt nothing"
            return Sending(ClientTls.PLAIN, strength, says, tuple(rule.sign for rule in asked))
        says = f"{sure[0][0].sign.ref} asks for authentication of both ends, which encrypts nothing"
        signs = tuple(rule.sign for rule in sure[0])
        return Sending(ClientTls.AUTHENTICATED, strength, says, signs)

    def _half(self, client: Side, server: Side, port: int, *, egress: bool) -> tuple[list[Rule], bool]:
        """Rules of one direction that let the client through and ask for it; whether no other lets it through without."""
        mine = [rule for rule in self.rules if rule.egress is egress]
        admitting = [(rule, _admits(rule, client, server, port)) for rule in mine]
        open_ = [rule for rule, answer in admitting if answer is not Known.NO and not rule.required]
        unsure = any(answer is Known.UNKNOWN for _, answer in admitting)
        asked = [rule for rule, answer in admitting if answer is Known.YES and rule.required]
        return asked, not open_ and not unsure

    def accepts(self, server: Side, port: int) -> Accepting | None:  # noqa: ARG002
        """It guards no port with TLS."""
        return None

    def ports(self, client: Side | None, server: Side) -> tuple[int, ...]:  # noqa: ARG002
        """Ports that rules name."""
        return tuple(sorted({port for rule in self.rules for port in rule.ports or ()}))

    def authorises(self, client: Side | None, server: Side, port: int) -> Authorisation:  # noqa: ARG002
        """Nothing of its own: the network policies that ask for it decide, and are judged as such."""
        return Authorisation(Authorised.UNRESTRICTED, "Cilium's network policies decide")

    def guard(self, server: Side) -> Guard | None:  # noqa: ARG002
        """It has no authorisation beside network policies."""
        return None


def find(ground: Ground) -> Iterable[CiliumMutual]:
    """Cilium's mutual authentication, where its agent is set up for it."""
    settings = CiliumSettings.of(ground.evidence)
    on = _on(settings) if settings else Known.NO
    rules = tuple(_rules(ground)) if on is not Known.NO else ()
    asked = [rule for rule in rules if rule.required]
    if settings is None or on is Known.NO or (on is Known.UNKNOWN and not asked):
        return
    switch = settings.switch(MUTUAL)
    unread = "" if on is Known.YES else _unread(settings)
    named = frozenset(
        item.key
        for rule in rules
        for part in (rule.subject, *(rule.peers or ()))
        if part
        for item in part.requirements
    )
    keys = {pod.ref: _side(pod, named) for pod in ground.pods}
    yield CiliumMutual(
        version=settings.agent.version,
        signs=(switch.sign("agents authenticate pods to each other"),) if switch else (),
        cautions=(
            "mutual authentication of Cilium encrypts nothing and is not bound to the packets that it lets through",
            *filter(None, [unread]),
        ),
        keys=keys,
        rules=rules,
        members=dict(_members(ground, keys, asked, on)),
        doubt=unread or next((why for kind in _KINDS if (why := ground.evidence.doubt(_GROUP, kind))), ""),
    )


def _on(settings: CiliumSettings) -> Known:
    """Whether agents are set up for it; settings that were not read may say so."""
    switch = settings.switch(MUTUAL)
    if switch is None:
        return Known.UNKNOWN if settings.doubt else Known.NO
    if switch.truth is None:
        return Known.UNKNOWN
    if switch.truth and settings.text(SPIRE) and settings.unsettled(MUTUAL, SPIRE):
        return Known.UNKNOWN
    return known(switch.truth and bool(settings.text(SPIRE)))


def _unread(settings: CiliumSettings) -> str:
    """Why it is not known whether agents are set up for it."""
    unsettled = settings.unsettled(MUTUAL, SPIRE)
    return settings.doubt or unsettled or f"{MUTUAL} has a value that is not understood"


def _members(
    ground: Ground, keys: Mapping[ObjectRef, Side], asked: list[Rule], on: Known
) -> Iterator[tuple[ObjectRef, Membership]]:
    for pod in ground.pods:
        rule = next((rule for rule in asked if _holds(rule.subject, keys[pod.ref]) is Known.YES), None)
        if rule and not pod.pod.host_network:
            others = "whom it calls" if rule.egress else "clients of it"
            says = f"{rule.sign.ref} asks {others} to be authenticated"
            yield pod.ref, Membership(OUT_OF_BAND, on, pod.strength, "", says, (rule.sign,))


def _admits(rule: Rule, client: Side, server: Side, port: int) -> Known:
    ports = known(rule.ports is None or port in rule.ports)
    own, other = (client, server) if rule.egress else (server, client)
    peers = Known.YES if rule.peers is None else some(_holds(peer, other) for peer in rule.peers)
    return every((_holds(rule.subject, own), peers, ports))


def _holds(chosen: LabelSelector | None, side: Side) -> Known:
    return Known.UNKNOWN if chosen is None else known(selects(chosen, dict(side)))


def _side(pod: SeenPod, named: frozenset[str]) -> Side:
    labels = {**pod.labels, _NAMESPACE: pod.pod.namespace}
    labels |= {f"{_NAMESPACE_LABELS}{key}": value for key, value in pod.space_labels.items()}
    kept = {key: value for key, value in labels.items() if key in named}
    return tuple(sorted({**kept, "": pod.strength.value}.items()))


def _strength(side: Side) -> EvidenceStrength:
    return EvidenceStrength(dict(side).get("", EvidenceStrength.CONFIGURED))


def _rules(ground: Ground) -> Iterator[Rule]:
    for kind in _KINDS:
        for item in ground.evidence.snapshot.of_kind(_GROUP, kind):
            body = item.parsed()
            specs = [("spec", body.get("spec"))] if body.get("spec") else []
            specs += [(f"specs[{index}]", raw) for index, raw in enumerate(sequence(body.get("specs")))]
            for place, spec in specs:
                yield from _of_spec(item, place, mapping(spec))


def _of_spec(item: SnapshotObject, place: str, spec: Mapping[str, Any]) -> Iterator[Rule]:
    subject = _selector(spec.get("endpointSelector"), item.ref.namespace)
    if "endpointSelector" not in spec:
        return  # about nodes
    for direction, prefix in (("ingress", "from"), ("egress", "to")):
        for index, raw in enumerate(sequence(spec.get(direction))):
            rule = mapping(raw)
            mode = text(dig(rule, "authentication", "mode"))
            field_ = f"{place}.{direction}[{index}].authentication.mode"
            sign = Sign(item.ref, field_, mode, "whether both ends are authenticated", item.digest)
            peers = _peers(rule, prefix, item.ref.namespace)
            yield Rule(sign, prefix == "to", subject, peers, _ports(rule), mode == _REQUIRED)


def _peers(rule: Mapping[str, Any], prefix: str, namespace: str) -> tuple[LabelSelector | None, ...] | None:
    """Selectors of the other end; None for everyone. What is no endpoint of this cluster is left out."""
    fields = [name for name in rule if name.startswith(prefix) and name != "toPorts"]
    if not fields or _EVERYONE & set(map(text, sequence(rule.get(f"{prefix}Entities")))):
        return None
    read = {f"{prefix}{what}" for what in ("Endpoints", "Entities", "CIDR", "CIDRSet", "FQDNs")}
    found = tuple(_selector(raw, namespace) for raw in sequence(rule.get(f"{prefix}Endpoints")))
    return (*found, None) if set(fields) - read else found


def _ports(rule: Mapping[str, Any]) -> frozenset[int] | None:
    """TCP ports; None for all. A name or a range stands for ports that are not worked out, so it counts for all."""
    if not sequence(rule.get("toPorts")):
        return None
    entries = [mapping(port) for raw in sequence(rule.get("toPorts")) for port in sequence(dig(raw, "ports"))]
    found: set[int] = set()
    for port in entries:
        number = decimal(text(port.get("port")))
        if number is None or "endPort" in port:
            return None
        if port.get("protocol", "ANY") in ("ANY", "TCP"):
            found.add(number)
    return frozenset(found) if entries else None


def _selector(value: object, namespace: str) -> LabelSelector | None:
    """A selector of Cilium: keys may say where a label comes from; without a namespace it means the policy's own."""
    found = selector(value)
    if found is None:
        return None
    parts = [Requirement(_plain(item.key), item.operator, item.values) for item in found.requirements]
    placed = any(item.key == _NAMESPACE or item.key.startswith(_NAMESPACE_LABELS) for item in parts)
    if namespace and not placed:
        parts.append(Requirement(_NAMESPACE, Operator.IN, (namespace,)))
    return LabelSelector(tuple(sorted(parts)))


def _plain(key: str) -> str:
    return next((key.removeprefix(prefix) for prefix in _SOURCES if key.startswith(prefix)), key)
