"""From engines to one answer: who gives the network, who enforces where, and what stays in doubt.

1. An engine with an agent is looked for on every node.
2. A connection that any engine denies is denied: on each node the strongest answer of all engines holds.
3. "Not enforced" supposes that every engine was seen, "enforced" that every node was. Else it is "unknown".
4. Pods are exceptions only where every engine that enforces leaves them out.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from app.detect.coverage import agent_pods, by_status, coverage, stale, summary
from app.detect.distribution import distribution
from app.detect.evidence import Evidence
from app.detect.nodes import without_daemons
from app.detect.provider import Engine, Verdict, unknown
from app.model.identity import ObjectRef
from app.model.platform import (
    UNKNOWN_PLATFORM,
    Enforcement,
    NodeEnforcement,
    Platform,
    Plugin,
)

# a connection has to pass every engine, so one that enforces is enough
_STRENGTH = (Enforcement.NOT_ENFORCED, Enforcement.UNKNOWN, Enforcement.DEGRADED, Enforcement.ENFORCED)


@dataclass(frozen=True)
class _Seen:
    """An engine after its agent was looked for."""

    engine: Engine
    verdict: Verdict
    nodes: tuple[NodeEnforcement, ...]
    cautions: tuple[str, ...]


def combine(evidence: Evidence, engines: Sequence[Engine]) -> Platform:
    """Make one platform of all engines that were found, given in order of precedence."""
    doubt = evidence.doubt("apps", "DaemonSet") or evidence.doubt("", "Node")
    if not engines:
        return _nothing_found(evidence, doubt)
    seen = [_look(evidence, engine) for engine in engines]
    nodes = _nodes(evidence, seen, doubt)
    best = max(seen, key=lambda item: _STRENGTH.index(item.verdict.enforcement))
    overall = _doubted(_of_all_nodes(evidence, summary(best.verdict, nodes)), doubt)
    return Platform(
        plugins=_plugins(seen),
        nodes=nodes,
        enforcement=overall.enforcement,
        reason=overall.reason,
        distribution=distribution(evidence),
        pod_exceptions=_exceptions(seen),
        cilium=next((item.engine.cilium for item in seen if item.engine.cilium), None),
    )


def _look(evidence: Evidence, engine: Engine) -> _Seen:
    pods = agent_pods(evidence, engine.agents)
    reported = _clear(evidence, engine)
    if not pods:
        reported = replace(reported, verdict=by_status(evidence, reported))
    nodes = coverage(evidence, reported, pods)
    verdict = summary(reported.verdict, nodes)
    return _Seen(engine, verdict, nodes, (*engine.cautions, *stale(engine, pods)))


def _clear(evidence: Evidence, engine: Engine) -> Engine:
    """Two different objects under one name cannot both be what runs, so neither is believed."""
    read = [*(agent.ref for agent in engine.agents), *(config.item.ref for config in engine.config)]
    doubt = next((why for ref in read if (why := evidence.ambiguous(ref))), "")
    if not doubt:
        return engine
    verdict = unknown(f"whether {engine.name} enforces cannot be told: {doubt}", *engine.verdict.signs)
    return replace(engine, verdict=verdict, overrides={})


def _nodes(evidence: Evidence, seen: Sequence[_Seen], doubt: str) -> tuple[NodeEnforcement, ...]:
    """The strongest answer on each node; an engine that knows nodes, but not this one, is not on it."""
    answers: dict[str, list[NodeEnforcement]] = {}
    for item in seen:
        for entry in item.nodes:
            answers.setdefault(entry.node, []).append(entry)
    anywhere = [item.verdict for item in seen if not item.nodes]
    # no engine that was not seen can run on a node that runs no DaemonSet pods
    final = {node.name for node in evidence.nodes if without_daemons(node)}
    return tuple(
        _strongest(name, [*answers[name], *(_as_node(name, verdict) for verdict in anywhere)], doubt, final)
        for name in sorted(answers)
    )


def _strongest(
    name: str, answers: Sequence[NodeEnforcement], doubt: str, final: Container[str]
) -> NodeEnforcement:
    best = max(answers, key=lambda entry: _STRENGTH.index(entry.enforcement))
    if name in final:
        return best
    return _as_node(name, _doubted(Verdict(best.enforcement, best.reason, best.signs), doubt))


def _as_node(name: str, verdict: Verdict) -> NodeEnforcement:
    return NodeEnforcement(name, verdict.enforcement, verdict.reason, verdict.signs)


def _doubted(verdict: Verdict, doubt: str) -> Verdict:
    if not doubt or verdict.enforcement is not Enforcement.NOT_ENFORCED:
        return verdict
    reason = f"another policy engine may run that was not seen: {doubt}; of those seen, {verdict.reason}"
    return Verdict(Enforcement.UNKNOWN, reason, verdict.signs)


def _of_all_nodes(evidence: Evidence, verdict: Verdict) -> Verdict:
    """A cluster is enforced when all its nodes are; nodes that were not listed may run no agent."""
    doubt = evidence.doubt("", "Node")
    if not doubt or verdict.enforcement is not Enforcement.ENFORCED:
        return verdict
    reason = (
        f"whether policies are enforced on every node cannot be told: {doubt}; where seen, {verdict.reason}"
    )
    return unknown(reason, *verdict.signs)


def _nothing_found(evidence: Evidence, doubt: str) -> Platform:
    reason = f"which network plugin runs cannot be told: {doubt}" if doubt else UNKNOWN_PLATFORM.reason
    return replace(UNKNOWN_PLATFORM, reason=reason, distribution=distribution(evidence))


def _plugins(seen: Sequence[_Seen]) -> tuple[Plugin, ...]:
    """Plugins, the one that gives the network first; of several that could, the first in precedence does."""
    primary = next((item for item in seen if item.engine.primary), None)
    active = [item.engine.name for item in seen if item.verdict.holds]
    both = (
        f"more than one engine enforces policies ({', '.join(active)}): "
        "a connection has to pass all of them, and their makers do not support it"
    )
    ordered = sorted(seen, key=lambda item: item is not primary)
    return tuple(
        _plugin(
            item,
            primary=item is primary,
            more=(both,) if len(active) > 1 and item.verdict.holds else (),
        )
        for item in ordered
    )


def _plugin(item: _Seen, *, primary: bool, more: tuple[str, ...]) -> Plugin:
    return Plugin(
        id=item.engine.id,
        name=item.engine.name,
        version=item.engine.version,
        primary=primary,
        enforcement=item.verdict.enforcement,
        signs=(*item.verdict.signs, *item.engine.signs),
        cautions=(*item.cautions, *more),
        reads=item.engine.reads,
        ignores=item.engine.ignores,
        guards_nodes=item.engine.guards_nodes,
    )


def _exceptions(seen: Sequence[_Seen]) -> Mapping[ObjectRef, str]:
    active = [item.engine.exceptions for item in seen if item.verdict.holds]
    if not active:
        return {}
    return {pod: why for pod, why in active[0].items() if all(pod in other for other in active)}
