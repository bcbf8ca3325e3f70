"""A slow, obvious reading of policies of every kind: one question about two pods at a time, straight from the documents.

It shares no code and no method with the engine: no classes, no sets, no port intervals. It walks the objects for each
question. Addresses outside the cluster are written as text. Where a rule has conditions, the address of a pod is not known,
or the order of two policies is left open, it follows every way and answers with all the ends that it can come to.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from ipaddress import ip_address as parse_address
from ipaddress import ip_network

from app.model.connections import Protocol
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Labels, Pod
from app.model.policy import (
    Action,
    AddressMatch,
    AddressPeer,
    AddressRange,
    AllOf,
    AnyOf,
    AnyPeer,
    Direction,
    EveryPeer,
    Facet,
    Family,
    LabelSelector,
    NamedPort,
    Not,
    Operator,
    OtherPeer,
    Peer,
    PodPeer,
    Policy,
    PolicyPort,
    Requirement,
    Rule,
    Selector,
    SelectorPeer,
)

End = Pod | str
ip_address = cache(parse_address)
Families = tuple[int, ...]

ALLOW, DENY, NEXT, NONE = "allow", "deny", "next", "none"
ACTIONS = {Action.ALLOW: ALLOW, Action.DENY: DENY, Action.PASS: NEXT}

May = frozenset[bool]  # what a question can be answered with
YES, NO, EITHER = frozenset({True}), frozenset({False}), frozenset({True, False})

PRIVATE = [
    ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15")
]
UNICAST = [
    (version, int(ip_address(first)), int(ip_address(last)))
    for version, first, last in (
        (4, "1.0.0.0", "126.255.255.255"),
        (4, "128.0.0.0", "169.253.255.255"),
        (4, "169.255.0.0", "223.255.255.255"),
        (6, "2000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        (6, "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    )
]

Turn = tuple[Policy, tuple[Action, ...]]  # a policy, with its rules of these actions


@dataclass(frozen=True)
class Stage:
    """Groups of policies one after another; those of one group in any order."""

    default: str
    groups: list[list[Turn]]


@dataclass(frozen=True)
class Question:
    """One connection, at one of its ends."""

    direction: Direction
    own: Pod
    peer: End
    destination: End
    protocol: Protocol
    port: int
    families: Families


@dataclass(frozen=True)
class Oracle:
    """Answers for single pods. `unenforced` are pods that no policy restricts; `style` is whose order holds."""

    inventory: Inventory
    style: str = "spec"
    blocks_match_pods: bool = True
    init_container_ports: bool = False
    unenforced: frozenset[ObjectRef] = frozenset()

    def allows(self, source: End, destination: End, protocol: Protocol, port: int) -> bool:
        """May `source` open this connection, over any address family that both ends have?"""
        return any(True in ends for ends in self.ends(source, destination, protocol, port))

    def ends(self, source: End, destination: End, protocol: Protocol, port: int) -> list[set[bool]]:
        """All ends that the connection can come to, for each address family."""
        if isinstance(source, str) and isinstance(destination, str):
            return [{False}]
        found = []
        for families in self._common(source, destination):
            out, into = {ALLOW}, {ALLOW}
            if isinstance(source, Pod):
                wanted = (source, destination, destination, protocol, port, families)
                out = self._half(Question(Direction.EGRESS, *wanted))
            if isinstance(destination, Pod):
                wanted = (destination, source, destination, protocol, port, families)
                into = self._half(Question(Direction.INGRESS, *wanted))
            found.append({one == other == ALLOW for one in out for other in into})
        return found

    def _common(self, source: End, destination: End) -> list[Families]:
        """Families to ask about one by one; ends that share none are judged on all addresses at once."""
        common = [
            (family,) for family in (4, 6) if self._has(source, family) and self._has(destination, family)
        ]
        return common or [(4, 6)]

    def _has(self, end: End, family: int) -> bool:
        """Addresses that are not known are of the families that their kind shows; where it shows none, of either."""
        known = self._addresses(end)
        if known or isinstance(end, str):
            return any(ip_address(ip).version == family for ip in known)
        versions, alike = self._families(end.host_network)
        return family in versions or not alike

    def _families(self, host_network: bool) -> tuple[set[int], bool]:
        """IP versions that an end of a kind can have, and whether it has all of them."""
        return self._families_known[host_network]

    @cached_property
    def _families_known(self) -> dict[bool, tuple[set[int], bool]]:
        return {kind: self._families_of(kind) for kind in (True, False)}

    def _families_of(self, host_network: bool) -> tuple[set[int], bool]:
        inside = {ip for pod in self.inventory.pods if not pod.host_network for ip in pod.ips}
        on_nodes = {ip for pod in self.inventory.pods if pod.host_network for ip in pod.ips}
        on_nodes |= {ip for node in self.inventory.nodes for ip in node.addresses}
        mine = {ip_address(ip).version for ip in (on_nodes if host_network else inside)}
        everything = {ip_address(ip).version for ip in inside | on_nodes} or {4}
        return (mine, True) if mine else (everything, len(everything) == 1)

    def _half(self, asked: Question) -> set[str]:
        if asked.own.host_network or asked.own.ref in self.unenforced:
            return {ALLOW}
        if asked.direction is Direction.INGRESS and self._from_own_node(asked):
            return {ALLOW}
        ends = {ALLOW}
        for stages in self._planes:
            if ALLOW in ends:
                ends = ends - {ALLOW} | self._plane(stages, asked)
        return ends

    def _from_own_node(self, asked: Question) -> bool:
        peer = asked.peer
        return isinstance(peer, Pod) and peer.host_network and bool(peer.node) and peer.node == asked.own.node

    def _plane(self, stages: list[Stage], asked: Question) -> set[str]:
        ends: set[str] = set()
        for stage in stages:
            found = self._stage(stage, asked)
            ends |= found - {NEXT}
            if NEXT not in found:
                return ends
        return ends | {ALLOW}

    def _stage(self, stage: Stage, asked: Question) -> set[str]:
        ends: set[str] = set()
        for group in stage.groups:
            turns = [
                self._turn(policy, actions, asked) for policy, actions in group if self._asks(policy, asked)
            ]
            ends |= {end for turn in turns for end in turn} - {NONE}
            if not all(NONE in turn for turn in turns):
                return ends
        isolated = any(
            asked.direction in policy.isolates and self._asks(policy, asked)
            for group in stage.groups
            for policy, _ in group
        )
        return ends | ({stage.default} if isolated else {NEXT})

    def _turn(self, policy: Policy, actions: tuple[Action, ...], asked: Question) -> set[str]:
        """What the rules of one policy can do: the first one that matches, and the next if that has conditions."""
        ends: set[str] = set()
        for rule in policy.ingress if asked.direction is Direction.INGRESS else policy.egress:
            matches = self._rule_matches(policy, rule, asked) if rule.action in actions else NO
            if True in matches:
                ends.add(ACTIONS[rule.action])
                if matches == YES and not rule.conditions:
                    return ends
        return ends | {NONE}

    def _asks(self, policy: Policy, asked: Question) -> bool:
        return (
            not policy.staged
            and asked.direction in policy.directions
            and policy.subject.namespace in (None, asked.own.namespace)
            and self.holds(policy.subject.selector, asked.own)
        )

    @cached_property
    def _planes(self) -> list[list[Stage]]:
        return list(self._each_plane())

    def _each_plane(self) -> Iterator[list[Stage]]:
        """One data plane of the style, and one for each vendor whose policies it does not know."""
        vendors = {"calico": Family.CALICO, "cilium": Family.CILIUM, "antrea": Family.ANTREA}
        yield self._stages(self.style, {Family.ADMIN, Family.BASELINE, Family.KUBERNETES})
        for style, family in vendors.items():
            if style != self.style and any(item.family is family for item in self._given()):
                yield self._stages(style, {Family.KUBERNETES})

    def _given(self) -> list[Policy]:
        return [item for item in self.inventory.policies if not item.staged]

    def _stages(self, style: str, shared: set[Family]) -> list[Stage]:
        def of(*families: Family) -> list[Policy]:
            wanted = [family for family in families if family in shared or family.value == style]
            return [item for item in self._given() if item.family in wanted]

        admin = Stage(NEXT, by_priority(of(Family.ADMIN)))
        baseline = Stage(NEXT, by_priority(of(Family.BASELINE)))
        kubernetes = Stage(DENY, in_order(of(Family.KUBERNETES)))
        if style == "cilium":
            both = of(Family.KUBERNETES, Family.CILIUM)
            denials = in_order(both, (Action.DENY,))
            others = in_order(both, (Action.ALLOW, Action.PASS))
            return [admin, Stage(DENY, denials + others), baseline]
        if style == "antrea":
            early, late = self._antrea(of(Family.ANTREA, Family.ADMIN, Family.BASELINE))
            return [early, kubernetes, late]
        if style == "calico":
            return self._calico(of(Family.KUBERNETES, Family.CALICO), admin, baseline)
        return [admin, kubernetes, baseline]

    def _antrea(self, policies: list[Policy]) -> tuple[Stage, Stage]:
        """Tiers by number; admin policies have numbers among them. What is equal in tier and priority has no order."""
        order = {item.name: item.order for item in self.inventory.tiers if item.family is Family.ANTREA}
        order = {"application": 250.0, "baseline": 253.0} | order
        fixed = {"ClusterNetworkPolicy": 220.0, "AdminNetworkPolicy": 251.0}

        def level(item: Policy) -> tuple[float, float]:
            if item.family is Family.BASELINE:
                return 254.0, item.order
            if item.family is Family.ADMIN:
                return fixed[item.ref.kind], item.order
            return order[item.tier or "application"], item.order

        def last(item: Policy) -> bool:
            return item.family is Family.BASELINE or item.tier == "baseline"

        stages: list[Stage] = []
        for chosen in (
            [item for item in policies if not last(item)],
            [item for item in policies if last(item)],
        ):
            levels = sorted({level(item) for item in chosen})
            groups = [[(item, tuple(Action)) for item in chosen if level(item) == here] for here in levels]
            stages.append(Stage(NEXT, groups))
        return stages[0], stages[1]

    def _calico(self, policies: list[Policy], admin: Stage, baseline: Stage) -> list[Stage]:
        tiers = {
            item.name: (item.order, DENY if item.default is Action.DENY else NEXT)
            for item in self.inventory.tiers
            if item.family is Family.CALICO
        }
        tiers = {"default": (1_000_000.0, DENY)} | tiers

        def place(item: Policy) -> tuple[float, str]:
            key = f"{item.ref.name}/{item.ref.namespace}/"
            if item.family is Family.KUBERNETES:
                return 1000.0, f"{key}KubernetesNetworkPolicy"
            return item.order, key + item.ref.kind

        found = [(1000.0, "kube-admin", admin), (10_000_000.0, "kube-baseline", baseline)]
        for name, (order, default) in tiers.items():
            inside = [item for item in policies if (item.tier or "default") == name]
            found.append((order, name, Stage(default, in_order(sorted(inside, key=place)))))
        return [stage for _, _, stage in sorted(found, key=lambda item: item[:2])]

    def _rule_matches(self, policy: Policy, rule: Rule, asked: Question) -> May:
        ports = (
            YES
            if rule.ports is None
            else some(self._port_may_match(policy, item, asked) for item in rule.ports)
        )
        if ports == NO:
            return NO
        ends = ((rule.peers, asked.peer), (rule.own, asked.own))
        matched = (
            some(self._peer_matches(policy, item, end, asked.families) for item in peers)
            for peers, end in ends
            if peers is not None
        )
        return every((ports, *matched))

    def _port_may_match(self, policy: Policy, wanted: PolicyPort, asked: Question) -> May:
        """Cilium looks names of egress rules up in the whole cluster: certain where all pods and the destination agree."""
        here = self._port_matches(wanted, asked)
        cilium = self.style == "cilium" and policy.family in (Family.KUBERNETES, Family.CILIUM)
        if not isinstance(wanted, NamedPort) or not cilium or asked.direction is Direction.INGRESS:
            return frozenset({here})
        if wanted.protocol is not asked.protocol:
            return NO
        numbers = {
            port.container_port
            for pod in self.inventory.pods
            for port in pod.ports
            if not pod.host_network and not port.init
            if (port.name, port.protocol) == (wanted.name, wanted.protocol)
        }
        if here and numbers == {asked.port}:
            return YES
        return EITHER if asked.port in numbers else NO

    def _peer_matches(self, policy: Policy, peer: Peer, end: End, families: Families) -> May:
        match peer:
            case AddressPeer():
                return self._address_matches(peer, end, families)
            case AnyPeer():
                return some(self._peer_matches(policy, part, end, families) for part in peer.parts)
            case EveryPeer():
                return every(self._peer_matches(policy, part, end, families) for part in peer.parts)
            case OtherPeer():
                return frozenset(not item for item in self._peer_matches(policy, peer.part, end, families))
        return frozenset({self._labels_match(policy, peer, end)})

    def _labels_match(self, policy: Policy, peer: PodPeer | SelectorPeer, end: End) -> bool:
        if isinstance(end, str) or end.host_network:
            return False
        if isinstance(peer, SelectorPeer):
            return peer.namespace in (None, end.namespace) and self.holds(peer.selector, end)
        return self._pod_peer_matches(policy, peer, end)

    def _pod_peer_matches(self, policy: Policy, peer: PodPeer, end: Pod) -> bool:
        if peer.namespace_selector is None:
            in_namespace = end.namespace == policy.namespace
        else:
            in_namespace = selects(peer.namespace_selector, self._namespace_labels(end.namespace))
        return in_namespace and self.holds(peer.pod_selector, end)

    def _address_matches(self, peer: AddressPeer, end: End, families: Families) -> May:
        outside = isinstance(end, str)
        node = end in self._node_addresses if outside else end.host_network
        compared = {
            AddressMatch.AS_THE_DATA_PLANE_READS: outside or self.blocks_match_pods,
            AddressMatch.ANYONE: True,
            AddressMatch.OUTSIDE: outside,
            AddressMatch.NODES: node,
        }[peer.match]
        if not isinstance(end, str) and compared and not self._addresses(end):
            return self._unknown_matches(peer, end, families)
        held = compared and any(
            item.first <= int(ip_address(ip)) <= item.last and item.version == ip_address(ip).version
            for ip in self._addresses(end)
            if outside or ip_address(ip).version in families
            for item in peer.ranges
        )
        return frozenset({held})

    def _unknown_matches(self, peer: AddressPeer, end: Pod, families: Families) -> May:
        """The pod has one of all addresses that it can have; which of them does the peer hold?"""
        if peer.match is AddressMatch.NODES and [(item.first, item.last) for item in peer.ranges] == [
            (0, 2**32 - 1),
            (0, 2**128 - 1),
        ]:
            return YES  # every node, whatever its address
        possible = self._unicast(True) if end.host_network else self._where_pods_are
        if self._families(end.host_network)[1]:
            possible = [item for item in possible if item[0] in families]
        every_one = all(covered(version, first, last, peer.ranges) for version, first, last in possible)
        some_one = any(
            item.version == version and item.first <= last and first <= item.last
            for version, first, last in possible
            for item in peer.ranges
        )
        return YES if every_one else EITHER if some_one else NO

    def _unicast(self, host_network: bool) -> list[tuple[int, int, int]]:
        """All addresses of the families that a kind can have; none that an interface cannot have."""
        return [item for item in UNICAST if item[0] in self._families(host_network)[0]]

    @cached_property
    def _where_pods_are(self) -> list[tuple[int, int, int]]:
        """The ranges that nodes give, if the pods that are there keep to them; else private ones, if they keep to those."""
        versions = self._families(False)[0]
        given = [ip_network(text) for node in self.inventory.nodes for text in node.pod_cidrs]
        ips = [ip_address(ip) for pod in self.inventory.pods if not pod.host_network for ip in pod.ips]
        if ips and all(any(ip in network for network in given) for ip in ips):
            return [(item.version, int(item[0]), int(item[-1])) for item in given if item.version in versions]
        if all(ip.version == 6 or any(ip in network for network in PRIVATE) for ip in ips):
            inside = [(4, int(item[0]), int(item[-1])) for item in PRIVATE if 4 in versions]
            return [item for item in self._unicast(False) if item[0] == 6] + inside
        return self._unicast(False)

    @cached_property
    def _node_addresses(self) -> set[str]:
        return {text for node in self.inventory.nodes for text in node.addresses}

    def _addresses(self, end: End) -> tuple[str, ...]:
        if isinstance(end, str):
            return (end,)
        if end.host_network and not end.ips:
            return next((node.addresses for node in self.inventory.nodes if node.name == end.node), ())
        return end.ips

    def _namespace_labels(self, name: str) -> Labels:
        return next(item.labels for item in self.inventory.namespaces if item.name == name)

    def _account_labels(self, pod: Pod) -> Labels:
        for item in self.inventory.accounts:
            if (item.ref.namespace, item.ref.name) == (pod.namespace, pod.service_account):
                return item.labels
        return {}

    def holds(self, selector: Selector, pod: Pod) -> bool:
        """Does a selector hold for a pod?"""
        match selector:
            case LabelSelector():
                return all(meets(item, self._facet(item.facet, pod)) for item in selector.requirements)
            case AllOf():
                return all(self.holds(part, pod) for part in selector.parts)
            case AnyOf():
                return any(self.holds(part, pod) for part in selector.parts)
            case Not():
                return not self.holds(selector.part, pod)

    def _facet(self, facet: Facet, pod: Pod) -> Labels:
        return {
            Facet.POD: pod.labels,
            Facet.NAMESPACE: self._namespace_labels(pod.namespace),
            Facet.ACCOUNT: self._account_labels(pod),
            Facet.ACCOUNT_NAME: {"": pod.service_account} if pod.service_account else {},
        }[facet]

    def _port_matches(self, wanted: PolicyPort, asked: Question) -> bool:
        if wanted.protocol is not asked.protocol:
            return False
        if not isinstance(wanted, NamedPort):
            return any(first <= asked.port <= last for first, last in wanted.ports.intervals)
        return isinstance(asked.destination, Pod) and any(
            item.name == wanted.name and item.protocol is asked.protocol and item.container_port == asked.port
            for item in asked.destination.ports
            if self.init_container_ports or not item.init
        )


def in_order(policies: list[Policy], actions: tuple[Action, ...] = tuple(Action)) -> list[list[Turn]]:
    return [[(item, actions)] for item in policies]


def by_priority(policies: list[Policy]) -> list[list[Turn]]:
    """Policies of one priority side by side."""
    priorities = sorted({item.order for item in policies})
    return [[(item, tuple(Action)) for item in policies if item.order == priority] for priority in priorities]


def every(parts: Iterable[May]) -> May:
    """All of them together."""
    found = list(parts)
    may = {True} if all(True in part for part in found) else set()
    return frozenset(may | ({False} if any(False in part for part in found) else set()))


def some(parts: Iterable[May]) -> May:
    """Any of them."""
    return frozenset(not item for item in every(frozenset(not item for item in part) for part in parts))


def covered(version: int, first: int, last: int, ranges: Iterable[AddressRange]) -> bool:
    """Is every address from `first` to `last` in one of the ranges?"""
    at = first
    for item in sorted(ranges):
        if item.version == version and item.first <= at <= item.last:
            at = item.last + 1
    return at > last


def selects(selector: LabelSelector, labels: Labels) -> bool:
    """Every requirement must hold."""
    return all(meets(item, labels) for item in selector.requirements)


def meets(item: Requirement, labels: Labels) -> bool:
    """NotIn and DoesNotExist hold for a missing key, and nothing else does."""
    has = item.key in labels
    value = labels.get(item.key, "")
    return {
        Operator.IN: has and value in item.values,
        Operator.NOT_IN: not (has and value in item.values),
        Operator.EXISTS: has,
        Operator.DOES_NOT_EXIST: not has,
        Operator.CONTAINS: has and any(text in value for text in item.values),
        Operator.STARTS_WITH: has and any(value.startswith(text) for text in item.values),
        Operator.ENDS_WITH: has and any(value.endswith(text) for text in item.values),
    }[item.operator]
