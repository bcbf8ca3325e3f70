"""What Cilium's policies refer to: CIDR groups, services by name and label, and the cluster's own name."""

from dataclasses import dataclass

import msgspec

from app.collect.addresses import merged, network, range_of
from app.collect.invalid import InvalidObjectError, Violation, decode
from app.collect.policies.api import Context
from app.collect.wire import cilium as wire
from app.collect.wire import network as core
from app.model.identity import GroupKind, ObjectRef
from app.model.inventory import Labels
from app.model.policy import AddressRange
from app.model.snapshot import SnapshotObject

CIDR_GROUP = GroupKind("cilium.io", "CiliumCIDRGroup")
SERVICE = GroupKind("", "Service")
CONFIG_MAP = GroupKind("", "ConfigMap")
_CONFIG = "cilium-config"
_CLUSTER_NAME = "cluster-name"
_DEFAULT_CLUSTER = "default"
_MATCH_MODE = "policy-cidr-match-mode"
# Without these, Cilium refuses policies that use what they turn on; with what each is where nothing says it.
LAYER_7, NODE_SELECTORS, ICMP_RULES = "enable-l7-proxy", "enable-node-selector-labels", "enable-icmp-rules"
_SWITCHES = {LAYER_7: True, NODE_SELECTORS: False, ICMP_RULES: True}

_GROUP = msgspec.json.Decoder(wire.CIDRGroup)
_SERVICE = msgspec.json.Decoder(core.Service)
_SETTINGS = msgspec.json.Decoder(wire.ConfigMap)


@dataclass(frozen=True, slots=True)
class CIDRGroup:
    """`CiliumCIDRGroup`: `spec.externalCIDRs` as one set of addresses, sorted and disjoint."""

    ref: ObjectRef
    labels: Labels
    ranges: tuple[AddressRange, ...]


@dataclass(frozen=True, slots=True)
class NamedService:
    """`core/v1 Service`, as far as `toServices` looks at it; `selector` is None where addresses are given by hand."""

    ref: ObjectRef
    labels: Labels
    selector: Labels | None


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """`cilium-config`; `cluster` is None when its data was not kept.

    `match_modes`: what a CIDR matches beside addresses outside (`policy-cidr-match-mode`). `switches`: those of `_SWITCHES` that are on.
    `labels`: which labels of pods are kept for policies, as written. `label_file`: a file of the agent that replaces the default list.
    """

    ref: ObjectRef
    cluster: str | None
    match_modes: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()
    label_file: str = ""


def cidr_group(item: SnapshotObject) -> CIDRGroup:
    """Read one group.

    Raises:
        InvalidObjectError: a field has the wrong type, or an entry is no CIDR.
    """
    value = decode(item.body, _GROUP)
    found: list[Violation] = []
    ranges: list[AddressRange] = []
    for index, text in enumerate((value.spec.external_cidrs if value.spec else None) or ()):
        cidr = network(with_length(text), f"spec.externalCIDRs[{index}]", found)
        if cidr is not None:
            ranges.append(range_of(cidr))
    if found:
        raise InvalidObjectError(*found)
    return CIDRGroup(item.ref, value.metadata.labels or {}, merged(ranges))


def named_service(item: SnapshotObject) -> NamedService:
    """Read one service.

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    value = decode(item.body, _SERVICE)
    selector = value.spec.selector if value.spec else None
    return NamedService(item.ref, value.metadata.labels or {}, selector or None)


def agent_settings(item: SnapshotObject) -> AgentSettings | None:
    """Read the agent's ConfigMap; None for any other."""
    if item.ref.name != _CONFIG:
        return None
    data = decode(item.body, _SETTINGS).data
    if not data:
        return AgentSettings(item.ref, None)
    modes = data.get(_MATCH_MODE, "").replace(",", " ").split()
    on = frozenset(name for name, usual in _SWITCHES.items() if _is_on(data.get(name), usual=usual))
    labels = tuple(data.get("labels", "").split())
    cluster, file = data.get(_CLUSTER_NAME, _DEFAULT_CLUSTER), data.get("label-prefix-file", "").strip()
    return AgentSettings(item.ref, cluster, frozenset(modes), on, labels, file)


def cluster_name(context: Context) -> str | None:
    """The cluster's own name in a mesh; None when no ConfigMap says it, or several say different ones."""
    names = {settings.cluster for settings in context.each(AgentSettings)}
    return names.pop() if len(names) == 1 else None


def is_off(switch: str, context: Context) -> bool:
    """Whether a switch is off in every ConfigMap that was read; where none was, what Cilium does by itself counts."""
    found = [item.switches for item in context.each(AgentSettings) if item.cluster is not None]
    return not any(switch in on for on in found) if found else not _SWITCHES[switch]


def cidrs_match(what: str, context: Context) -> bool:
    """Whether some ConfigMap says that a CIDR also matches `nodes`, or `pods`."""
    return any(what in settings.match_modes for settings in context.each(AgentSettings))


def with_length(text: str) -> str:
    """A plain address as a CIDR of its own; anything else unchanged."""
    if "/" in text:
        return text
    return f"{text}/128" if ":" in text else f"{text}/32"


def _is_on(value: str | None, *, usual: bool) -> bool:
    return value.strip().lower() == "true" if value else usual
