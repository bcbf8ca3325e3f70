"""Several DaemonSets of one plugin: their settings have to say the same before one answer stands for all."""

from dataclasses import replace

from app.detect.evidence import Evidence
from app.detect.provider import Engine, Provider, Verdict, unknown


def agreed(provider: Provider, evidence: Evidence, engine: Engine) -> Engine:
    """The engine as found, or as unknown when its DaemonSets, each looked at alone, give different answers."""
    refs = [agent.ref for agent in engine.agents]
    if len(refs) <= 1:
        return engine
    alone = (provider.find(evidence.without([other for other in refs if other != ref])) for ref in refs)
    verdicts: list[Verdict] = [found.verdict for found in alone if found and found.agents]
    if all(verdict.enforcement is engine.verdict.enforcement for verdict in verdicts):
        return engine
    signs = (sign for verdict in verdicts for sign in verdict.signs)
    names = ", ".join(map(str, refs))
    reason = f"DaemonSets of {engine.name} are set up differently ({names}), so no one answer holds"
    return replace(engine, verdict=unknown(reason, *signs), overrides={})
