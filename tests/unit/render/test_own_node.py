import pytest

from app import evaluate
from app.model.connections import Connections
from app.model.platform import UNKNOWN_PLATFORM
from app.model.reachability import Profile
from app.render.charts import Level
from app.render.namespaces import worst_levels
from app.render.own_node import OwnNode
from tests.builders import cidr, inventory, namespace, node, pod, pods_peer, policy, rule

AGENT, VAULT = "kube-system/agent[Pod]", "payments/vault[Pod]"
HOME = node("n1", "192.168.0.1")


def engine(*rules, agent_on="n1", agent_host=True, vault_host=False, closed=True, nodes=(HOME,)):
    """An agent and a vault, which a policy isolates from whom its rules do not admit; the shop is somewhere else."""
    pods = (
        pod(
            "kube-system/agent",
            host_network=agent_host,
            node=agent_on,
            ips=("192.168.0.1",) if agent_host else (),
        ),
        pod("payments/vault", host_network=vault_host, node="n1"),
        pod("shop/web", {"app": "web"}, node="n1"),
    )
    spaces = [namespace(name) for name in ("kube-system", "payments", "shop")]
    policies = [policy("payments/vault", ingress=rules)] if closed else []
    found = inventory(pods, policies, nodes=nodes, namespaces=spaces)
    return evaluate.reachability(found, UNKNOWN_PLATFORM, (), profile=Profile.SPEC)


RESIDUAL = {
    "no rule admits anything": engine(),
    "a rule admits somebody else": engine(rule(pods_peer("app=web", ""))),
    "a rule admits everybody, on one port": engine(rule(ports=["8443/TCP"])),
    "a rule admits other addresses": engine(rule(cidr("10.0.0.0/8"))),
}
OPEN = {
    "a rule admits everybody on every port": engine(rule()),
    "a rule admits addresses, the node's among them": engine(rule(cidr("192.168.0.0/16"))),
    "no policy isolates the pod": engine(closed=False),
    "both use the network of the node": engine(vault_host=True),
    "the agent runs on another node, and everybody is admitted": engine(rule(), agent_on="n2"),
}
CLOSED = {
    "the agent runs on another node": engine(agent_on="n2"),
    "the agent has an address of the pod network": engine(agent_host=False),
}


def told(world) -> tuple[bool, Level]:
    only = OwnNode(world).only(AGENT, VAULT, world.between(AGENT, VAULT))
    return only, worst_levels(world, ("kube-system", "payments")).at("kube-system", "payments")


@pytest.mark.parametrize("world", RESIDUAL.values(), ids=RESIDUAL)
def test_a_path_that_only_the_own_node_explains_is_a_residual(world):
    assert told(world) == (True, Level.NODE)


@pytest.mark.parametrize("world", OPEN.values(), ids=OPEN)
def test_a_path_that_policies_leave_open_is_never_called_a_residual(world):
    assert told(world) == (False, Level.OPEN)


@pytest.mark.parametrize("world", CLOSED.values(), ids=CLOSED)
def test_what_does_not_share_a_node_has_no_residual(world):
    assert told(world) == (False, Level.NONE)


def test_some_ports_are_a_matter_of_policy():
    world = engine(rule(ports=["8443/TCP"]), agent_on="n2")

    assert told(world) == (False, Level.PORTS)


def test_the_world_outside_is_no_node():
    world = engine(rule())
    (outside, *_) = (item.id for item in world.externals)

    assert not OwnNode(world).only(outside, VAULT, Connections.all())


def test_a_receiver_is_told_from_its_own_node_in_a_cluster_of_any_size():
    """However many receivers there are, each is looked at: none is drawn worse than it is."""
    pods = [pod(f"payments/vault-{number}", node="n1") for number in range(600)]
    agent = pod("kube-system/agent", host_network=True, node="n1")
    closed = [policy("payments/closed", ingress=[])]
    found = inventory([agent, *pods], closed, namespaces=[namespace("kube-system"), namespace("payments")])
    world = evaluate.reachability(found, UNKNOWN_PLATFORM, (), profile=Profile.SPEC)

    assert worst_levels(world, ("kube-system", "payments")).at("kube-system", "payments") is Level.NODE
