"""Weave Net: policies are enforced by its second container, `weave-npc`.

Source: Weave Net documentation, "Integrating Kubernetes via the Addon"; the project's install manifests.
"""

from app.detect.evidence import Agent, Evidence
from app.detect.provider import Engine, Provider, Verdict, enforced, not_enforced
from app.detect.settings import environment
from app.model.platform import Sign

_UNMAINTAINED = "Weave Net is unmaintained: the project was archived in 2024"


def find(evidence: Evidence) -> Engine | None:
    """Recognise DaemonSet `weave-net` with its container `weave`."""
    agent = evidence.agent("weave", names=("weave-net",))
    if not agent:
        return None
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=agent.version,
        verdict=_verdict(evidence, agent),
        signs=(agent.container.sign("the network agent of Weave Net"),),
        agents=agent.daemon_sets,
        cautions=(_UNMAINTAINED,),
    )


def _verdict(evidence: Evidence, agent: Agent) -> Verdict:
    controller = agent.first.container("weave-npc")
    if controller:
        sign = controller.sign("the network policy controller of Weave Net")
        return enforced("Weave Net runs its network policy controller, weave-npc", sign)
    expected = environment(evidence, agent.container, "EXPECT_NPC")
    signs: tuple[Sign, ...] = (
        agent.first.sign("spec.template.spec.containers", "weave", "there is no container weave-npc"),
    )
    if expected:
        signs += (expected.sign("whether Weave Net waits for a policy controller"),)
    return not_enforced("Weave Net runs without its network policy controller, weave-npc", *signs)


PROVIDER = Provider("weave-net", "Weave Net", find)
