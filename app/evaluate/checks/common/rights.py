"""Who may change network or mesh policy, by RBAC: aggregated roles, wildcards, and the rights that lead to it.

Source: Kubernetes documentation, "Using RBAC Authorization" and "Role Based Access Control Good Practices": `escalate` and
`bind` let a subject give itself any right, `impersonate` lets it act as anyone, and whoever may edit a namespace may move
it to another zone by its labels.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.model.facts import Facts
from app.model.identity import GroupKind, ObjectRef
from app.model.policy import LabelSelector, Operator, Requirement
from app.model.scope import selects
from app.model.snapshot import SnapshotObject

RBAC = "rbac.authorization.k8s.io"
KINDS = tuple(GroupKind(RBAC, kind) for kind in ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"))
_WRITE = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_EDIT = frozenset({"update", "patch"})
# API groups whose objects are network or mesh policy, and which of their resources; None stands for all of them.
_POLICIES: Mapping[str, frozenset[str] | None] = {
    "networking.k8s.io": frozenset({"networkpolicies"}),
    "policy.networking.k8s.io": None,
    "crd.projectcalico.org": frozenset({"networkpolicies", "globalnetworkpolicies", "tiers", "networksets"}),
    "projectcalico.org": frozenset({"networkpolicies", "globalnetworkpolicies", "tiers", "networksets"}),
    "cilium.io": frozenset({"ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies"}),
    "crd.antrea.io": frozenset({"networkpolicies", "clusternetworkpolicies", "tiers", "clustergroups"}),
    "k8s.ovn.org": frozenset({"egressfirewalls"}),
    "security.istio.io": frozenset({"authorizationpolicies", "peerauthentications"}),
    "policy.linkerd.io": None,
    "kuma.io": frozenset({"meshtrafficpermissions", "meshtlses"}),
}
_DEFAULTS = ("kubernetes.io/bootstrapping", "rbac-defaults")
_CONTROLLER = "system:controller:"
# Roles that every API server has; a manifest folder may bind them without holding them.
_BUILTIN = {
    "cluster-admin": "use every right",
    "admin": "write networkpolicies",
    "edit": "write networkpolicies",
}


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One way in which an identity may change policy.

    Attributes:
        namespace: where; empty for the whole cluster.
        says: what it may do, as the end of a sentence.
        binding: the binding that gives it.
        role: the role it gives; its object is the evidence.
    """

    namespace: str
    says: str
    binding: ObjectRef
    role: ObjectRef


@dataclass
class Rights:
    """Bindings and roles of one snapshot.

    Attributes:
        missing: roles that are bound and were not read, with their bindings; not the built-in ones.
    """

    facts: Facts
    missing: list[tuple[ObjectRef, ObjectRef]] = field(init=False, default_factory=list)

    @property
    def read(self) -> bool:
        """True when any binding was read."""
        return bool(self._of("ClusterRoleBinding") or self._of("RoleBinding"))

    def ways(self) -> dict[str, list[Way]]:
        """Ways by identity, both sorted."""
        found: dict[str, set[Way]] = {}
        for binding in (*self._of("ClusterRoleBinding"), *self._of("RoleBinding")):
            body = binding.parsed()
            given = list(self._given(binding.ref, body.get("roleRef")))
            for subject in _subjects(body, binding.ref.namespace) if given else ():
                found.setdefault(subject, set()).update(given)
        return {name: sorted(found[name]) for name in sorted(found)}

    def of_kubernetes(self, identity: str, way: Way) -> bool:
        """True for a right that a default binding of the API server gives to an identity of Kubernetes itself.

        Source: Kubernetes documentation, "Using RBAC Authorization", default roles and role bindings: they carry the label below,
        and the API server repairs them by name. A subject that somebody added to one is not Kubernetes' own.
        """
        stored = self.facts.snapshot.find(way.binding)
        labels = stored.parsed().get("metadata", {}).get("labels") if stored else None
        if not isinstance(labels, Mapping) or labels.get(_DEFAULTS[0]) != _DEFAULTS[1] or way.namespace:
            return False
        if way.binding.name == "cluster-admin":
            return identity == "Group system:masters"
        name = way.binding.name.removeprefix(_CONTROLLER)
        if name != way.binding.name:
            return way.role.name == way.binding.name and identity == f"ServiceAccount kube-system/{name}"
        return way.binding.name.startswith("system:kube-") and identity == f"User {way.binding.name}"

    def _given(self, binding: ObjectRef, reference: Any) -> Iterator[Way]:
        """What a binding gives; a RoleBinding gives the rights of a ClusterRole in its own namespace."""
        if not isinstance(reference, Mapping):
            return
        kind, name = str(reference.get("kind", "")), str(reference.get("name", ""))
        role = ObjectRef(RBAC, kind, binding.namespace if kind == "Role" else "", name)
        rules = self._rules(role)
        if rules is None and kind == "ClusterRole" and name in _BUILTIN:
            yield Way(binding.namespace, _BUILTIN[name], binding, role)
        elif rules is None:
            self.missing.append((role, binding))
        else:
            says = sorted({text for rule in rules for text in _says(rule, within=bool(binding.namespace))})
            yield from (Way(binding.namespace, text, binding, role) for text in says)

    def _rules(self, role: ObjectRef) -> Sequence[Any] | None:
        """Its rules, and those of the roles that it aggregates; None when it was not read."""
        stored = self.facts.snapshot.find(role)
        if stored is None:
            return None
        body = stored.parsed()
        return [*_list(body.get("rules")), *self._aggregated(body.get("aggregationRule"))]

    def _aggregated(self, rule: Any) -> Iterator[Any]:
        selectors = _list(rule.get("clusterRoleSelectors")) if isinstance(rule, Mapping) else ()
        for selector in selectors:
            wanted = _selector(selector)
            for labels, rules in self._labelled:
                if selects(wanted, labels):
                    yield from rules

    @cached_property
    def _labelled(self) -> list[tuple[Mapping[str, Any], list[Any]]]:
        bodies = [item.parsed() for item in self._of("ClusterRole")]
        return [(body.get("metadata", {}).get("labels") or {}, _list(body.get("rules"))) for body in bodies]

    def _of(self, kind: str) -> tuple[SnapshotObject, ...]:
        return self.facts.snapshot.of_kind(RBAC, kind)


def _says(rule: Any, *, within: bool) -> Iterator[str]:
    """What one rule lets a subject do to policies, or towards it; rules for named objects count as well."""
    if not isinstance(rule, Mapping):
        return
    groups, resources, verbs = (_texts(rule.get(key)) for key in ("apiGroups", "resources", "verbs"))
    if groups & {"*"} and resources & {"*"} and verbs & {"*"}:
        yield "use every right"
        return
    for group, own in _POLICIES.items():
        if groups & {"*", group} and verbs & (_WRITE | {"*"}):
            hit = {"*"} & resources or (resources if own is None else resources & own)
            yield from (f"write {_named(name, group)}" for name in sorted(hit) if "/" not in name)
    for verb in ("escalate", "bind"):
        if groups & {"*", RBAC} and resources & {"*", "roles", "clusterroles"} and verbs & {verb, "*"}:
            yield f"{verb} roles, and so give itself any right"
    if (
        groups & {"*", ""}
        and resources & {"*", "users", "groups", "serviceaccounts"}
        and verbs & {"impersonate", "*"}
    ):
        yield "impersonate others"
    if not within and groups & {"*", ""} and resources & {"*", "namespaces"} and verbs & (_EDIT | {"*"}):
        yield "edit the labels of namespaces, which move them between zones"


def _named(resource: str, group: str) -> str:
    return f"every resource of {group}" if resource == "*" else f"{resource}.{group}"


def _subjects(body: Mapping[str, Any], namespace: str) -> Iterator[str]:
    for subject in _list(body.get("subjects")):
        if isinstance(subject, Mapping):
            kind, name = str(subject.get("kind", "")), str(subject.get("name", ""))
            home = str(subject.get("namespace") or namespace)
            yield f"{kind} {home}/{name}" if kind == "ServiceAccount" else f"{kind} {name}"


def _selector(value: Any) -> LabelSelector:
    """Read a `LabelSelector`; a condition that is not understood is left out, so that no right is overlooked."""
    said = value if isinstance(value, Mapping) else {}
    labels, expressions = said.get("matchLabels"), _list(said.get("matchExpressions"))
    equal = labels.items() if isinstance(labels, Mapping) else ()
    return LabelSelector(
        (
            *(Requirement(str(key), Operator.IN, (str(text),)) for key, text in equal),
            *(
                Requirement(
                    str(item.get("key")),
                    Operator(item["operator"]),
                    tuple(sorted(_texts(item.get("values")))),
                )
                for item in expressions
                if isinstance(item, Mapping) and item.get("operator") in set(Operator)
            ),
        )
    )


def _texts(value: Any) -> frozenset[str]:
    return frozenset(map(str, _list(value)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def places(ways: Iterable[Way]) -> tuple[str, ...]:
    """Namespaces of ways, sorted; empty for the whole cluster."""
    return tuple(sorted({way.namespace for way in ways}))
