"""DestinationRule: what TLS a client's proxy is told to use, per host, subset and Service port.

Within a rule: port level of the subset, TLS of the subset, port level of the rule, TLS of the rule. Which rule holds for a
client: see `rule_lookup`. Source: Istio, `pilot/pkg/networking/util`, `pilot/pkg/xds/endpoints/mtls_checker.go`; API reference
"Destination Rule".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.meshes.istio.hosts import full_name
from app.detect.meshes.istio.objects import NETWORKING, revision, sign
from app.detect.served import covers
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

KIND = (NETWORKING, "DestinationRule")
PRIVATE = "."  # `exportTo`: the rule's own namespace


class Tls(StrEnum):
    """`ClientTLSSettings.TLSmode`; an object that says `tls` without a mode says DISABLE."""

    DISABLE = "DISABLE"
    SIMPLE = "SIMPLE"
    MUTUAL = "MUTUAL"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Told:
    """TLS that a rule asks for.

    Attributes:
        skips: the server's certificate is not verified.
        left_over: a port level took it away, and endpoints are still marked by it.
    """

    tls: Tls
    sign: Sign
    skips: bool = False
    left_over: bool = False


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
    """One object, or several of one host and namespace merged.

    Attributes:
        exports: `exportTo` as it takes effect; empty where the object does not say.
        selector: labels of the clients that it means; None where it has no selector.
        revision: the one revision that heeds it; empty for all.
        perhaps: whether it holds for clients depends on the release of the control plane.
    """

    item: SnapshotObject
    host: str
    exports: frozenset[str]
    selector: Mapping[str, str] | None
    traffic: Traffic
    subsets: tuple[Subset, ...]
    revision: str = ""
    perhaps: bool = False

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.item.ref.namespace

    def told(self, port: int, labels: Labels, subsets: Collection[str]) -> tuple[Told | None, ...]:
        """What it may ask for at a Service port: for the host itself and for each subset of these that means the pods.

        Args:
            port: the Service port.
            labels: the server's labels.
            subsets: names of subsets that requests are sent to; "" stands for the host itself.
        """
        chosen = [
            item.traffic for item in self.subsets if item.name in subsets and covers(item.labels, labels)
        ]
        own = (_told_by(port, self.traffic),) if "" in subsets else ()
        return (*own, *(_told_by(port, item, self.traffic) for item in chosen))

    @property
    def named(self) -> frozenset[str]:
        """Names of its subsets, and "" for the host itself."""
        return frozenset({"", *(item.name for item in self.subsets)})


def _told_by(port: int, *levels: Traffic) -> Told | None:
    """What holds at a port, by traffic policies from the narrowest.

    A port level replaces, so one without `tls` takes the TLS of its rule away from the connection. Endpoints are still marked by
    it: unless it is the mesh's own, none of them counts as able to end mutual TLS, and nothing encrypts.
    """
    for level in levels:
        if port in level.ports:
            return level.ports[port] or _left_over(port, *levels)
        if level.tls:
            return level.tls
    return None


def _left_over(port: int, *levels: Traffic) -> Told | None:
    marks = (mark for level in levels for mark in (level.ports.get(port), level.tls) if mark)
    left = next(marks, None)
    if left is None or left.tls is Tls.ISTIO_MUTUAL:
        return None
    return left if left.tls is Tls.UNREADABLE else replace(left, tls=Tls.DISABLE, left_over=True)


def read(item: SnapshotObject) -> DestinationRule:
    """Read one object."""
    spec = mapping(item.parsed().get("spec"))
    selecting = spec.get("workloadSelector")
    return DestinationRule(
        item=item,
        host=full_name(text(spec.get("host")), item.ref.namespace),
        exports=frozenset(map(text, sequence(spec.get("exportTo"))) if selecting is None else {PRIVATE}),
        selector=None if selecting is None else strings(dig(selecting, "matchLabels")),
        traffic=_traffic(item, spec.get("trafficPolicy"), "spec.trafficPolicy"),
        subsets=tuple(
            Subset(
                text(mapping(raw).get("name")),
                strings(mapping(raw).get("labels")),
                _traffic(item, mapping(raw).get("trafficPolicy"), f"spec.subsets[{index}].trafficPolicy"),
            )
            for index, raw in enumerate(sequence(spec.get("subsets")))
        ),
        revision=revision(item),
    )


def _traffic(item: SnapshotObject, value: Any, path: str) -> Traffic:
    levels = reversed(list(enumerate(sequence(dig(value, "portLevelSettings")))))  # of two the first holds
    return Traffic(
        given=isinstance(value, Mapping),
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
