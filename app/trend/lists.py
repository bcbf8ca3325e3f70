"""Lists of an object: in some the order of entries has a meaning, in others it has none, and putting them another way is no change.

Where rules are joined (any of them that matches allows), every list is a set: NetworkPolicy ("allowed … if the traffic matches at
least one" in the API's field documentation), Cilium's policies, Istio's AuthorizationPolicy, RBAC roles. Calico, Antrea and
AdminNetworkPolicy ask their rules one after another, so those keep their order, and peers or ports within a rule do not. Whatever is
not named here is taken to be in order: a difference too many rather than one too few.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

ABSENT: Final = object()
"""Stands for an entry or a field that is not there."""

_UNIONS: Final = frozenset(
    {
        ("networking.k8s.io", "NetworkPolicy"),
        ("cilium.io", "CiliumNetworkPolicy"),
        ("cilium.io", "CiliumClusterwideNetworkPolicy"),
        ("security.istio.io", "AuthorizationPolicy"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    }
)
# Fields whose entries are a set whatever the kind. Not `env` and `initContainers`, which are worked through in order, nor
# `clusterIPs` and `ipFamilies`, of which the first is the main one.
_SETS: Final = frozenset(
    {
        "policyTypes", "types", "matchExpressions", "values", "from", "to", "ports", "except", "nets", "notNets", "appliedTo",
        "finalizers", "ownerReferences", "imagePullSecrets", "containers", "volumes", "volumeMounts", "tolerations", "taints",
        "hosts", "tls", "hostnames", "parentRefs", "listeners", "externalIPs", "loadBalancerSourceRanges", "addresses", "endpoints",
    }
)  # fmt: skip


class Lists:
    """Which lists of one object are sets.

    Args:
        body: the object, or as much of it as tells its kind.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        group = str(body.get("apiVersion", "")).rpartition("/")[0]
        self._union = (group, body.get("kind")) in _UNIONS

    def pairs(self, field: str, was: list[Any], now: list[Any]) -> Iterator[tuple[int, Any, Any]]:
        """Entries that may differ, each beside what it was, with its place (in the later list where it is there).

        Args:
            field: name of the field that holds the list.
            was: the earlier list.
            now: the later one.
        """
        if self._is_set(field):
            yield from self._of_sets(was, now)
            return
        first = _alike(was, now)
        last = _alike(was[first:][::-1], now[first:][::-1])
        before, after = was[first : len(was) - last], now[first : len(now) - last]
        for at in range(max(len(before), len(after))):
            yield first + at, _item(before, at), _item(after, at)

    def _is_set(self, field: str) -> bool:
        return self._union or field in _SETS

    def _of_sets(self, was: list[Any], now: list[Any]) -> Iterator[tuple[int, Any, Any]]:
        """Entries that the other list has are left out; those of one name belong together, and then one to one as they stand."""
        had, has = ({self._meaning(item) for item in found} for found in (was, now))
        gone = {at: item for at, item in enumerate(was) if self._meaning(item) not in has}
        come = {at: item for at, item in enumerate(now) if self._meaning(item) not in had}
        places = {_name(item): at for at, item in gone.items()}
        found = []
        for at, item in list(come.items()):
            if (name := _name(item)) and (place := places.get(name, -1)) in gone:
                found.append((at, gone.pop(place), come.pop(at)))
        loose = [at for at, item in gone.items() if not _name(item)]
        for at, item in list(come.items()):
            before = ABSENT if _name(item) or not loose else gone.pop(loose.pop(0))
            found.append((at, before, item))
        found += [(at, item, ABSENT) for at, item in gone.items()]
        yield from sorted(found, key=lambda entry: entry[0])

    def _meaning(self, value: Any) -> bytes:
        """The same bytes for values that mean the same."""
        return _text(self._plain("", value))

    def _plain(self, field: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._plain(key, item) for key, item in value.items()}
        if isinstance(value, list):
            items = [self._plain("", item) for item in value]
            if self._is_set(field):
                distinct = {_text(item): item for item in items}
                return [distinct[text] for text in sorted(distinct)]
            return items
        return value


def _alike(was: list[Any], now: list[Any]) -> int:
    """How many entries the two lists begin with alike."""
    return next(
        (at for at, (one, other) in enumerate(zip(was, now, strict=False)) if one != other),
        min(len(was), len(now)),
    )


def _text(plain: Any) -> bytes:
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def _item(values: list[Any], at: int) -> Any:
    return values[at] if at < len(values) else ABSENT


def _name(item: Any) -> str:
    """What tells an entry from its like while its other fields change; empty where nothing does."""
    return str(item.get("name") or "") if isinstance(item, dict) else ""
