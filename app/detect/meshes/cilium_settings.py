"""What `cilium-config` says about meshes of Cilium's own: its node proxy, and mutual authentication."""

from dataclasses import dataclass

from app.detect.evidence import Agent, Evidence
from app.detect.settings import ConfigMap, Setting, config_map, option, switch

_AGENT = "cilium-agent"
_NAMES = ("cilium", "anetd")
_CONFIG = "cilium-config"
_VOLUMES = ("cilium-config-path", "config-map")


@dataclass(frozen=True)
class CiliumSettings:
    """The agent and its ConfigMap; None where no agent of Cilium is there."""

    evidence: Evidence
    agent: Agent
    config: ConfigMap | None

    @classmethod
    def of(cls, evidence: Evidence) -> "CiliumSettings | None":
        """Find the agent as detection of the plugin does."""
        agent = evidence.agent(_AGENT, names=_NAMES, apps=("cilium",))
        if agent is None:
            return None
        name = agent.first.config_map(*_VOLUMES) or _CONFIG
        found = config_map(evidence, agent.first.ref.namespace, name)
        return cls(evidence, agent, found if found and found.readable else None)

    @property
    def doubt(self) -> str:
        """Why settings are not known; empty when they are."""
        return (
            ""
            if self.config
            else "the settings of Cilium (ConfigMap cilium-config) are not among what was read"
        )

    def switch(self, key: str) -> Setting | None:
        """A setting that is on or off: the agent's flag, else the ConfigMap; None where neither says it."""
        return switch(self.evidence, self.agent.container, key) or (
            self.config.get(key) if self.config else None
        )

    def text(self, key: str) -> str:
        """A setting with a value; empty where nothing says it."""
        found = option(self.evidence, self.agent.container, key) or (
            self.config.get(key) if self.config else None
        )
        return (found.value or "") if found else ""
