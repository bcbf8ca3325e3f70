"""AuthorizationPolicy objects, read: whom they hold for, what their rules ask of source, operation and request.

Source: Istio API reference, "Authorization Policy", "Authorization Policy Conditions".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, text
from app.detect.meshes.istio.objects import SECURITY, by_age, heeded, match_labels, revision, sign, unreadable
from app.model.identity import ObjectRef
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

KIND = (SECURITY, "AuthorizationPolicy")

_DRY_RUN = "istio.io/dry-run"
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
# fields of a source or an operation, without `not`, by what they look at
IDENTITY = ("principals", "namespaces", "serviceAccounts")
ADDRESS = ("ipBlocks",)
OF_REQUEST = ("requestPrincipals", "remoteIpBlocks", "trustDomains", "hosts", "methods", "paths")
PORTS = ("ports",)
_KNOWN = (*IDENTITY, *ADDRESS, *OF_REQUEST, *PORTS)
# keys of a condition that say the same as a field of a source
_SAME = {"source.principal": "principals", "source.namespace": "namespaces", "source.ip": "ipBlocks"}
_SAME_PORT = {"destination.port": "ports"}


class Action(StrEnum):
    """`spec.action`, in the order in which policies are asked; AUDIT never decides."""

    CUSTOM = "CUSTOM"
    DENY = "DENY"
    ALLOW = "ALLOW"
    AUDIT = "AUDIT"


@dataclass(frozen=True, slots=True)
class Term:
    """One field of a clause: one of the values must match, or with `negated` none may. `clear`: it could be read."""

    field: str
    values: tuple[str, ...]
    negated: bool = False
    clear: bool = True

    def __str__(self) -> str:
        """Write `methods GET, POST`."""
        return f"{'not ' if self.negated else ''}{self.field} {', '.join(self.values)}"


Clause = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: one source (if any is given), one operation (if any is given) and every condition must match."""

    path: str
    sources: tuple[Clause, ...]
    operations: tuple[Clause, ...]
    conditions: Clause

    def terms(self) -> Iterator[Term]:
        """Every term."""
        for clause in (*self.sources, *self.operations, self.conditions):
            yield from clause


@dataclass(frozen=True)
class AuthorizationPolicy:
    """One object.

    Attributes:
        targets: (kind, name) that it is attached to; empty for one that holds by selector or namespace.
        enforced: False for a dry run.
        action: None where the value is not known.
        provider: of a CUSTOM policy.
        revision: the one revision that heeds it; empty for all.
    """

    item: SnapshotObject
    action: Action | None
    selector: Mapping[str, str] | None
    targets: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]
    enforced: bool
    provider: str = ""
    revision: str = ""

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        return self.item.ref

    def heeded(self, revision: str) -> bool:
        """Whether proxies of a revision get it."""
        return heeded(self.revision, revision)

    def sign(self, path: str, value: object, says: str) -> Sign:
        """A field as evidence."""
        return sign(self.item, path, value, says)


def policies(evidence: Evidence) -> tuple[AuthorizationPolicy, ...]:
    """All policies, oldest first; their position is their number."""
    return tuple(_read(item) for item in by_age(evidence, *KIND))


def _read(item: SnapshotObject) -> AuthorizationPolicy:
    body = item.parsed()
    spec = mapping(body.get("spec"))
    action = spec.get("action", Action.ALLOW)
    refs = [*sequence(spec.get("targetRefs")), *([spec["targetRef"]] if "targetRef" in spec else [])]
    dry = text(mapping(dig(body, "metadata", "annotations")).get(_DRY_RUN))
    return AuthorizationPolicy(
        item=item,
        action=Action(action) if action in set(Action) else None,
        selector=match_labels(spec.get("selector")),
        targets=tuple((text(dig(ref, "kind")), text(dig(ref, "name"))) for ref in refs),
        rules=tuple(
            _rule(raw, f"spec.rules[{index}]", item.ref.namespace)
            for index, raw in enumerate(sequence(spec.get("rules")))
        ),
        enforced=dry not in _TRUE,
        provider=text(dig(spec, "provider", "name")),
        revision=revision(item),
    )


def _rule(raw: Any, path: str, namespace: str) -> Rule:
    value = mapping(raw)
    return Rule(
        path=path,
        sources=tuple(
            tuple(_terms(mapping(entry).get("source"), namespace)) for entry in sequence(value.get("from"))
        ),
        operations=tuple(
            tuple(_terms(mapping(entry).get("operation"), namespace)) for entry in sequence(value.get("to"))
        ),
        conditions=tuple(
            term for entry in sequence(value.get("when")) for term in _condition(mapping(entry))
        ),
    )


def _terms(raw: Any, namespace: str) -> Iterator[Term]:
    for name, values in sorted(mapping(raw).items()):
        if not sequence(values):
            continue
        negated = name.startswith("not") and name[3:4].isupper()
        field = f"{name[3].lower()}{name[4:]}" if negated else name
        found = tuple(text(item) for item in sequence(values))
        if field == "serviceAccounts":
            found = tuple(item if "/" in item else f"{namespace}/{item}" for item in found)
        clear = field in _KNOWN and not any(map(unreadable, found))
        yield Term(field, found, negated, clear)


def _condition(entry: Mapping[str, Any]) -> Iterator[Term]:
    key = text(entry.get("key"))
    field = _SAME.get(key) or _SAME_PORT.get(key) or key
    for name, negated in (("values", False), ("notValues", True)):
        found = tuple(text(item) for item in sequence(entry.get(name)))
        if found:
            yield Term(field, found, negated, clear=not any(map(unreadable, found)))
