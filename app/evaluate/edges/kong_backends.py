"""BackendTLSPolicy as Kong's controller takes it.

Sources: changelog, feature gates and translation of the controller (`internal/controllers/gateway`, `internal/dataplane/translator`): it reads
the policy since 3.4, where the gate `GatewayAlpha` is on, which it is not by default. A policy that it accepted makes Kong speak https to the
whole Service and check its certificate, whatever object leads there and whatever the Service's annotations say; `sectionName` is not looked at.
Where two are accepted for a Service, neither is obeyed.
"""

from app.evaluate.edges.backend_policies import KIND, agreed, answers_of, asked, policies_for, spoken_by
from app.evaluate.edges.gateway_listeners import GROUP
from app.evaluate.edges.kong_gateways import CONTROLLER
from app.evaluate.edges.kong_releases import reads_backend_policies
from app.evaluate.edges.legs import unknown
from app.evaluate.edges.relays import Controller, relay_of_controller
from app.evaluate.edges.world import Item, World
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.identity import ObjectRef


def policy_leg(
    world: World, service: tuple[str, str], source: Item, gateways: frozenset[ObjectRef] = frozenset()
) -> Leg | None:
    """What a BackendTLSPolicy makes Kong speak to a Service; None where none counts.

    Args:
        world: for policies and Kong's pods.
        service: namespace and name of the Service.
        source: the object that leads there, for evidence.
        gateways: Kong's Gateways that lead there; none for an Ingress.
    """
    reads = reads_backend_policies(world)
    if reads is not Known.NO and (why := world.unread(GROUP, KIND, service[0])):
        return unknown(f"no {KIND} was read for Service {'/'.join(service)}: {why}", source)
    found = {policy.ref: policy for _, policy in policies_for(world, *service)}
    states = {ref: _accepted(world, policy, gateways) for ref, policy in found.items()}
    accepted = [found[ref] for ref, state in states.items() if state is Known.YES]
    open_ones = [found[ref] for ref, state in states.items() if state is Known.UNKNOWN]
    if not accepted and (reads is Known.NO or not open_ones):
        return None
    first = (accepted or open_ones)[0]
    if len(accepted) == 1 and not open_ones and reads is not Known.NO:
        return spoken_by(first)
    return unknown(_why(first, reads, accepted), source, asked(first))


def over_http(told: Leg | None, source: Item, speaks: str) -> Leg | None:
    """The same for an object whose connections are no plain requests: Kong's routes of other protocols do not go with https."""
    if told is None or told.security is not Security.TLS:
        return told
    return unknown(f"{told.says}, which does not go with {speaks}", source, *told.signs)


def _why(policy: Item, reads: Known, accepted: list[Item]) -> str:
    if reads is Known.NO:
        return f"{policy.ref} is accepted for Kong, whose controller as it runs does not read it"
    if len(accepted) > 1:
        return f"several policies are accepted for Kong beside {policy.ref}, and it obeys none of several"
    return f"{policy.ref} has no status that says that it counts for Kong"


def _accepted(world: World, policy: Item, gateways: frozenset[ObjectRef]) -> Known:
    """By the answers of Kong's controller: for each of the Gateways, else for any one, where no second Kong runs."""
    answers = [answer for answer in answers_of(policy) if answer.controller == CONTROLLER]
    if gateways:
        by_gateway = {answer.gateway: answer.counts for answer in answers}
        return agreed(by_gateway.get(gateway, Known.UNKNOWN) for gateway in gateways)
    several = len(relay_of_controller(world, Controller.KONG).workloads) > 1
    return Known.UNKNOWN if several else agreed(answer.counts for answer in answers)
