"""Feature gates of Antrea, as far as they decide which policies are read.

Gates are written into the files of ConfigMap `antrea-config`, which are YAML; what stands there behind `#` is not set.
Source: Antrea documentation, "Antrea Feature Gates".
"""

from collections.abc import Mapping

from app.detect.antrea_files import AGENT_FILE, CONTROLLER_FILE, settings_of
from app.detect.fields import mapping
from app.detect.settings import ConfigMap
from app.model.identity import GroupKind

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
    own = [_gate(config, file, "AntreaPolicy", usual=True) for file in (AGENT_FILE, CONTROLLER_FILE)]
    if False in own:
        return frozenset(), _OWN.union(*_BY_GATE.values())
    on: set[GroupKind] = set()
    off: set[GroupKind] = set()
    for gate, kinds in _BY_GATE.items():
        given = _gate(config, CONTROLLER_FILE, gate, usual=False)
        if given is not None:
            (on if given else off).update(kinds)
    return frozenset(on), frozenset(off)


def guards_nodes(config: ConfigMap | None) -> bool | None:
    """Whether policies are applied to nodes; None when it cannot be told."""
    return _gate(config, AGENT_FILE, "NodeNetworkPolicy", usual=False)


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
    found = settings_of(config, file)
    return None if found is None else mapping(found.get("featureGates"))
