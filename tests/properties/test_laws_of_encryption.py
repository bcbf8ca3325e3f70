"""Verdicts about encryption: equal to the slow way, and monotonous in every fact they rest on."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.evaluate import encryption, reachability
from app.model.connections import Connections, PortSet, Protocol
from app.model.encryption import EvidenceStrength, Known, Label
from app.model.platform import Enforcement
from app.model.transit import Protection
from tests.builders import inventory, platform, pod, pods_peer, policy, rule
from tests.protection import FixedLinks, FixedMesh, slow_label, slow_worst

NAMES = tuple("abcdef")
MODES = st.sampled_from(["none", "?", "STRICT", "PERMISSIVE", "DISABLE", "UNREAD", "UNGUARDED"])
CERTAIN = st.sampled_from(["none", "STRICT", "PERMISSIVE"])
ENDS = st.sampled_from(["sealed", "strict", "open", "?"])
PORTS = Connections.of({Protocol.TCP: PortSet.of([(80, 81)]), Protocol.UDP: PortSet.of([(53, 53)])})

OPENINGS = (
    [rule(ports=["80/TCP", "53/UDP"])],
    [rule(pods_peer())],
    [rule(pods_peer("", ""))],
    [rule(pods_peer("", "kubernetes.io/metadata.name=y"), ports=["80/TCP"])],
    [],
)


@st.composite
def clusters(draw):
    """Six pods of up to four owners on up to three nodes; some policies."""
    pods = [
        pod(
            f"{draw(st.sampled_from('xy'))}/{name}",
            owner=f"{draw(st.sampled_from('wxyz'))}[Deployment]",
            node=draw(st.sampled_from(["", "n1", "n2", "n3"])),
        )
        for name in NAMES
    ]
    policies = [
        policy(f"{space}/some", ingress=draw(st.sampled_from(OPENINGS)))
        for space in "xy"
        if draw(st.booleans())
    ]
    return inventory(pods, policies)


@st.composite
def meshes(draw, modes=MODES):
    count = draw(st.integers(0, 2))
    return tuple(
        FixedMesh(
            f"m{number}",
            {
                **draw(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, modes))),
                **draw(st.fixed_dictionaries({}, optional={f"{name}:80": modes for name in "ab"})),
            },
        )
        for number in range(count)
    )


@st.composite
def protections(draw, modes=MODES, ends=ENDS):
    count = draw(st.integers(0, 2))
    tunnels = tuple(
        FixedLinks(f"t{number}", draw(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ends))))
        for number in range(count)
    )
    found = tuple(_apart(draw(meshes(modes))))
    return Protection(found, tunnels)


def _apart(found):
    """A pod is in one mesh at most, as its proxy is one mesh's."""
    taken: set[str] = set()
    for item in found:
        kept = {name: mode for name, mode in item.modes.items() if name[0] not in taken}
        taken |= {name[0] for name in kept}
        yield replace(item, modes=kept)


def asked(cluster, protection, **where):
    view = reachability(cluster, platform(**where), ())
    return view, encryption(view, cluster, protection)


def labels(engine, view, allowed=PORTS):
    """Label of each single port between all pairs of workloads."""
    found = {}
    for one in view.workloads:
        for other in view.workloads:
            if one.id != other.id:
                for item in engine.paths(one.id, other.id, allowed):
                    for protocol, ports in item.ports.ports:
                        for first, last in ports.intervals:
                            found |= {
                                (one.id, other.id, protocol, port): item for port in range(first, last + 1)
                            }
    return found


@given(clusters(), protections())
def test_verdicts_equal_the_slow_way_over_all_pairs_of_pods(cluster, protection):
    view, engine = asked(cluster, protection)
    pods = {item.ref: item for item in cluster.pods}

    for (one, other, protocol, port), found in labels(engine, view).items():
        ends = [next(item for item in view.workloads if item.id == name) for name in (one, other)]
        pairs = [(a, b) for a in ends[0].pod_refs for b in ends[1].pod_refs]
        each = [slow_label(protection, a, b, protocol, port) for a, b in pairs]
        known = [(a, b) for a, b in pairs if pods[a].node and pods[b].node]
        worst = slow_worst(each)

        assert found.label is worst
        assert found.pairs == len(known)
        if found.label in (Label.NODE_TUNNEL, Label.NODE_TUNNEL_STRICT):
            assert found.same_node == sum(pods[a].node == pods[b].node for a, b in known)
        if len(known) == len(pairs):
            assert found.affected == each.count(worst)


@given(clusters(), protections())
def test_verdicts_of_a_pair_cover_exactly_the_ports_that_were_asked_for(cluster, protection):
    view, engine = asked(cluster, protection)
    for row, found in engine.along(view.connections()):
        union = Connections()
        for item in found:
            assert not union & item.ports
            union |= item.ports
        assert union == row.allowed


@given(clusters(), protections())
def test_the_tally_counts_what_the_rows_say(cluster, protection):
    view, engine = asked(cluster, protection)
    inside = {item.id for item in view.workloads}
    rows = Counter(
        found[0].label
        for row, found in engine.along(view.connections())
        if {row.source, row.destination} <= inside
    )

    assert dict(engine.tally()) == dict(rows)


@given(clusters(), protections())
def test_rows_and_single_questions_agree(cluster, protection):
    view, engine = asked(cluster, protection)
    for row, found in engine.along(view.connections()):
        assert found == engine.paths(row.source, row.destination, row.allowed)


# ---- monotonicity


@given(clusters(), protections(CERTAIN), st.sampled_from(NAMES))
def test_a_proxy_at_the_source_never_lowers_a_label(cluster, protection, name):
    if not protection.meshes or any(name in item.modes for item in protection.meshes[1:]):
        return
    first = protection.meshes[0]
    more = replace(
        first, modes={**first.modes, name: first.modes.get(name, "PERMISSIVE").replace("none", "PERMISSIVE")}
    )
    view, before = asked(cluster, protection)
    after = encryption(view, cluster, replace(protection, meshes=(more, *protection.meshes[1:])))
    was = labels(before, view)
    for key, item in labels(after, view).items():
        source = next(found for found in view.workloads if found.id == key[0])
        alone = [ref.name for ref in source.pod_refs] == [name]
        if alone and was[key].label is not Label.REFUSED:
            assert item.label.rank <= was[key].label.rank or item.label in (Label.REFUSED, Label.UNKNOWN)


@given(clusters(), protections(CERTAIN))
def test_strict_mode_never_makes_plain_text(cluster, protection):
    closed = tuple(
        replace(item, modes={name: mode.replace("PERMISSIVE", "STRICT") for name, mode in item.modes.items()})
        for item in protection.meshes
    )
    view, before = asked(cluster, protection)
    after = encryption(view, cluster, replace(protection, meshes=closed))
    was = labels(before, view)
    for key, item in labels(after, view).items():
        assert item.label is not Label.PLAINTEXT or was[key].label is Label.PLAINTEXT


@given(clusters(), protections(), st.booleans())
def test_weaker_evidence_never_makes_a_verdict_stronger(cluster, protection, of_mesh):
    weak = EvidenceStrength.INTENDED
    weaker = replace(
        protection,
        meshes=tuple(replace(item, strength=weak) for item in protection.meshes)
        if of_mesh
        else protection.meshes,
        links=tuple(replace(item, strength=weak) for item in protection.links),
    )
    view, before = asked(cluster, protection)
    was = labels(before, view)
    for key, item in labels(encryption(view, cluster, weaker), view).items():
        assert item.label is was[key].label
        assert item.strength.rank <= was[key].strength.rank


@given(clusters(), protections())
def test_without_enforcement_nothing_is_blocked(cluster, protection):
    view, engine = asked(cluster, protection, enforcement=Enforcement.NOT_ENFORCED)
    rows = list(engine.along(view.connections()))

    pairs = {(row.source, row.destination) for row, _ in rows}
    assert pairs >= {(a.id, b.id) for a in view.workloads for b in view.workloads if a.id != b.id}
    assert all(item.label is not Label.BLOCKED for _, found in rows for item in found)


@given(
    clusters(),
    protections(CERTAIN, st.sampled_from(["sealed", "strict", "open"])),
    st.sampled_from(NAMES),
    st.booleans(),
)
def test_one_fact_made_unknown_leaves_the_label_or_makes_it_unknown(cluster, protection, name, of_mesh):
    if of_mesh and protection.meshes:
        first = protection.meshes[0]
        mode = first.modes.get(name, "none")
        unsure = {"STRICT": "UNREAD", "PERMISSIVE": "UNREAD"}.get(mode, mode)
        less = replace(
            protection, meshes=(replace(first, modes={**first.modes, name: unsure}), *protection.meshes[1:])
        )
    elif protection.links:
        first = protection.links[0]
        less = replace(
            protection, links=(replace(first, ends={**first.ends, name: "?"}), *protection.links[1:])
        )
    else:
        return
    view, before = asked(cluster, protection)
    was = labels(before, view)
    for key, item in labels(encryption(view, cluster, less), view).items():
        ends = [next(found for found in view.workloads if found.id == end) for end in key[:2]]
        single = all(len(end.pod_refs) == 1 for end in ends)
        assert item.label in (was[key].label, Label.UNKNOWN) or not single


@given(clusters(), protections(), st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_matter(cluster, protection, random):
    shuffled = list(cluster.pods)
    random.shuffle(shuffled)
    view, engine = asked(cluster, protection)
    other_view, other = asked(replace(cluster, pods=tuple(shuffled)), protection)

    assert labels(engine, view) == labels(other, other_view)
    assert engine.tally() == other.tally()


@given(clusters(), protections())
def test_a_listener_exposes_nobody_exactly_when_no_admitted_source_gets_less_than_mutual_tls(
    cluster, protection
):
    view, engine = asked(cluster, protection)
    for workload in view.workloads:
        for item in engine.listeners(workload.id):
            if item.port == 0 or item.plain is Known.NO:
                assert item.plain is not Known.NO or item.exposed_to == "nobody"
                continue
            wanted = Connections.of({item.protocol: PortSet.of([(item.port, item.port)])})
            served = {
                name
                for name, allowed in view.sources(workload.id)
                if allowed & wanted and _plain(engine, name, workload.id, allowed & wanted)
            }
            assert item.exposed_to == _circle(served, workload.id)


def _plain(engine, source, destination, allowed):
    if source.startswith("external:"):
        return True
    mutual = (Label.MTLS_ENFORCED, Label.MTLS_OPPORTUNISTIC, Label.TLS_APP, Label.REFUSED)
    return any(item.label not in mutual for item in engine.paths(source, destination, allowed))


def _circle(served, workload):
    if any(name.startswith("external:") for name in served):
        return "outside"
    space = workload.partition("/")[0]
    if any(not name.startswith(f"{space}/") for name in served):
        return "the cluster"
    return "its namespace" if served else "nobody"


def test_a_workload_is_no_source_of_its_own_also_where_others_look_like_it_to_policies():
    """`w` and `x` are one class to policies; only `x`, which uses mutual TLS, can open a connection to `w`."""
    pods = [pod("y/b", owner="w[Deployment]"), pod("y/f", owner="x[Deployment]")]
    cluster = inventory(pods, [policy("y/some", ingress=[rule(pods_peer())])])
    protection = Protection((FixedMesh("m", {"f": "STRICT", "b:80": "PERMISSIVE"}),), ())
    _, engine = asked(cluster, protection)
    (listener,) = [item for item in engine.listeners("y/w[Deployment]") if item.port == 80]
    assert (listener.plain, listener.exposed_to) == (Known.YES, "nobody")
    twice = inventory([*pods, pod("y/c", owner="z[Deployment]")], cluster.policies)
    _, engine = asked(twice, protection)
    (listener,) = [item for item in engine.listeners("y/w[Deployment]") if item.port == 80]
    assert listener.exposed_to == "its namespace"
