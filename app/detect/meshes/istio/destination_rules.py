"""DestinationRule: what TLS a client's proxy is told to use, per host, subset and Service port.

Lookup: the client's namespace, then the Service's, then the root namespace; in each the most specific host, and for that host
a rule whose workloadSelector matches the client before one without. Within a rule: port level of the subset, TLS of the subset,
port level of the rule, TLS of the rule; a port level replaces, so one without `tls` takes the TLS away again.
Source: Istio, `pilot/pkg/model/push_context.go`, `destination_rule.go`; API reference "Destination Rule".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.meshes.istio.hosts import full_name, matches, specificity
from app.detect.meshes.istio.objects import NETWORKING, by_age, match_labels, sign, visible
from app.detect.served import covers
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

KIND = (NETWORKING, "DestinationRule")


class Tls(StrEnum):
    """`ClientTLSSettings.TLSmode`; an object that says `tls` without a mode says DISABLE."""

    DISABLE = "DISABLE"
    SIMPLE = "SIMPLE"
    MUTUAL = "MUTUAL"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Told:
    """TLS that a rule asks for; `skips` when the server's certificate is not verified."""

    tls: Tls
    sign: Sign
    skips: bool = False


@dataclass(frozen=True)
class Traffic:
    """A `trafficPolicy`: its TLS, and its port levels by Service port; None where it says nothing of TLS."""

    given: bool = False
    tls: Told | None = None
    ports: Mapping[int, Told | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Subset:
    """A subset: labels of the pods that it means, and its own traffic policy."""

    name: str
    labels: Mapping[str, str]
    traffic: Traffic


@dataclass(frozen=True)
class DestinationRule:
    """One object, or several of one host and namespace merged."""

    item: SnapshotObject
    host: str
    exports: tuple[str, ...]
    selector: Mapping[str, str] | None
    traffic: Traffic
    subsets: tuple[Subset, ...]

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.item.ref.namespace

    def visible(self, namespace: str) -> bool:
        """Whether clients of a namespace see it, by `exportTo`."""
        return visible(self.exports, self.namespace, namespace)

    def told(self, port: int, labels: Labels, subsets: Collection[str]) -> tuple[Told | None, ...]:
        """What it may ask for at a Service port: for the host itself and for each subset of these that means the pods.

        Args:
            port: the Service port.
            labels: the server's labels.
            subsets: names of subsets that requests are sent to; "" stands for the host itself.
        """
        above = self.traffic.ports.get(port, self.traffic.tls)
        chosen = [
            item.traffic for item in self.subsets if item.name in subsets and covers(item.labels, labels)
        ]
        own = (above,) if "" in subsets else ()
        return (*own, *(_of_subset(item, port, above) for item in chosen))

    @property
    def named(self) -> frozenset[str]:
        """Names of its subsets, and "" for the host itself."""
        return frozenset({"", *(item.name for item in self.subsets)})


@dataclass(frozen=True)
class DestinationRules:
    """All rules of a cluster; `default_exports` where a rule does not say."""

    evidence: Evidence
    default_exports: tuple[str, ...]

    @cached_property
    def all(self) -> tuple[DestinationRule, ...]:
        """Merged, oldest first."""
        return tuple(_merged(_read(item, self.default_exports) for item in by_age(self.evidence, *KIND)))

    @cached_property
    def _by_namespace(self) -> Mapping[str, Sequence[DestinationRule]]:
        groups: dict[str, list[DestinationRule]] = {}
        for rule in self.all:
            groups.setdefault(rule.namespace, []).append(rule)
        return groups

    def names(self, host: str) -> bool:
        """Whether any rule speaks about a host."""
        return any(matches(rule.host, host) for rule in self.all)

    def lookup(
        self, client: str, labels: Labels, host: str, service: str, root: str
    ) -> DestinationRule | None:
        """The rule that holds for a client.

        Args:
            client: the client's namespace.
            labels: the client's labels.
            host: full name of the Service.
            service: the Service's namespace.
            root: the root namespace.
        """
        for namespace in dict.fromkeys((client, service, root)):
            found = [rule for rule in self._by_namespace.get(namespace, ()) if matches(rule.host, host)]
            seen = [rule for rule in found if namespace == client or rule.visible(client)]
            if seen:
                return _chosen(seen, labels)
        return None


def _chosen(rules: Iterable[DestinationRule], labels: Labels) -> DestinationRule | None:
    """Of the most specific host: a rule that selects the client, else one that selects nobody in particular."""
    found = list(rules)
    best = max((rule.host for rule in found), key=specificity)
    same = [rule for rule in found if rule.host == best]
    selecting = (rule for rule in same if rule.selector and covers(rule.selector, labels))
    return next(selecting, next((rule for rule in same if not rule.selector), None))


def _of_subset(traffic: Traffic, port: int, above: Told | None) -> Told | None:
    if port in traffic.ports:
        return traffic.ports[port]
    return traffic.tls or above


def _merged(rules: Iterable[DestinationRule]) -> Iterator[DestinationRule]:
    """Rules of one host and namespace become one: the oldest's traffic policy, and every subset once by name."""
    first: dict[tuple[str, str], DestinationRule] = {}
    for rule in rules:
        key = rule.namespace, rule.host
        if rule.selector:
            yield rule
        elif key in first:
            first[key] = _joined(first[key], rule)
        else:
            first[key] = rule
    yield from first.values()


def _joined(older: DestinationRule, newer: DestinationRule) -> DestinationRule:
    known = {item.name for item in older.subsets}
    return DestinationRule(
        older.item,
        older.host,
        older.exports,
        older.selector,
        older.traffic if older.traffic.given else newer.traffic,
        (*older.subsets, *(item for item in newer.subsets if item.name not in known)),
    )


def _read(item: SnapshotObject, default_exports: tuple[str, ...]) -> DestinationRule:
    spec = mapping(item.parsed().get("spec"))
    return DestinationRule(
        item=item,
        host=full_name(text(spec.get("host")), item.ref.namespace),
        exports=tuple(map(text, sequence(spec.get("exportTo")))) or default_exports or ("*",),
        selector=match_labels(spec.get("workloadSelector")),
        traffic=_traffic(item, spec.get("trafficPolicy"), "spec.trafficPolicy"),
        subsets=tuple(
            Subset(
                text(mapping(raw).get("name")),
                strings(mapping(raw).get("labels")),
                _traffic(item, mapping(raw).get("trafficPolicy"), f"spec.subsets[{index}].trafficPolicy"),
            )
            for index, raw in enumerate(sequence(spec.get("subsets")))
        ),
    )


def _traffic(item: SnapshotObject, value: Any, path: str) -> Traffic:
    levels = enumerate(sequence(dig(value, "portLevelSettings")))
    return Traffic(
        given=bool(mapping(value)),
        tls=_told(item, dig(value, "tls"), f"{path}.tls"),
        ports={
            number: _told(item, mapping(raw).get("tls"), f"{path}.portLevelSettings[{index}].tls")
            for index, raw in levels
            if isinstance(number := dig(raw, "port", "number"), int)
        },
    )


def _told(item: SnapshotObject, value: Any, path: str) -> Told | None:
    if value is None:
        return None
    mode = mapping(value).get("mode", Tls.DISABLE)
    tls = Tls(mode) if text(mode) in set(Tls) - {Tls.UNREADABLE} else Tls.UNREADABLE
    says = "TLS that clients use towards this host"
    return Told(tls, sign(item, f"{path}.mode", tls, says), mapping(value).get("insecureSkipVerify") is True)
