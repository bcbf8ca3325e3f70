"""What `cilium-config` says about meshes of Cilium's own: its node proxy, and mutual authentication."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.detect.cilium_nodes import KIND, node_settings
from app.detect.evidence import Agent, Evidence
from app.detect.links.agents import Agents
from app.detect.settings import ConfigMap, Setting, config_map, option, switch

_AGENT = "cilium-agent"
_NAMES = ("cilium", "anetd")
_CONFIG = "cilium-config"
_VOLUMES = ("cilium-config-path", "config-map")
ZTUNNEL, MUTUAL, SPIRE = "enable-ztunnel", "mesh-auth-mutual-enabled", "mesh-auth-spire-server-address"
_KEYS = (ZTUNNEL, MUTUAL, SPIRE)
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


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

    @property
    def version(self) -> tuple[int, int] | None:
        """The agent's release; None where its image does not tell."""
        found = _VERSION.match(self.agent.version)
        return (int(found[1]), int(found[2])) if found else None

    @cached_property
    def agents(self) -> Agents:
        """Where the agent runs."""
        return Agents.of(self.evidence, self.agent.daemon_sets)

    @cached_property
    def _changed(self) -> Mapping[str, dict[str, Setting]]:
        return node_settings(self.evidence, self.agent.first.ref.namespace, _KEYS)

    def unsettled(self, *keys: str, nodes: Collection[str] = ()) -> str:
        """Why settings may not hold on these nodes, on any where none is named: a clause; empty where they do.

        An agent that started before they were changed runs by the old ones, and a CiliumNodeConfig replaces them on some nodes.
        """
        namespace = self.agent.first.ref.namespace
        if doubt := self.evidence.doubt(*KIND, namespace):
            return f"whether single nodes have other settings cannot be told: {doubt}"
        old = [name for name in nodes or self.agents.pods if self.agents.stale(name, self.config)]
        if old:
            return f"the configuration is newer than the agent on node {min(old)} that runs it"
        other = [
            (name, found)
            for name in nodes or sorted(self._changed)
            if (
                found := {key: self._changed[name][key] for key in keys if key in self._changed.get(name, {})}
            )
        ]
        if not other:
            return ""
        name, found = other[0]
        return (
            f"{next(iter(found.values())).ref} sets {', '.join(sorted(found))} on node {name} in its own way"
        )
