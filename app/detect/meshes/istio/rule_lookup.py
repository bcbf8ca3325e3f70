"""Which DestinationRule holds for a client: by namespace, host and selector.

The client's namespace, then the Service's, then the root namespace; clients of the root namespace begin with what it keeps to itself.
In each the most specific host, and for that host a rule whose workloadSelector matches the client before one without; a rule
with a selector is never exported. Rules of one host, namespace and `exportTo` are one. One without a selector that is exported like one with
a selector, which is to say kept at home, is lost to other clients in some releases (istio/istio issue 58322). Source: Istio,
`pilot/pkg/model/push_context.go`, `destination_rule.go`, `sidecar.go`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from app.detect.evidence import Evidence
from app.detect.meshes.istio.destination_rules import KIND, PRIVATE, DestinationRule, read
from app.detect.meshes.istio.hosts import matches, specificity
from app.detect.meshes.istio.objects import by_age, heeded
from app.detect.served import covers
from app.model.inventory import Labels

_PUBLIC = "*"


@dataclass(frozen=True)
class DestinationRules:
    """All rules of a cluster; `default_exports` where a rule does not say."""

    evidence: Evidence
    default_exports: tuple[str, ...]
    _indexes: dict[str, "_Index"] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def all(self) -> tuple[DestinationRule, ...]:
        """As they stand: those with a selector first, then the oldest."""
        found = [read(item) for item in by_age(self.evidence, *KIND)]
        return tuple(sorted(found, key=lambda rule: rule.selector is None))

    def names(self, host: str) -> bool:
        """Whether any rule speaks about a host."""
        return any(matches(rule.host, host) for rule in self.all)

    def lookup(
        self, client: str, labels: Labels, host: str, service: str, root: str, revision: str = ""
    ) -> DestinationRule | None:
        """The rule that holds for a client.

        Args:
            client: the client's namespace.
            labels: the client's labels.
            host: full name of the Service.
            service: the Service's namespace.
            root: the root namespace.
            revision: of the client's control plane.
        """
        index = self._index(revision)
        first = index.kept if client == root else index.local
        if own := _most_specific(first.get(client, ()), host):
            return _chosen(own, labels)
        for namespace in (service, root):
            found = _most_specific(index.exported.get(namespace, ()), host)
            if seen := [rule for rule in found if not rule.exports or rule.exports & {_PUBLIC, client}]:
                return _chosen(seen, labels)
        return None

    def _index(self, revision: str) -> "_Index":
        if revision not in self._indexes:
            heard = [rule for rule in self.all if heeded(rule.revision, revision)]
            self._indexes[revision] = _indexed(heard, private=PRIVATE in self.default_exports)
        return self._indexes[revision]


_ByNamespace = Mapping[str, list[DestinationRule]]


@dataclass(frozen=True)
class _Index:
    """Merged rules by their namespace: those that clients there see, those for others, those that are kept from others."""

    local: _ByNamespace
    exported: _ByNamespace
    kept: _ByNamespace


def _indexed(rules: Iterable[DestinationRule], *, private: bool) -> _Index:
    local: dict[str, list[DestinationRule]] = {}
    exported: dict[str, list[DestinationRule]] = {}
    kept: dict[str, list[DestinationRule]] = {}
    for rule in rules:
        home = {PRIVATE, rule.namespace}
        if not rule.exports or rule.exports & {_PUBLIC, *home}:
            _merge(local.setdefault(rule.namespace, []), rule)
        alone = private if not rule.exports else len(rule.exports) == 1 and bool(rule.exports & home)
        _merge((kept if alone else exported).setdefault(rule.namespace, []), rule)
    return _Index(local, exported, kept)


def _merge(found: list[DestinationRule], rule: DestinationRule) -> None:
    """Add a rule to those of its namespace: joined to one of the same host that is exported alike, else by its own."""
    apart, lost = True, False
    for position, older in enumerate(found):
        if older.host != rule.host:
            continue
        alike = rule.exports == older.exports
        if not alike and not (older.exports and rule.exports >= older.exports):
            apart = True
            continue
        apart = not alike
        selecting = rule.selector is not None, older.selector is not None
        if all(selecting) and rule.selector != older.selector:
            apart = True
            continue
        lost = alike and any(selecting) != all(selecting)
        apart = apart and any(selecting) != all(selecting)
        found[position] = _joined(older, rule)
    if apart or lost:
        found.append(replace(rule, perhaps=rule.perhaps or not apart))


def _joined(older: DestinationRule, newer: DestinationRule) -> DestinationRule:
    """The oldest's traffic policy, and every subset once by name."""
    known = {item.name for item in older.subsets}
    return replace(
        older,
        traffic=older.traffic if older.traffic.given else newer.traffic,
        subsets=(*older.subsets, *(item for item in newer.subsets if item.name not in known)),
    )


def _most_specific(rules: Iterable[DestinationRule], host: str) -> list[DestinationRule]:
    found = [rule for rule in rules if matches(rule.host, host)]
    best = max((rule.host for rule in found), key=specificity, default="")
    return [rule for rule in found if rule.host == best]


def _chosen(rules: Iterable[DestinationRule], labels: Labels) -> DestinationRule | None:
    """A rule that selects the client, else the last that selects nobody in particular."""
    general = None
    for rule in rules:
        if rule.selector is None:
            general = rule
        elif covers(rule.selector, labels):
            return rule
    return general
