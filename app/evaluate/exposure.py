"""What a workload accepts from, or may send to, ends that do not exist yet: pods to come, and addresses outside.

Only the workload's own end is asked. Whether the other end lets it through is decided when that end exists.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from app.evaluate.cluster import Cluster, Endpoint
from app.evaluate.decide import Decider
from app.evaluate.newcomers import Maybe, Newcomer, all_of, any_of, newcomers
from app.evaluate.resolve import CompiledRule
from app.evaluate.settle import OutlineStage, settle
from app.evaluate.spans import Span, as_connections, pieces, resolve
from app.evaluate.trail import Asked, AskedStage, rules_of
from app.model.connections import FIRST_PORT, LAST_PORT, Connections
from app.model.policy import Action, Direction, NamedPort
from app.model.reachability import Exposure, Openness

_OPEN = Openness(Connections.all(), Connections.all())


class Exposures:
    """Answers for the workloads of one cluster."""

    def __init__(self, cluster: Cluster, decider: Decider) -> None:
        self._cluster = cluster
        self._decider = decider
        self._known: dict[tuple[int, Direction], Exposure] = {}

    def of(self, workload: Endpoint, direction: Direction) -> Exposure:
        """How far a workload is open; workloads of one class are alike."""
        if self._decider.standing(direction, workload):
            return Exposure(_OPEN, (), _OPEN)
        key = (workload.number, direction)
        if key not in self._known:
            self._known[key] = self._work_out(workload, direction)
        return self._known[key]

    def _work_out(self, workload: Endpoint, direction: Direction) -> Exposure:
        anywhere, *spaces = (self._open_to(workload, direction, item) for item in self._newcomers)
        named = zip(self._newcomers[1:], spaces, strict=True)
        return Exposure(
            anywhere,
            tuple((item.namespace or "", found) for item, found in named if found != anywhere),
            self._outside(workload, direction),
        )

    @cached_property
    def _newcomers(self) -> tuple[Newcomer, ...]:
        inventory = self._cluster.inventory
        families = frozenset(6 if ":" in text else 4 for pod in inventory.pods for text in pod.ips)
        return newcomers(
            inventory.namespace_labels,
            ip_blocks=self._cluster.reading.blocks_match_pods,
            families=families or frozenset({4, 6}),
        )

    def _open_to(self, workload: Endpoint, direction: Direction, newcomer: Newcomer) -> Openness:
        asked = self._decider.asked(direction, workload.number)
        rules = {id(rule): rule for rule in rules_of(asked)}
        ports = {key: self._spans(workload, direction, rule) for key, rule in rules.items()}
        met = {key: self._meets(workload, newcomer, rule) for key, rule in rules.items()}
        every: list[Span] = []
        some: list[Span] = []
        for piece in pieces(Connections.all(), [span for found in ports.values() for span, _ in found]):
            hits = {key: all_of((met[key], _covers(ports[key], piece))) for key in rules}
            allowed, denied = _settled(asked, hits)
            if allowed:
                some.append(piece)
            if allowed and not denied:
                every.append(piece)
        return Openness(as_connections(every), as_connections(some))

    def _meets(self, workload: Endpoint, newcomer: Newcomer, rule: CompiledRule) -> Maybe:
        """Would a rule match a connection of the two, ports left aside? Not for certain where it has conditions."""
        views = {point.view for point in self._cluster.viewpoints}
        own = {bool(rule.selected.under(view) >> workload.number & 1) for view in views}
        peer = newcomer.matches(rule.ref.policy.namespace, rule.rule.peers)
        narrowed = None if len(own) > 1 else own.pop()
        return all_of((narrowed, peer, True if rule.sure else None))

    def _spans(
        self, workload: Endpoint, direction: Direction, rule: CompiledRule
    ) -> list[tuple[Span, Maybe]]:
        """Ports of a rule; a port name can mean any port of a pod to come."""
        if direction is Direction.INGRESS:
            return [(span, True) for span in self._decider.spans(rule, workload)]
        names = [port for port in rule.ports or () if isinstance(port, NamedPort)]
        return [
            *((span, True) for span in resolve(rule.ports, ())),
            *(((port.protocol, FIRST_PORT, LAST_PORT), None) for port in names),
        ]

    def _outside(self, workload: Endpoint, direction: Direction) -> Openness:
        """Open to every address of a family, or to some."""
        found = [
            (atom.range.version, *self._at_atom(workload, direction, number))
            for number, atom in enumerate(self._cluster.externals)
        ]
        some, every = Connections(), Connections()
        for family in (4, 6):
            mine = [(sure, perhaps) for version, sure, perhaps in found if version == family]
            some |= _any_of(perhaps for _, perhaps in mine)
            every |= _each_of([sure for sure, _ in mine])
        return Openness(every, some)

    def _at_atom(
        self, workload: Endpoint, direction: Direction, number: int
    ) -> tuple[Connections, Connections]:
        atom = self._cluster.atom(number)
        ends = (atom, workload) if direction is Direction.INGRESS else (workload, atom)
        return self._cluster.allowed(*ends, certain=True), self._cluster.allowed(*ends)


def _covers(spans: Iterable[tuple[Span, Maybe]], piece: Span) -> Maybe:
    protocol, first, last = piece
    return any_of(
        certain
        for (name, begin, end), certain in spans
        if name is protocol and begin <= first and last <= end
    )


def _settled(asked: Asked, hits: Mapping[int, Maybe]) -> tuple[int, int]:
    """Whether one connection may be allowed, and whether it may be denied, by the rules that match or may match."""
    planes = [[_stage(number, stage, hits) for number, stage in enumerate(plane)] for plane in asked]
    isolated = [{number: 1 for number, stage in enumerate(plane) if stage.isolating} for plane in asked]
    allowed, denied = 1, 0
    for plane, meets_default in zip(planes, isolated, strict=True):
        allowed, refused = settle([plane], meets_default, _MATCHED, allowed)
        denied |= refused
    return allowed, denied


_MATCHED = {0: 1}  # entries are chosen because they match, so all of them are one step that does


def _stage(number: int, stage: AskedStage, hits: Mapping[int, Maybe]) -> OutlineStage:
    return OutlineStage(
        number,
        stage.default is Action.DENY,
        tuple(
            tuple(
                tuple(
                    (rule.rule.action, bool(hits[id(rule)]), 0)
                    for step in lane
                    for rule in step
                    if hits[id(rule)] is not False
                )
                for lane in group
            )
            for group in stage.groups
        ),
    )


def _any_of(found: Iterable[Connections]) -> Connections:
    result = Connections()
    for item in found:
        result |= item
    return result


def _each_of(found: Sequence[Connections]) -> Connections:
    result = found[0] if found else Connections()
    for item in found[1:]:
        result &= item
    return result
