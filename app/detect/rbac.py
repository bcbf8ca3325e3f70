"""Who may read NetworkPolicies: what a policy engine needs, and therefore a sign of one."""

from dataclasses import dataclass
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, text
from app.detect.workloads import DaemonSet
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

_RBAC = "rbac.authorization.k8s.io"
_GROUPS = ("networking.k8s.io", "extensions")
_NEEDED = frozenset({"list", "watch"})


@dataclass(frozen=True)
class Grants:
    """The ClusterRoles bound to an agent's service account, and what they grant.

    Attributes:
        roles: the bound roles that were read.
        reads_policies: the rule that lets it list and watch NetworkPolicies, if one does.
        doubt: why a missing rule proves nothing; empty when it does.
    """

    roles: tuple[SnapshotObject, ...]
    reads_policies: Sign | None
    doubt: str


def grants(evidence: Evidence, agent: DaemonSet) -> Grants:
    """What an agent may read, by ClusterRoleBindings that name its service account."""
    names = [
        text(dig(binding, "roleRef", "name"))
        for binding in (item.parsed() for item in evidence.snapshot.of_kind(_RBAC, "ClusterRoleBinding"))
        if dig(binding, "roleRef", "kind") == "ClusterRole" and _names(binding, agent)
    ]
    found = (evidence.object(_RBAC, "ClusterRole", "", name) for name in sorted(set(names)))
    roles = tuple(role for role in found if role)
    rule = next((sign for role in roles if (sign := _reading_rule(role))), None)
    doubt = evidence.doubt(_RBAC, "ClusterRole") or evidence.doubt(_RBAC, "ClusterRoleBinding")
    return Grants(roles, rule, doubt)


def _names(binding: Any, agent: DaemonSet) -> bool:
    return any(
        mapping(subject).get("kind") == "ServiceAccount"
        and mapping(subject).get("name") == agent.service_account
        and mapping(subject).get("namespace") == agent.ref.namespace
        for subject in sequence(mapping(binding).get("subjects"))
    )


def _reading_rule(role: SnapshotObject) -> Sign | None:
    for index, rule in enumerate(sequence(role.parsed().get("rules"))):
        if _reads_policies(rule):
            says = "its service account may list and watch NetworkPolicies"
            return Sign(role.ref, f"rules[{index}].resources", "networkpolicies", says, role.digest)
    return None


def _reads_policies(rule: Any) -> bool:
    """A rule that names the group; one for all groups is an administrator's and says nothing about networking."""
    groups, resources, verbs = (
        frozenset(map(text, sequence(mapping(rule).get(key)))) for key in ("apiGroups", "resources", "verbs")
    )
    return (
        not groups.isdisjoint(_GROUPS)
        and not resources.isdisjoint({"networkpolicies", "*"})
        and ("*" in verbs or verbs >= _NEEDED)
    )
