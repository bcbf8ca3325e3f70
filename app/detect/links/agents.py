"""Where an agent runs, as far as it matters to what it wrote about its node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from app.detect.coverage import AgentPod, agent_pods
from app.detect.evidence import Evidence
from app.detect.settings import ConfigMap
from app.detect.workloads import DaemonSet
from app.model.encryption import EvidenceStrength, Known


@dataclass(frozen=True)
class Agents:
    """Agent pods by node; `known` is False where pods could not be looked for."""

    pods: Mapping[str, AgentPod]
    known: bool

    @classmethod
    def of(cls, evidence: Evidence, daemon_sets: Sequence[DaemonSet]) -> Self:
        """Look for the pods of these DaemonSets."""
        found = agent_pods(evidence, daemon_sets)
        doubt = any(evidence.doubt("", "Pod", item.ref.namespace) for item in daemon_sets)
        # of several on one node, a ready one speaks
        pods = {pod.node: pod for pod in sorted(found, key=lambda item: item.ready)}
        return cls(pods, known=bool(found) if not evidence.live else not doubt)

    def on(self, node: str) -> Known:
        """Whether a ready agent is on a node. One that is not ready may still encrypt: unknown."""
        here = self.pods.get(node)
        if here:
            return Known.YES if here.ready else Known.UNKNOWN
        return Known.NO if self.known else Known.UNKNOWN

    def unready(self, node: str) -> bool:
        """True where an agent is seen that is not ready."""
        here = self.pods.get(node)
        return here is not None and not here.ready

    def strength(self, node: str) -> EvidenceStrength:
        """What an agent wrote is observed while it runs; else it may be left from before."""
        running = self.on(node) is Known.YES
        return EvidenceStrength.OBSERVED if running else EvidenceStrength.CONFIGURED

    def stale(self, node: str, config: ConfigMap | None) -> bool:
        """True where the configuration changed after the agent had started, and may not hold there yet."""
        here = self.pods.get(node)
        # RFC 3339 in UTC with whole seconds, as the API server writes it, sorts as text
        return bool(here and config and config.changed_at and "" < here.started < config.changed_at)
