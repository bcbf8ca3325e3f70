"""Feature gates of Antrea, as far as they decide which policies are read.

Gates are written into the files of ConfigMap `antrea-config`, which are YAML; what stands there behind `#` is not set.
Source: Antrea documentation, "Antrea Feature Gates".
"""

from collections.abc import Mapping

from app.detect.fields import dig, mapping
from app.detect.settings import ConfigMap
from app.model.identity import GroupKind
from app.model.yaml_text import UnreadableTextError, read_text

_AGENT, _CONTROLLER = "antrea-agent.conf", "antrea-controller.conf"
_OWN = frozenset(
    {GroupKind("crd.antrea.io", "NetworkPolicy"), GroupKind("crd.antrea.io", "ClusterNetworkPolicy")}
)
_ADMIN = "policy.networking.k8s.io"
_BY_GATE = {
    "AdminNetworkPolicy": frozenset(
        {GroupKind(_ADMIN, "AdminNetworkPolicy"), GroupKind(_ADMIN, "BaselineAdminNetworkPolicy")}
    ),
    "ClusterNetworkPolicy": frozenset({GroupKind(_ADMIN, "ClusterNetworkPolicy")}),
}


def kinds_read(config: ConfigMap | None) -> tuple[frozenset[GroupKind], frozenset[GroupKind]]:
    """Policy kinds that the gates turn on, and those that they turn off; a kind in neither cannot be told."""
    own = [_gate(config, file, "AntreaPolicy", usual=True) for file in (_AGENT, _CONTROLLER)]
    if False in own:
        return frozenset(), _OWN.union(*_BY_GATE.values())
    on: set[GroupKind] = set()
    off: set[GroupKind] = set()
    for gate, kinds in _BY_GATE.items():
        given = _gate(config, _CONTROLLER, gate, usual=False)
        if given is not None:
            (on if given else off).update(kinds)
    return frozenset(on), frozenset(off)


def guards_nodes(config: ConfigMap | None) -> bool | None:
    """Whether policies are applied to nodes; None when it cannot be told."""
    return _gate(config, _AGENT, "NodeNetworkPolicy", usual=False)


def _gate(config: ConfigMap | None, file: str, name: str, *, usual: bool) -> bool | None:
    """One gate; None when the file was not read, or sets a whole stage of gates and not this one."""
    gates = _gates(config, file)
    if gates is None:
        return None
    given = gates.get(name)
    if given is not None:
        return given if isinstance(given, bool) else None
    whole_stage = gates.get("AllBeta" if usual else "AllAlpha")
    return usual if whole_stage in (None, usual) else None


def _gates(config: ConfigMap | None, file: str) -> Mapping[str, object] | None:
    """What a file sets of gates; None when it was not read."""
    setting = config.get(file) if config else None
    if setting is None or setting.value is None:
        return None
    try:
        return mapping(dig(read_text(setting.value), "featureGates"))
    except UnreadableTextError:
        return None
