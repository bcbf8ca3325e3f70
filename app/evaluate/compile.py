"""All policies of a cluster, resolved against its classes and arranged: what rows and decisions are made from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.evaluate.bits import run
from app.evaluate.planes import Counted
from app.evaluate.program import Program, program
from app.evaluate.resolve import CompiledPolicy, Resolver
from app.model.identity import ObjectRef
from app.model.policy import Direction, Policy

_WHOLE_CLUSTER = ""


class Selecting:
    """Policies by the classes that they select."""

    def __init__(self, policies: Iterable[CompiledPolicy]) -> None:
        self._by_namespace: dict[str, list[CompiledPolicy]] = {}
        for item in sorted(policies, key=lambda item: item.policy.key):
            if item.subjects:
                place = item.policy.subject.namespace or _WHOLE_CLUSTER
                self._by_namespace.setdefault(place, []).append(item)

    def of(self, namespace: str, number: int, direction: Direction) -> tuple[CompiledPolicy, ...]:
        """Policies that are asked about a class in a direction, in order of identity."""
        found = [
            policy
            for place in (_WHOLE_CLUSTER, namespace)
            for policy in self._by_namespace.get(place, ())
            if direction in policy.policy.directions and policy.subjects >> number & 1
        ]
        return tuple(sorted(found, key=lambda item: item.policy.key)) if len(found) > 1 else tuple(found)


@dataclass(frozen=True)
class PolicySet:
    """All policies of a cluster, resolved to sets of endpoints.

    Attributes:
        classes: number of classes; the endpoints from there on are address atoms.
        endpoints: number of endpoints.
        programs: what is asked, by direction.
        counted: policies that count.
        idle: policies that do not, by whom they select.
        counted_as: which of them count, arranged, and why others do not.
    """

    classes: int
    endpoints: int
    programs: Mapping[Direction, Program]
    counted: Selecting
    idle: Selecting
    counted_as: Counted
    any_pod: int = field(repr=False)
    anyone: int = field(repr=False)

    @property
    def why_idle(self) -> Mapping[ObjectRef, str]:
        """Why a policy does not count, as the end of a sentence."""
        return self.counted_as.idle

    @property
    def doubtful(self) -> Mapping[ObjectRef, str]:
        """Why it is not known what some of those that count do."""
        return self.counted_as.doubtful

    @property
    def open_ended(self) -> bool:
        """True when some connection may go one way or another."""
        return any(item.open_ended for item in self.programs.values())


def compile_policies(
    policies: Sequence[Policy], counted: Counted, classes: int, resolver: Resolver, anyone: int
) -> PolicySet:
    """Resolve every policy.

    Args:
        policies: all of the cluster's.
        counted: which of them count, arranged.
        classes: number of classes.
        resolver: whom selectors and peers match.
        anyone: the set of all endpoints.
    """
    compiled = {policy.key: resolver.policy(policy) for policy in policies}
    idle = [item for item in compiled.values() if item.ref in counted.idle]
    return PolicySet(
        classes=classes,
        endpoints=anyone.bit_length(),
        programs={direction: program(counted.planes, compiled, direction) for direction in Direction},
        counted=Selecting(item for item in compiled.values() if item.ref not in counted.idle),
        idle=Selecting(idle),
        counted_as=counted,
        any_pod=run(0, classes),
        anyone=anyone,
    )
