"""Azure Network Policy Manager, the policy engine beside Azure CNI.

Source: Microsoft documentation, "Secure traffic between pods by using network policies in AKS".
"""

import json

from app.detect.evidence import Agent, Evidence
from app.detect.fields import dig
from app.detect.provider import Engine, Provider, enforced
from app.detect.settings import config_map

_AGENT = "azure-npm"
_WINDOWS = "azure-npm-win"
_CONFIG = "azure-npm-config"
_FILE = "azure-npm.json"
_RETIREMENT = "Azure Network Policy Manager is retired by its maker on 2028-09-30 for Linux nodes"
_LITE = "Azure Network Policy Manager runs as NPM Lite, which does not support every kind of peer"


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSet `azure-npm` by its container; `azure-npm-win` covers Windows nodes."""
    agent = evidence.agent(_AGENT, names=(_AGENT,), apps=(_AGENT,))
    if not agent:
        return None
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        primary=False,
        verdict=enforced(
            "Azure Network Policy Manager enforces NetworkPolicy wherever its agent is ready",
            agent.container.sign("the agent of Azure Network Policy Manager"),
        ),
        agents=agent.daemon_sets + evidence.named(_WINDOWS),
        cautions=(_RETIREMENT, _LITE) if _lite(evidence, agent) else (_RETIREMENT,),
    )


def _lite(evidence: Evidence, agent: Agent) -> bool:
    name = agent.first.config_map(_CONFIG) or _CONFIG
    config = config_map(evidence, agent.first.ref.namespace, name)
    setting = config.get(_FILE) if config else None
    try:
        content = json.loads(setting.value or "") if setting else {}
    except (ValueError, RecursionError):  # not JSON: the agent would not start with it either
        return False
    return dig(content, "Toggles", "EnableNPMLite") is True


PROVIDER = Provider("azure-npm", "Azure Network Policy Manager", find)
