"""Redaction of pod specs: values of variables, commands, probes and volumes.

Variables keep their names and references; a value is kept only for settings of network agents that a verdict reads,
on containers that are known to be such agents. Commands stay, because flags decide what an agent enforces, with every
secret in them masked.
"""

import re
from typing import Any

from app.collect import masking

_AGENTS = frozenset(
    {
        "antrea-agent",
        "aws-eks-nodeagent",
        "aws-node",
        "azure-npm",
        "calico-node",
        "cilium-agent",
        "consul-dataplane",
        "discovery",
        "install-cni",
        "istio-proxy",
        "kindnet-cni",
        "kube-flannel",
        "kube-network-policies",
        "kube-router",
        "kuma-sidecar",
        "linkerd-proxy",
        "nb-ovsdb",
        "policy",
        "traefik",
        "weave",
        "weave-npc",
    }
)
# Settings that say whether an agent enforces or encrypts (their manuals); a name that speaks of a secret never passes.
_AGENT_SETTINGS = re.compile(
    r"(?:CALICO_(?:NETWORKING_BACKEND|MANAGE_CNI|IPV[46]POOL_\w+)|CLUSTER_TYPE|DATASTORE_TYPE|FELIX_\w+"
    r"|AWS_VPC_\w+|ENABLE_\w+|NETWORK_POLICY_ENFORCING_MODE|POD_SECURITY_GROUP_ENFORCING_MODE"
    r"|EXPECT_NPC|EXTRA_ARGS|IPALLOC_RANGE|WEAVE_TRUSTED_SUBNETS|POD_SUBNET"
    r"|COMPLIANCE_POLICY|ISTIO_META_\w+|PILOT_ENABLE_\w+|TRUST_DOMAIN"
    r"|TRAEFIK_(?:ENTRYPOINTS|SERVERSTRANSPORT|TCPSERVERSTRANSPORT)_\w+"
    r"|LINKERD2_PROXY_(?:INBOUND|OUTBOUND|IDENTITY|POLICY)_\w+|KUMA_DATAPLANE_RUNTIME_\w+)\Z"
)
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_FREE_VOLUME_FIELDS = ("volumeAttributes", "options")  # csi and flexVolume: whatever a driver takes


def redact_pod_spec(spec: Any) -> None:
    """Redact the spec of a Pod or of a template, in place; a wrong type is left for reading to name."""
    if not isinstance(spec, dict):
        return
    for name in _CONTAINERS:
        for container in _objects(spec.get(name)):
            _redact_container(container)
    for volume in _objects(spec.get("volumes")):
        _redact_volume(volume)


def _redact_container(container: dict[str, Any]) -> None:
    name = container.get("name")
    hide = _setting if isinstance(name, str) and name in _AGENTS else _hidden
    for variable in _objects(container.get("env")):
        if "value" in variable:
            variable["value"] = hide(variable)
    if "args" in container or "command" in container:
        _redact_command(container)
    for probe in _PROBES:
        if probe in container:
            container[probe] = _probe(container[probe])
    container.pop("lifecycle", None)  # hooks run scripts; no verdict reads them


def _setting(variable: dict[str, Any]) -> Any:
    """An agent's setting as it is; of its other variables only whether they are set."""
    name, value = variable.get("name"), variable["value"]
    keep = isinstance(name, str) and _AGENT_SETTINGS.match(name) and not masking.names_a_secret(name)
    return masking.masked_text(value) if keep and isinstance(value, str) else masking.mask(value)


def _hidden(variable: dict[str, Any]) -> Any:
    """Of a workload's variable only whether it is set."""
    return masking.mask(variable["value"])


def _redact_command(container: dict[str, Any]) -> None:
    """Mask command and arguments as the one line that they are: a flag may end one list, its value begin the other."""
    command, arguments = container.get("command"), container.get("args")
    first = command if isinstance(command, list) else []
    second = arguments if isinstance(arguments, list) else []
    line = masking.masked_arguments([*first, *second])
    if isinstance(command, list):
        container["command"] = line[: len(first)]
    if isinstance(arguments, list):
        container["args"] = line[len(first) :]


def _probe(probe: Any) -> Any:
    """Which port is asked, and whether over TLS; paths, headers and commands may carry credentials."""
    if not isinstance(probe, dict):
        return probe
    kept = {}
    for name in ("httpGet", "tcpSocket", "grpc"):
        if isinstance(probe.get(name), dict):
            kept[name] = {field: probe[name][field] for field in ("port", "scheme") if field in probe[name]}
    return kept


def _redact_volume(volume: dict[str, Any]) -> None:
    for source in volume.values():
        if not isinstance(source, dict):
            continue
        for name in _FREE_VOLUME_FIELDS:
            if isinstance(source.get(name), dict):
                source[name] = {key: masking.mask(item) for key, item in source[name].items()}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
