"""MeshTrafficPermission: who is let in, once mutual TLS is on; whoever no permission allows is denied.

Two forms: `from` with an action for groups of clients (up to 2.x), `rules` with lists of SPIFFE ids (deny before allow).
Source: Kuma documentation, "MeshTrafficPermission".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.meshes.kuma.membership import MESH
from app.detect.meshes.kuma.settings import GROUP, control_plane_namespaces, holds_in
from app.detect.meshes.kuma.targets import SERVICE, meant, selects, weight_of
from app.model.encryption import Authorisation, Authorised, Grant, Grantee, Guard, Known
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

KIND = "MeshTrafficPermission"
_ALLOWS = ("Allow", "AllowWithShadowDeny", "ALLOW")
_LISTS = (("deny", False), ("allow", True), ("allowWithShadowDeny", True))


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry: whom it means, and whether it allows. `target` and `path` as objects write them.

    Attributes:
        weight: how specific its policy is about the server.
        everyone: it means every client of the mesh.
        spiffe: (type, value) of the id it means; empty where it means clients by labels.
        tags: labels of the clients it means.
        clear: it could be read.
    """

    policy: SnapshotObject
    path: str
    allows: bool
    weight: int
    everyone: bool = False
    spiffe: tuple[str, str] = ("", "")
    tags: tuple[tuple[str, str], ...] = ()
    clear: bool = True

    @property
    def sign(self) -> Sign:
        """The entry as evidence."""
        says = "who may connect"
        return Sign(
            self.policy.ref, self.path, "allows" if self.allows else "denies", says, self.policy.digest
        )

    @property
    def name(self) -> str:
        """The entry, for a sentence."""
        return f"{self.policy.ref}, {self.path}"

    def means(self, namespace: str, account: str, labels: Labels, mesh: str) -> Known:
        """Whether a client is meant."""
        if not self.clear:
            return Known.UNKNOWN
        if self.everyone:
            return Known.YES
        kind, value = self.spiffe
        if value:
            return _identity(kind, value, namespace, account, mesh)
        return selects(dict(self.tags), labels)


@dataclass(frozen=True)
class Permissions:
    """All permissions of one mesh. `implied`: what holds where none speaks."""

    evidence: Evidence
    mesh: str
    release: int | None

    def rules(self, namespace: str, labels: Labels) -> tuple[Rule, ...]:
        """Entries that hold for a server, the most specific policy first."""
        held = (item for item in self._policies() if holds_in(item, namespace, self._homes))
        found = [rule for item in held for rule in _rules(item, labels)]
        return tuple(sorted(found, key=lambda rule: -rule.weight))

    def decide(self, rules: tuple[Rule, ...], namespace: str, account: str, labels: Labels) -> Authorisation:
        """What the entries say of a client with an identity."""
        meant = [(rule, rule.means(namespace, account, labels, self.mesh)) for rule in rules]
        for rule, answer in _in_order(meant):
            if answer is Known.UNKNOWN:
                return Authorisation(
                    Authorised.UNKNOWN, f"whether {rule.name} means the client cannot be told", (rule.name,)
                )
            decision = Authorised.YES if rule.allows else Authorised.NO
            says = f"{rule.name} {'allows' if rule.allows else 'denies'} it"
            return Authorisation(decision, says, (rule.name,), signs=(rule.sign,))
        if not rules and (self.release or 0) < 3:  # noqa: PLR2004  releases before 3 may hold TrafficPermission objects
            says = "no MeshTrafficPermission holds for the server, and permissions of the older kind are not read"
            return Authorisation(Authorised.UNKNOWN, says)
        return Authorisation(Authorised.NO, "no MeshTrafficPermission allows it")

    def guard(self, rules: tuple[Rule, ...]) -> Guard:
        """Who is let in at all."""
        if not rules and (self.release or 0) < 3:  # noqa: PLR2004  as above
            return Guard(
                Known.UNKNOWN,
                "no MeshTrafficPermission holds for it, and permissions of the older kind are not read",
            )
        grants = tuple(
            Grant(_grantee(rule), f"{rule.name}, lets in {_grantee(rule)}", rule.sign)
            for rule in rules
            if rule.allows
        )
        return Guard(Known.YES, "whom no MeshTrafficPermission allows is denied", grants)

    @cached_property
    def _homes(self) -> frozenset[str]:
        return control_plane_namespaces(self.evidence)

    def _policies(self) -> Iterator[SnapshotObject]:
        for item in self.evidence.snapshot.of_kind(GROUP, KIND):
            labels = strings(dig(item.parsed(), "metadata", "labels"))
            if labels.get(MESH, "default") == self.mesh:
                yield item


def _in_order(meant: list[tuple[Rule, Known]]) -> Iterator[tuple[Rule, Known]]:
    """SPIFFE lists deny before they allow, whatever their order; groups of clients by how specific their policy is."""
    hits = [(rule, answer) for rule, answer in meant if answer is not Known.NO]
    denies = [(rule, answer) for rule, answer in hits if rule.spiffe[1] and not rule.allows]
    yield from denies
    yield from (item for item in hits if item not in denies)


def _rules(item: SnapshotObject, labels: Labels) -> Iterator[Rule]:
    spec = mapping(item.parsed().get("spec"))
    target = mapping(spec.get("targetRef"))
    answer = meant(target, labels)
    if answer is not Known.NO:
        clear = answer is Known.YES
        for rule in _entries(item, spec, weight_of(target)):
            yield replace(rule, clear=rule.clear and clear)


def _entries(item: SnapshotObject, spec: Mapping[str, Any], weight: int) -> Iterator[Rule]:
    for index, raw in enumerate(sequence(spec.get("from"))):
        yield _group(item, f"spec.from[{index}]", mapping(raw), weight)
    for index, raw in enumerate(sequence(spec.get("rules"))):
        for name, allows in _LISTS:
            for place, entry in enumerate(sequence(dig(raw, "default", name))):
                path = f"spec.rules[{index}].default.{name}[{place}]"
                yield _listed(item, path, mapping(entry), weight, allows=allows)


def _group(item: SnapshotObject, path: str, raw: Mapping[str, Any], weight: int) -> Rule:
    target, action = mapping(raw.get("targetRef")), text(dig(raw, "default", "action"))
    tags = {**strings(target.get("tags")), **strings(target.get("labels"))}
    if target.get("kind") == "MeshService":
        tags[SERVICE] = text(target.get("name"))
    return Rule(
        item,
        path,
        action in _ALLOWS,
        weight,
        everyone=target.get("kind", "Mesh") == "Mesh",
        tags=tuple(sorted(tags.items())),
        clear=action in (*_ALLOWS, "Deny", "DENY"),
    )


def _listed(item: SnapshotObject, path: str, entry: Mapping[str, Any], weight: int, *, allows: bool) -> Rule:
    said = mapping(entry.get("spiffeID") or entry.get("spiffeId"))
    kind, value = text(said.get("type")), text(said.get("value"))
    clear = (
        kind in ("Exact", "Prefix")
        and value.startswith("spiffe://")
        and set(entry) <= {"spiffeID", "spiffeId"}
    )
    return Rule(item, path, allows, weight, spiffe=(kind, value or "?"), clear=clear)


def _identity(kind: str, value: str, namespace: str, account: str, mesh: str) -> Known:
    """`spiffe://<mesh>.<zone>.mesh.local/ns/<namespace>/sa/<account>`; the zone is not in any object of the cluster."""
    domain, _, path = value.removeprefix("spiffe://").partition("/")
    own = f"ns/{namespace}/sa/{account}"
    matched = own.startswith(path) if kind == "Prefix" else own == path
    ours = domain == mesh or domain.startswith(f"{mesh}.")
    if not matched:
        return Known.NO
    return Known.YES if ours else Known.UNKNOWN


def _grantee(rule: Rule) -> Grantee:
    whole = rule.spiffe[0] == "Prefix" and "/" not in rule.spiffe[1].removeprefix("spiffe://").rstrip("/")
    return Grantee.ANY_IDENTITY if rule.everyone or whole else Grantee.NAMED
