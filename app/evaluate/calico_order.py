"""In which order Calico asks policies of one tier whose `order` is the same: by a key made of their names.

The key changed with Calico 3.32 (projectcalico/calico, felix `PolKVLess`, pull request 11232). Before, it was the name with the
tier in front of it, and for a namespaced policy the namespace in front of that: `shop/default.web`, `default.deny-all`,
`shop/knp.default.web`. Since then it is `web/shop/NetworkPolicy`. Keys are compared as text, so `web-1/…` comes before `web/…`.
"""

from enum import Enum, auto

from app.model.fields import decimal
from app.model.platform import Platform
from app.model.policy import Family, Policy

_IDS = ("calico", "canal")
_SINCE = 32  # minor version
_KUBERNETES_ORDER = 1000.0  # of every NetworkPolicy (`K8sNetworkPolicyToCalico`)
_DEFAULT_TIER = "default"


class Keys(Enum):
    """Which keys decide."""

    WITH_TIER = auto()  # before 3.32
    PLAIN = auto()


def keys_of(platform: Platform) -> Keys:
    """The keys of the version that runs; those of the newest where it is not known."""
    minors = [minor_of(item.version) for item in platform.plugins if item.id in _IDS]
    known = [minor for minor in minors if minor is not None]
    return Keys.WITH_TIER if known and max(known) < _SINCE else Keys.PLAIN


def minor_of(version: str) -> int | None:
    """The minor number of a version 3 of Calico; None for anything else."""
    major, _, rest = version.removeprefix("v").partition(".")
    return decimal(rest.partition(".")[0]) if major == "3" else None


def rank(item: Policy, keys: Keys) -> tuple[float, str]:
    """Sorts the policies of one tier."""
    order = _KUBERNETES_ORDER if item.family is Family.KUBERNETES else item.order
    return order, _with_tier(item) if keys is Keys.WITH_TIER else _plain(item)


def _plain(item: Policy) -> str:
    kind = "KubernetesNetworkPolicy" if item.family is Family.KUBERNETES else item.ref.kind
    return f"{item.ref.name}/{item.ref.namespace}/{kind}"


def _with_tier(item: Policy) -> str:
    tier, name = item.tier or _DEFAULT_TIER, item.ref.name
    if item.family is Family.KUBERNETES:
        name = f"knp.{_DEFAULT_TIER}.{name}"
    elif not name.startswith(f"{tier}."):
        name = f"{tier}.{name}"
    return f"{item.ref.namespace}/{name}" if item.ref.namespace else name
