from dataclasses import replace

import pytest

from app.model.connections import Connections
from app.model.decision import RuleRef
from app.model.policy import Direction
from app.model.reachability import EffectiveRule
from app.render.charts import Level
from app.render.namespaces import worst_levels
from app.render.own_node import OwnNode
from tests.report_builder import INTERNET, FixedReachability, policy, ports, workload

AGENT = replace(workload("kube-system", "agent", "DaemonSet"), host_network=True)
VAULT = workload("payments", "vault")
ISOLATED = frozenset({(VAULT.id, Direction.INGRESS)})


def rule(**values) -> EffectiveRule:
    usual = {
        "workloads": (),
        "externals": (),
        "ports": Connections.all(),
        "any_peer": False,
        "any_port": True,
    }
    return EffectiveRule(
        RuleRef(policy("payments", "vault"), Direction.INGRESS, "spec.ingress[0]"), **(usual | values)
    )


class Engine(FixedReachability):
    rules = ()

    def rules_on(self, workload, direction):
        return self.rules


def engine(*rules, agent=AGENT, vault=VAULT, allowed=Connections.all(), isolated=ISOLATED):  # noqa: B008  frozen
    made = Engine((agent, vault), {(agent.id, vault.id): allowed}, isolated)
    object.__setattr__(made, "rules", rules)
    return made


RESIDUAL = {
    "no rule admits anything": engine(),
    "a rule admits somebody else": engine(rule(workloads=("shop/web[Deployment]",))),
    "a rule admits everybody, on one port": engine(rule(any_peer=True, ports=ports(8443))),
}
OPEN = {
    "a rule admits everybody on every port": engine(rule(any_peer=True)),
    "a rule admits addresses, which might be the node's": engine(rule(externals=(INTERNET.range,))),
    "a rule names the agent": engine(rule(workloads=(AGENT.id,))),
    "no policy isolates the pod": engine(isolated=frozenset()),
    "the pods run on other nodes": engine(agent=replace(AGENT, nodes=("node-2",))),
    "the agent has an address of the pod network": engine(agent=replace(AGENT, host_network=False)),
    "both use the network of the node": engine(vault=replace(VAULT, host_network=True)),
}


@pytest.mark.parametrize("world", RESIDUAL.values(), ids=RESIDUAL)
def test_a_path_that_only_the_own_node_explains_is_a_residual(world):
    assert OwnNode(world).only(AGENT.id, VAULT.id, Connections.all())
    assert worst_levels(world, ("kube-system", "payments")).at("kube-system", "payments") is Level.NODE


@pytest.mark.parametrize("world", OPEN.values(), ids=OPEN)
def test_a_path_that_policies_leave_open_is_never_called_a_residual(world):
    assert not OwnNode(world).only(AGENT.id, VAULT.id, Connections.all())
    assert worst_levels(world, ("kube-system", "payments")).at("kube-system", "payments") is Level.OPEN


def test_some_ports_are_a_matter_of_policy():
    assert not OwnNode(engine()).only(AGENT.id, VAULT.id, ports(8443))


def test_the_world_outside_is_no_node():
    assert not OwnNode(engine()).only(INTERNET.id, VAULT.id, Connections.all())


def test_beyond_the_bound_nothing_is_called_a_residual(monkeypatch):
    monkeypatch.setattr("app.render.own_node.MOST_EXAMINED", 0)

    assert not OwnNode(engine()).only(AGENT.id, VAULT.id, Connections.all())
