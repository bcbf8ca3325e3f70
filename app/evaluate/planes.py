"""Which policies count in a cluster, in whose arrangement: what each data plane obeys, and what it lets lie.

A kind that no data plane of the cluster obeys restricts nothing, however it is written. Where it cannot be told whether a
kind is obeyed, its policies count, and whatever they select cannot be told for certain. Staged policies never count, in
the declared view either: their author asks the data plane not to enforce them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from app.evaluate.arrange import Plane, arrange, known_tiers, tier_of
from app.evaluate.calico_order import Keys, keys_of, minor_of
from app.model.identity import ObjectRef
from app.model.inventory import Inventory
from app.model.peers import selectors
from app.model.platform import Enforcement, Platform, Plugin
from app.model.policy import Facet, Family, Policy, requirements
from app.model.reachability import Profile

_VENDORS = {
    Family.CALICO: (Profile.CALICO, "Calico", ("calico", "canal")),
    Family.CILIUM: (Profile.CILIUM, "Cilium", ("cilium",)),
    Family.ANTREA: (Profile.ANTREA, "Antrea", ("antrea",)),
}
_IGNORING = "is declared and not enforced: Cilium ignores NetworkPolicy (enable-k8s-networkpolicy=false)"
_ADMIN = (Family.ADMIN, Family.BASELINE)

# Engines of their own that have never read cluster network policies (their documentation names NetworkPolicy alone).
_NETWORK_POLICY_ALONE = frozenset({"weave-net", "kube-router", "k3s", "azure-npm", "flannel", "azure-cni"})
# OKD and OVN-Kubernetes documentation, "AdminNetworkPolicy", "BaselineAdminNetworkPolicy": obeyed without any switch.
_OBEY_ADMIN = frozenset({"ovn-kubernetes"})
_OBEY_ADMIN_KINDS = frozenset({"AdminNetworkPolicy", "BaselineAdminNetworkPolicy"})
# First minor version of Calico 3 that obeys a kind for certain, and the last that does not (release notes).
_CALICO_ADMIN = {
    "AdminNetworkPolicy": (30, 28),
    "BaselineAdminNetworkPolicy": (31, 28),
    "ClusterNetworkPolicy": (32, 30),
}


class Obedience(Enum):
    """What a data plane does with a kind."""

    OBEYED = auto()
    UNKNOWN = auto()
    IGNORED = auto()


@dataclass(frozen=True)
class Counted:
    """Policies that count, arranged, and why others do not.

    Attributes:
        planes: a connection has to pass each of them.
        idle: policies that restrict nothing, with why, as the end of a sentence that begins with the policy.
        doubtful: policies that count although it is not known what they do, with why.
    """

    planes: tuple[Plane, ...]
    idle: Mapping[ObjectRef, str]
    doubtful: Mapping[ObjectRef, str]


def count_policies(
    inventory: Inventory, platform: Platform, profile: Profile, *, as_declared: bool
) -> Counted:
    """Choose the policies that count in one view, and arrange them.

    Args:
        inventory: policies and tiers of one snapshot.
        platform: the data planes that were found.
        profile: whose reading holds for what all data planes read.
        as_declared: count kinds that no data plane here obeys, each as its own data plane would.
    """
    idle: dict[ObjectRef, str] = {}
    doubtful: dict[ObjectRef, str] = {}
    counted: list[Policy] = []
    for policy in inventory.policies:
        verdict, why = obedience(policy, platform)
        if policy.staged:
            idle[policy.ref] = policy.why_staged or "is staged: it is evaluated and never enforced"
        elif verdict is Obedience.IGNORED and not as_declared:
            idle[policy.ref] = why
        else:
            counted.append(policy)
            reasons = _doubts(policy, inventory, why if verdict is Obedience.UNKNOWN else "")
            if reasons:
                doubtful[policy.ref] = (
                    f"{known}; {reasons}" if (known := doubtful.get(policy.ref)) else reasons
                )
    planes = _planes(counted, inventory, profile, keys_of(platform))
    return Counted(tuple(planes), idle, doubtful)


def obedience(policy: Policy, platform: Platform) -> tuple[Obedience, str]:
    """What the data planes of a cluster do with a policy's kind; as declared where none was found."""
    if policy.family is Family.KUBERNETES:
        return (Obedience.IGNORED, _IGNORING) if _ignored_by_cilium(platform) else (Obedience.OBEYED, "")
    if not platform.plugins:
        return Obedience.OBEYED, ""
    found = [_by_settings(policy, plugin) or _by_plugin(policy, plugin) for plugin in platform.plugins]
    if Obedience.OBEYED in found:
        return Obedience.OBEYED, ""
    names = " and ".join(plugin.name for plugin in platform.plugins)
    if Obedience.UNKNOWN in found or platform.enforcement is Enforcement.UNKNOWN:
        return Obedience.UNKNOWN, f"whether {names} obeys {policy.ref.group_kind} cannot be told"
    return Obedience.IGNORED, f"is declared and not enforced: {names} does not obey {policy.ref.group_kind}"


def _ignored_by_cilium(platform: Platform) -> bool:
    """True where Cilium ignores NetworkPolicy and no other engine reads it."""
    if platform.cilium is None or platform.cilium.network_policies:
        return False
    others = (plugin for plugin in platform.plugins if plugin.id not in _VENDORS[Family.CILIUM][2])
    return all(plugin.enforcement is Enforcement.NOT_ENFORCED for plugin in others)


def _by_settings(policy: Policy, plugin: Plugin) -> Obedience | None:
    """What a plugin's own settings say about a kind."""
    if policy.ref.group_kind in plugin.ignores:
        return Obedience.IGNORED
    return Obedience.OBEYED if policy.ref.group_kind in plugin.reads else None


def _by_plugin(policy: Policy, plugin: Plugin) -> Obedience:
    if policy.family in _VENDORS:
        _, _, owners = _VENDORS[policy.family]
        if plugin.id in owners:
            return Obedience.OBEYED
        return Obedience.UNKNOWN if plugin.id == "unknown" else Obedience.IGNORED
    if plugin.id in _OBEY_ADMIN and policy.ref.kind in _OBEY_ADMIN_KINDS:
        return Obedience.OBEYED
    if plugin.id in ("calico", "canal"):
        return _by_calico(policy, plugin)
    return Obedience.IGNORED if plugin.id in _NETWORK_POLICY_ALONE else Obedience.UNKNOWN


def _by_calico(policy: Policy, plugin: Plugin) -> Obedience:
    minor = minor_of(plugin.version)
    since, until = _CALICO_ADMIN.get(policy.ref.kind, (None, None))
    if minor is None or since is None or until is None:
        return Obedience.UNKNOWN
    if minor >= since:
        return Obedience.OBEYED
    return Obedience.IGNORED if minor <= until else Obedience.UNKNOWN


def _doubts(policy: Policy, inventory: Inventory, obeyed: str) -> str:
    """Why it is not known what a policy does; empty when it is."""
    tier = tier_of(policy)
    missing = bool(tier) and tier not in known_tiers(policy.family, inventory.tiers)
    reasons = [
        *([obeyed] if obeyed else []),
        *policy.unclear,
        *([f"its tier {tier} was not read, so its place in the order is not known"] if missing else []),
        *_unread_accounts(policy, inventory),
    ]
    return f"{policy.ref}: {'; '.join(reasons)}" if reasons else ""


def _unread_accounts(policy: Policy, inventory: Inventory) -> Iterable[str]:
    """Selecting by labels of service accounts needs the labels of all of them."""
    if not inventory.unread_accounts:
        return
    asked = (item.facet for selector in selectors(policy) for item in requirements(selector))
    if Facet.ACCOUNT in asked:
        yield (
            "it selects by labels of service accounts, and not all were read, such as "
            f"ServiceAccount {inventory.unread_accounts[0]}"
        )


def _planes(
    policies: Sequence[Policy], inventory: Inventory, profile: Profile, keys: Keys
) -> Iterable[Plane]:
    """The plane of the profile; and one for each vendor whose kinds it does not know, with the policies that all know."""
    shared = [item for item in policies if item.family not in _VENDORS]
    vendors = {item.family for item in policies if item.family in _VENDORS}
    own = next((family for family, (style, _, _) in _VENDORS.items() if style is profile), None)
    mine = [item for item in policies if item.family is own]
    yield arrange(profile, [*shared, *mine], inventory.tiers, keys=keys)
    everyone = [item for item in shared if item.family not in _ADMIN]
    for family in sorted(vendors - {own}):
        theirs = [item for item in policies if item.family is family]
        yield arrange(_VENDORS[family][0], [*everyone, *theirs], inventory.tiers, keys=keys)


def only_vendor(policies: Iterable[Policy]) -> Profile | None:
    """The data plane that the policies themselves speak of, where they speak of exactly one."""
    styles = {_VENDORS[item.family][0] for item in policies if item.family in _VENDORS}
    return styles.pop() if len(styles) == 1 else None
