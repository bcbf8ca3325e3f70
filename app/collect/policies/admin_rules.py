"""What the two versions of `policy.networking.k8s.io` have in common: how a policy is put together from its rules."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.collect.invalid import InvalidObjectError, Violation
from app.collect.policies.admin_peers import Peer, at_least_one, at_most, peer_parts, subject
from app.collect.policies.api import Context
from app.collect.policies.parts import NOBODY, Part, rules
from app.collect.policies.unknown_fields import unknown_fields
from app.collect.wire import admin_policies as wire
from app.model.policy import Action, Direction, Family, Policy, PolicyPort, Rule
from app.model.snapshot import SnapshotObject

WireRule = wire.IngressRule | wire.EgressRule | wire.ClusterIngressRule | wire.ClusterEgressRule
WireObject = wire.AdminNetworkPolicy | wire.BaselineAdminNetworkPolicy | wire.ClusterNetworkPolicy
Ports = tuple[PolicyPort, ...] | None

_LONGEST_NAME = 100
_MOST_PRIORITY = 1000


@dataclass(frozen=True)
class Reading:
    """One policy while it is read.

    Attributes:
        context: what it may refer to.
        version: the version of the API whose fields are known.
        actions: names of actions that its kind knows.
        limit: most rules, peers and ports that its version allows.
        ports: reads the ports of a rule that stands at a path.
        found: violations, in the order of the document.
        unclear: what could not be understood, as in `Policy.unclear`.
    """

    context: Context
    version: str
    actions: Mapping[str, Action]
    limit: int
    ports: Callable[[WireRule, str, "Reading"], Ports]
    found: list[Violation] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


def admin_policy(
    item: SnapshotObject, value: WireObject, family: Family, order: float, reading: Reading
) -> Policy:
    """Put a policy together. It isolates nothing: what no rule matches goes on to the next tier.

    Raises:
        InvalidObjectError: with every violation that the policy has.
    """
    selected = subject(value.spec.subject, "spec.subject", reading.found)
    ingress = tuple(_rules(value.spec.ingress, "spec.ingress", reading))
    egress = tuple(_rules(value.spec.egress, "spec.egress", reading))
    if reading.found:
        raise InvalidObjectError(*reading.found)
    sections = {Direction.INGRESS: ingress, Direction.EGRESS: egress}
    return Policy(
        ref=item.ref,
        subject=selected,
        directions=frozenset(direction for direction, found in sections.items() if found),
        ingress=ingress,
        egress=egress,
        isolates=frozenset(),
        family=family,
        order=order,
        unclear=(*_unknown(item, value, reading), *reading.unclear),
        digest=item.digest,
    )


def priority(value: int, found: list[Violation]) -> float:
    """Read `spec.priority`."""
    if not 0 <= value <= _MOST_PRIORITY:
        found.append(Violation("spec.priority", f"{value} is not within 0 to {_MOST_PRIORITY}"))
    return float(value)


def _unknown(item: SnapshotObject, value: WireObject, reading: Reading) -> Iterator[str]:
    version = value.api_version.rpartition("/")[2]
    if version != reading.version:
        yield f"apiVersion is {version}; its fields are known in {reading.version} alone"
    for path in unknown_fields(item.parsed()["spec"], value.spec, "spec"):
        yield f"{path} is a field that is not known"


def _rules(section: Sequence[WireRule] | None, path: str, reading: Reading) -> Iterator[Rule]:
    at_most(reading.limit, section, path, reading.found)
    for index, value in enumerate(section or ()):
        yield from _rule(value, f"{path}[{index}]", reading)


def _rule(value: WireRule, path: str, reading: Reading) -> tuple[Rule, ...]:
    if len(value.name) > _LONGEST_NAME:
        reading.found.append(Violation(f"{path}.name", f"is longer than {_LONGEST_NAME} characters"))
    ports = reading.ports(value, path, reading)
    parts = _parts(value, path, reading)
    action = reading.actions.get(value.action)
    if action is None:
        known = ", ".join(reading.actions)
        reading.found.append(Violation(f"{path}.action", f"`{value.action}` is not one of {known}"))
        return ()
    if parts is None:
        return (_closed(path, action),)
    return rules(path, action, parts, ports)


def _parts(value: WireRule, path: str, reading: Reading) -> list[Part] | None:
    peers, where = _peers(value, path)
    at_least_one(peers, where, reading.found)
    at_most(reading.limit, peers, where, reading.found)
    read = [
        peer_parts(peer, f"{where}[{index}]", reading.context, reading.found)
        for index, peer in enumerate(peers)
    ]
    return None if None in read else [part for some in read for part in some or ()]


def _peers(value: WireRule, path: str) -> tuple[Sequence[Peer], str]:
    if isinstance(value, wire.IngressRule | wire.ClusterIngressRule):
        return value.from_, f"{path}.from"
    return value.to, f"{path}.to"


def _closed(path: str, action: Action) -> Rule:
    """What the API demands where a peer has no field that is known.

    An allow matches nothing; a deny or pass becomes a deny of everything.
    """
    if action is Action.ALLOW:
        return Rule(path, (NOBODY,), None, action)
    return Rule(path, None, None, Action.DENY)
