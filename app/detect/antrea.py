"""Antrea: the agent on a node enforces what `antrea-controller` computes.

Source: Antrea documentation, "Getting Started", "Traffic Encap Mode"; the project's install manifests.
"""

from app.detect.antrea_files import AGENT_FILE, settings_of
from app.detect.antrea_gates import guards_nodes, kinds_read
from app.detect.evidence import Agent, Evidence
from app.detect.fields import dig, text
from app.detect.provider import Engine, Provider, Verdict, degraded, enforced, unknown
from app.detect.settings import ConfigMap, config_map
from app.model.platform import Sign

_AGENT = "antrea-agent"
_CONTROLLER = "antrea-controller"
_CONFIG = "antrea-config"
_CHAINED = "networkpolicyonly"


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSet `antrea-agent` by its container."""
    agent = evidence.agent(_AGENT, names=(_AGENT,))
    if not agent:
        return None
    name = agent.first.config_map(_CONFIG) or _CONFIG
    config = config_map(evidence, agent.first.ref.namespace, name)
    mode = _mode(config)
    on, off = kinds_read(config)
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        primary=mode is None or mode.value.lower() != _CHAINED,
        verdict=_verdict(evidence, agent),
        signs=(mode,) if mode else (),
        agents=agent.daemon_sets,
        config=(config,) if config else (),
        reads=on,
        ignores=off,
        guards_nodes=guards_nodes(config),
    )


def _mode(config: ConfigMap | None) -> Sign | None:
    """The key that says it, where the agent's file has one."""
    setting = config.get(AGENT_FILE) if config else None
    mode = text((settings_of(config, AGENT_FILE) or {}).get("trafficEncapMode"))
    if setting is None or not mode:
        return None
    says = "whether Antrea gives pods their network, or only policies (networkPolicyOnly)"
    return Sign(setting.ref, f"{setting.field}.trafficEncapMode", mode, says, setting.digest)


def _verdict(evidence: Evidence, agent: Agent) -> Verdict:
    """Agents keep what they were given, but without a controller no change reaches them."""
    namespace = agent.first.ref.namespace
    running = agent.container.sign("the agent of Antrea")
    item = evidence.object("apps", "Deployment", namespace, _CONTROLLER)
    if item is None:
        doubt = evidence.doubt("apps", "Deployment", namespace, _CONTROLLER)
        if doubt or not evidence.live:
            reason = doubt or f"Deployment {namespace}/{_CONTROLLER} is not among what was read"
            return unknown(f"whether Antrea's policies are computed cannot be told: {reason}", running)
        return degraded(f"Deployment {namespace}/{_CONTROLLER} of Antrea is missing", running)
    status = item.parsed().get("status")
    ready = dig(status, "readyReplicas") or 0
    sign = Sign(
        item.ref, "status.readyReplicas", str(ready), "Antrea's controller computes policies", item.digest
    )
    if status and not ready:
        return degraded(
            "antrea-controller is not ready, so changes to policies have no effect", sign, running
        )
    return enforced("Antrea enforces NetworkPolicy wherever its agent is ready", running, sign)


PROVIDER = Provider("antrea", "Antrea", find)
