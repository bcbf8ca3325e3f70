"""Where an engine's agent really runs: node by node, from its pods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, text
from app.detect.nodes import Node, is_true, without_daemons
from app.detect.provider import Engine, Verdict, degraded, enforced, not_enforced, unknown
from app.detect.workloads import OS_LABEL, DaemonSet
from app.model.identity import ObjectRef
from app.model.platform import Enforcement, NodeEnforcement, Sign
from app.model.snapshot import SnapshotObject

_READY = "status.conditions[type=Ready].status"


@dataclass(frozen=True, slots=True)
class AgentPod:
    """A pod of an agent's DaemonSet; `started` is when its first container started (RFC 3339), or empty."""

    ref: ObjectRef
    digest: str
    node: str
    ready: bool
    started: str

    @classmethod
    def of(cls, item: SnapshotObject, body: Mapping[str, object]) -> Self:
        """Read a stored Pod."""
        running = [
            text(dig(status, "state", "running", "startedAt"))
            for status in sequence(dig(body, "status", "containerStatuses"))
        ]
        return cls(
            ref=item.ref,
            digest=item.digest,
            node=text(dig(body, "spec", "nodeName")),
            ready=is_true(dig(body, "status", "conditions"), "Ready")
            and not dig(body, "metadata", "deletionTimestamp"),
            started=min(filter(None, running), default=text(dig(body, "status", "startTime"))),
        )

    def sign(self, says: str) -> Sign:
        """Its Ready condition as evidence."""
        return Sign(self.ref, _READY, "True" if self.ready else "not True", says, self.digest)


def agent_pods(evidence: Evidence, agents: Sequence[DaemonSet]) -> tuple[AgentPod, ...]:
    """Pods that belong to the DaemonSets, by identity."""
    names = {(item.ref.namespace, item.ref.name) for item in agents}
    found = []
    for namespace in sorted({place for place, _ in names}):
        for item in evidence.pods_of(namespace):
            body = item.parsed()
            if any((namespace, owner) in names for owner in _daemon_set_owners(body)):
                found.append(AgentPod.of(item, body))
    return tuple(found)


def coverage(evidence: Evidence, engine: Engine, pods: Sequence[AgentPod]) -> tuple[NodeEnforcement, ...]:
    """Enforcement of one engine on every known node, by node name; empty when no node is known."""
    if engine.on_nodes is not None:
        return engine.on_nodes
    here = _Presence.of(evidence, engine, pods)
    nodes = {node.name: node for node in evidence.nodes}
    return tuple(_entry(name, here.on(name, nodes.get(name))) for name in evidence.node_names)


def stale(engine: Engine, pods: Sequence[AgentPod]) -> tuple[str, ...]:
    """Cautions about configuration that changed after agents had read it."""
    cautions = []
    for config in engine.config:
        # RFC 3339 in UTC with whole seconds, as the API server writes it, sorts as text
        before = [pod for pod in pods if config.changed_at and "" < pod.started < config.changed_at]
        if before:
            cautions.append(
                f"stale: {config.item.ref} changed at {config.changed_at}, after {len(before)} of {len(pods)} agent "
                f"pods of {engine.name} had started, the first of them {before[0].ref}; they may still run the "
                "settings from before"
            )
    return tuple(cautions)


def summary(verdict: Verdict, nodes: Sequence[NodeEnforcement]) -> Verdict:
    """One answer for the cluster, from its nodes where they are known."""
    found = {entry.enforcement for entry in nodes}
    if not nodes or found == {verdict.enforcement}:
        return verdict
    if len(found) == 1:
        reason = f"on all {len(nodes)} nodes the same holds as on {nodes[0].node}: {nodes[0].reason}"
        return Verdict(nodes[0].enforcement, reason, nodes[0].signs + verdict.signs)
    good = sum(entry.enforcement is Enforcement.ENFORCED for entry in nodes)
    other = next(entry for entry in nodes if entry.enforcement is not Enforcement.ENFORCED)
    return degraded(
        f"policies are enforced on {good} of {len(nodes)} nodes; {other.node}: {other.reason}",
        *other.signs,
        *verdict.signs,
    )


def by_status(evidence: Evidence, engine: Engine) -> Verdict:
    """The verdict where no agent pod was seen: as configured, as far as the DaemonSets' own status bears it out."""
    if engine.verdict.enforcement is not Enforcement.ENFORCED:
        return engine.verdict
    for agent in engine.agents:
        doubt = evidence.doubt("", "Pod", agent.ref.namespace)
        if evidence.live and doubt:
            return unknown(
                f"whether the agent of {engine.name} runs cannot be told: {doubt}", *engine.verdict.signs
            )
        ready = agent.ready or 0
        if agent.desired is not None and ready < agent.desired:
            reason = f"{ready} of {agent.desired} agent pods of {engine.name} are ready"
            return degraded(
                reason, agent.sign("status.numberReady", str(ready), reason), *engine.verdict.signs
            )
    return engine.verdict


@dataclass(frozen=True)
class _Presence:
    """One engine's agent pods, asked for one node at a time.

    Attributes:
        pods: agent pods by node, ready ones first.
        elsewhere: the answer for a node on which no agent pod was seen though one could run there.
    """

    engine: Engine
    pods: Mapping[str, Sequence[AgentPod]]
    elsewhere: Verdict

    @classmethod
    def of(cls, evidence: Evidence, engine: Engine, pods: Sequence[AgentPod]) -> Self:
        """Sort an engine's pods by node."""
        by_node: dict[str, list[AgentPod]] = {}
        for pod in sorted(pods, key=lambda item: not item.ready):
            by_node.setdefault(pod.node, []).append(pod)
        return cls(engine, by_node, _unseen(evidence, engine, pods))

    def on(self, name: str, node: Node | None) -> Verdict:
        """The first that holds: switched off, an agent is ready, is not ready, cannot run, was not seen."""
        verdict = self.engine.overrides.get(name, self.engine.verdict)
        if not verdict.holds:
            return verdict
        return self._agent(name, verdict) or (self._impossible(node) if node else None) or self.elsewhere

    def _agent(self, name: str, verdict: Verdict) -> Verdict | None:
        here = self.pods.get(name)
        if not here:
            return None
        if not here[0].ready:
            reason = f"the agent of {self.engine.name}, {here[0].ref}, is not ready on this node"
            return degraded(reason, here[0].sign("the agent is not ready"))
        if verdict.enforcement is not Enforcement.ENFORCED:
            return verdict
        reason = f"the agent of {self.engine.name}, {here[0].ref}, is ready on this node"
        return enforced(reason, here[0].sign("the agent is ready"))

    def _impossible(self, node: Node) -> Verdict | None:
        never = without_daemons(node)
        if never:
            return not_enforced(f"no agent of {self.engine.name} can run on this node: {never.says}", never)
        refusals = [_refusal(agent, node) for agent in self.engine.agents]
        if not refusals or None in refusals:
            return None
        refusal = next(item for item in refusals if item)
        return not_enforced(f"no agent of {self.engine.name} can run on this node: {refusal.says}", refusal)


def _unseen(evidence: Evidence, engine: Engine, pods: Sequence[AgentPod]) -> Verdict:
    doubts = (evidence.doubt("", "Pod", agent.ref.namespace) for agent in engine.agents)
    doubt = next(filter(None, doubts), "")
    if doubt:
        return unknown(f"whether the agent of {engine.name} runs on this node cannot be told: {doubt}")
    if not evidence.live and not pods:
        # files hold what a person chose to give: agents that are missing from all of them were not looked for
        return engine.verdict
    says = "no pod of this DaemonSet is on the node"
    return degraded(
        f"no agent pod of {engine.name} is on this node",
        *(agent.sign("metadata.name", agent.ref.name, says) for agent in engine.agents),
    )


def _refusal(agent: DaemonSet, node: Node) -> Sign | None:
    """Why the scheduler never puts an agent on a node; agents are Linux programs unless they ask for Windows."""
    wanted = dict(agent.node_selector)
    system = wanted.pop(OS_LABEL, "linux")
    if node.os not in ("", system):
        return node.label_sign(OS_LABEL, f"the agent runs on {system} and the node runs {node.os}")
    for key, value in sorted(wanted.items()):
        if node.labels.get(key) != value:
            return node.label_sign(key, f"the agent's node selector wants {key}={value}")
    return None


def _entry(name: str, verdict: Verdict) -> NodeEnforcement:
    return NodeEnforcement(name, verdict.enforcement, verdict.reason, verdict.signs)


def _daemon_set_owners(body: Mapping[str, object]) -> list[str]:
    owners = (mapping(item) for item in sequence(dig(body, "metadata", "ownerReferences")))
    return [text(owner.get("name")) for owner in owners if owner.get("kind") == "DaemonSet"]
