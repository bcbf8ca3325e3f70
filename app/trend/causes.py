"""Which of the changed objects make a connection open or close."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from app.errors import NotFoundError
from app.model.connections import Connections
from app.model.decision import Decision, HalfDecision, RuleRef
from app.model.identity import ObjectRef
from app.model.judgement import Judgement

Cause = RuleRef | ObjectRef


@dataclass(frozen=True)
class Causes:
    """Asks both judgements about single connections.

    Attributes:
        before: the cluster as it was.
        after: the cluster as it would be.
        changed: objects that differ.
    """

    before: Judgement
    after: Judgement
    changed: Collection[ObjectRef]

    def of(self, source: str, destination: str, ports: Connections, *, opened: bool) -> tuple[str, ...]:
        """Changed objects that open, or close, the first of some ports, with the rule where one decides.

        Where none of the objects that decide was changed itself, the ends are: their labels, or their namespaces.
        """
        protocol, intervals = ports.ports[0]
        asked = (source, destination, protocol, intervals.intervals[0][0])
        was, now = _decided(self.before, asked), _decided(self.after, asked)
        shut, let = (was, now) if opened else (now, was)
        deciding = dict.fromkeys((*_keeping_out(shut), *_letting_by(let)))
        found = [item for item in deciding if _ref(item) in self.changed]
        return tuple(str(item) for item in found or self._ends(source, destination))

    def _ends(self, *ends: str) -> Iterator[ObjectRef]:
        """Changed objects of the ends themselves: pods, their controllers, their namespaces."""
        workloads = {
            item.id: item for judged in (self.before, self.after) for item in judged.reachability.workloads
        }
        for end in ends:
            if (workload := workloads.get(end)) is not None:
                key = workload.key
                yield from (
                    ref
                    for ref in sorted(self.changed)
                    if ref in workload.pod_refs
                    or (ref.kind, ref.namespace, ref.name) == (key.kind, key.namespace, key.name)
                    or (ref.kind, ref.name) == ("Namespace", key.namespace)
                )


def _decided(judged: Judgement, asked: tuple[str, str, object, int]) -> Decision | None:
    try:
        return judged.reachability.decide(*asked)  # type: ignore[arg-type]  # protocol and port as `decide` takes them
    except NotFoundError:  # an end that is only there on the other side
        return None


def _halves(decision: Decision | None) -> Iterable[HalfDecision]:
    return (decision.egress, decision.ingress) if decision else ()


def _keeping_out(decision: Decision | None) -> Iterator[Cause]:
    for half in _halves(decision):
        if half.reason.denies:
            yield from half.rules
            yield from half.isolating or half.selecting


def _letting_by(decision: Decision | None) -> Iterator[Cause]:
    for half in _halves(decision):
        if half.reason.allows:
            yield from half.rules


def _ref(item: Cause) -> ObjectRef:
    return item.policy if isinstance(item, RuleRef) else item
