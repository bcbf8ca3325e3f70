from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.evaluate import reachability
from app.model.connections import Connections, PortSet, Protocol
from app.model.judgement import Judgement
from app.model.platform import Enforcement
from app.model.reachability import Profile
from app.model.scope import Scope
from app.trend.paths import merged, path_changes, told
from app.trend.suspects import suspects
from tests.builders import cidr, inventory, namespace, platform, pod, pods_peer, policy, rule
from tests.unit.trend.world import tcp


def differences(before, after):
    """Two lists of rows, each sorted by pair, compared in full."""
    return told(merged(iter(before), iter(after)))


def changes(before, after):
    found = differences(sorted(before.items()), sorted(after.items()))
    return [(item.source, item.destination, item.opened, item.ports) for item in found]


def test_a_pair_that_connects_now_and_did_not_before_has_opened():
    assert changes({}, {("a", "b"): tcp(80)}) == [("a", "b", True, "TCP 80")]


def test_a_pair_that_connects_no_more_has_closed():
    assert changes({("a", "b"): tcp(80)}, {}) == [("a", "b", False, "TCP 80")]


def test_only_the_ports_that_differ_are_said():
    assert changes({("a", "b"): tcp(80, 81)}, {("a", "b"): tcp(81, 82)}) == [
        ("a", "b", False, "TCP 80"),
        ("a", "b", True, "TCP 82"),
    ]


def test_a_connection_that_stays_is_no_change():
    both = {("a", "b"): tcp(80), ("b", "a"): Connections.all()}

    assert changes(both, both) == []


def test_changes_come_by_source_and_destination():
    before = {("b", "a"): tcp(1), ("d", "a"): tcp(1)}
    after = {("a", "b"): tcp(1), ("b", "a"): tcp(1), ("c", "a"): tcp(1)}

    assert [item[:3] for item in changes(before, after)] == [
        ("a", "b", True),
        ("c", "a", True),
        ("d", "a", False),
    ]


PAIRS = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc")),
    st.sets(st.integers(1, 4), min_size=1).map(lambda ports: tcp(*ports)),
)


def written(text: str) -> Connections:
    """Read back `TCP 1–2, 4`."""
    parts = (part.split("–") for part in text.removeprefix("TCP ").split(", "))
    return Connections.of({Protocol.TCP: PortSet.of((int(ends[0]), int(ends[-1])) for ends in parts)})


@given(PAIRS, PAIRS)
def test_changes_lead_from_what_was_to_what_is(before, after):
    state = dict(before)
    for item in differences(sorted(before.items()), sorted(after.items())):
        pair, ports = (item.source, item.destination), written(item.ports)
        was = state.get(pair, Connections())
        state[pair] = was | ports if item.opened else was - ports

    assert {pair: ports for pair, ports in state.items() if ports} == after


def judged(pods, policies=(), *, namespaces=(), on=None, profile=Profile.SPEC):
    found, where = inventory(pods, policies, namespaces=namespaces), on or platform()
    view = reachability(found, where, (), profile=profile, as_declared=False)
    return Judgement(found, where, view, view, Scope(), (), (), {}, {})


WEB, DB, BATCH = (pod(f"shop/{name}", {"app": name}) for name in ("web", "db", "batch"))
OTHERS = [pod(f"other/o{number}") for number in range(12)]
HELD = policy("shop/db", "app=db", ingress=[rule(pods_peer("app=web"), ports=["5432/TCP"])])


def test_a_deleted_policy_opens_what_it_held_shut():
    found = path_changes(judged([WEB, DB, BATCH], [HELD]), judged([WEB, DB, BATCH]))

    assert [(item.source, item.destination, item.opened) for item in found] == [
        ("shop/batch[Pod]", "shop/db[Pod]", True),
        ("shop/web[Pod]", "shop/db[Pod]", True),
    ]
    assert found[0].ports == "all connections"
    assert found[1].ports.startswith("TCP 1–5431, 5433–65535 · UDP all ports")


def test_paths_from_outside_the_cluster_are_left_out():
    world = rule(cidr("0.0.0.0/0"))
    shut = policy("shop/all", ingress=[])
    before, after = judged([WEB], [shut]), judged([WEB], [policy("shop/all", ingress=[world])])

    assert path_changes(before, after) == ()


def test_in_a_large_cluster_the_few_that_differ_are_compared_with_all_others():
    before, after = judged([WEB, DB, BATCH, *OTHERS], [HELD]), judged([DB, BATCH, *OTHERS], [HELD])
    assert suspects(before, after) == {"shop/web[Pod]"}

    found = path_changes(before, after)

    assert found == differences(rows(before), rows(after))
    assert len(found) == 2 * (len(OTHERS) + 2)  # it reached everyone, and everyone reached it
    assert not any(item.opened for item in found)


def test_nothing_is_suspect_where_nothing_differs():
    assert suspects(judged([WEB, DB], [HELD]), judged([WEB, DB], [HELD])) == frozenset()


def test_a_restarted_pod_is_not_suspect_while_no_policy_names_addresses():
    before, after = (pod("shop/web", {"app": "web"}, ips=[ip]) for ip in ("10.0.0.1", "10.0.0.2"))

    assert suspects(judged([before, DB], [HELD]), judged([after, DB], [HELD])) == frozenset()

    named = policy("shop/db", "app=db", ingress=[rule(cidr("10.0.0.1/32"))])
    assert suspects(judged([before, DB], [named]), judged([after, DB], [named])) == {"shop/web[Pod]"}


def test_a_changed_policy_makes_its_namespace_suspect_and_no_other():
    found = suspects(judged([WEB, DB, *OTHERS], [HELD]), judged([WEB, DB, *OTHERS]))

    assert found == {"shop/web[Pod]", "shop/db[Pod]"}


def test_another_reading_of_the_cluster_makes_every_pair_suspect():
    before = judged([WEB, DB], on=platform("calico"))

    assert suspects(before, judged([WEB, DB], on=platform("cilium"))) is None
    assert (
        suspects(before, judged([WEB, DB], on=platform("calico", enforcement=Enforcement.DEGRADED))) is None
    )


LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b"]))
PODS = st.lists(
    st.tuples(
        st.sampled_from(["n1", "n2", "n3"]),
        st.sampled_from(["p1", "p2", "p3", "p4", "p5"]),
        LABELS,
        st.sampled_from(["10.0.0.1", "10.0.0.2", "2001:db8::1"]),
        st.sampled_from(["node-1", "node-2"]),
        st.booleans(),
    ),
    min_size=4,
    max_size=9,
    unique_by=lambda item: item[:2],
)
PEERS = st.one_of(
    st.builds(pods_peer, st.sampled_from(["", "app=a", "tier=b"]), st.sampled_from([None, "", "team=x"])),
    st.just(cidr("10.0.0.1/32")),
)
RULES = st.one_of(
    st.none(),
    st.lists(
        st.builds(lambda peer, ports: rule(peer, ports=ports), PEERS, st.sampled_from([None, ["80/TCP"]])),
        max_size=2,
    ),
)
POLICIES = st.lists(
    st.builds(
        lambda space, name, pods, ingress, egress: policy(
            f"{space}/{name}", pods, ingress=ingress, egress=egress
        ),
        st.sampled_from(["n1", "n2", "n3"]),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["", "app=a", "tier=b"]),
        RULES,
        RULES,
    ),
    max_size=4,
    unique_by=lambda item: item.ref,
)
TEAMS = st.dictionaries(st.sampled_from(["n1", "n2", "n3"]), st.sampled_from(["x", "y"]))
ENFORCED = st.sampled_from([Enforcement.ENFORCED, Enforcement.NOT_ENFORCED])


@dataclass(frozen=True)
class Night:
    """What one night's cluster is made of."""

    pods: tuple
    policies: tuple
    teams: dict
    node: Enforcement

    def judged(self, profile):
        return judged(
            [
                pod(f"{space}/{name}", labels, ips=[ip], node=where, host_network=host)
                for space, name, labels, ip, where, host in self.pods
            ],
            self.policies,
            namespaces=[namespace(name, {"team": team}) for name, team in self.teams.items()],
            on=platform(nodes={"node-1": self.node, "node-2": Enforcement.ENFORCED}),
            profile=profile,
        )


NIGHTS = st.builds(Night, PODS.map(tuple), POLICIES.map(tuple), TEAMS, ENFORCED)


@st.composite
def two_nights(draw):
    """A night, and the next one with one thing changed."""
    night = draw(NIGHTS)
    part = draw(st.sampled_from(["pod", "policies", "teams", "node"]))
    if part == "pod":
        at, field = draw(st.integers(0, len(night.pods) - 1)), draw(st.integers(2, 5))
        other = list(night.pods[at])
        other[field] = draw(PODS)[0][field]
        return night, replace(night, pods=(*night.pods[:at], tuple(other), *night.pods[at + 1 :]))
    values = {"policies": POLICIES.map(tuple), "teams": TEAMS, "node": ENFORCED}
    return night, replace(night, **{part: draw(values[part])})


@settings(max_examples=300, deadline=None)
@given(two_nights(), st.sampled_from([Profile.SPEC, Profile.CALICO, Profile.CILIUM]))
def test_what_is_not_suspect_has_not_changed(nights, profile):
    before, after = (night.judged(profile) for night in nights)
    found = suspects(before, after)
    if found is None:
        return

    every = differences(rows(before), rows(after))

    assert all(item.source in found or item.destination in found for item in every)
    assert path_changes(before, after) == every


def rows(view):
    return [
        ((row.source, row.destination), row.allowed)
        for row in view.reachability.connections()
        if "external:" not in row.source + row.destination
    ]
