from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import evaluate
from app.model.decision import Reason
from app.model.inventory import Inventory
from app.model.policy import Direction
from app.model.reachability import Profile
from tests.builders import UNKNOWN_PLATFORM, inventory
from tests.properties.clusters import OUTSIDE, PROBES, clusters, policies, rules

some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def engine(cluster: Inventory):
    return evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=Profile.SPEC)


def rows(cluster: Inventory):
    return list(engine(cluster).connections())


def ends(found):
    return [item.id for item in found.workloads] + [f"external:{address}" for address in OUTSIDE]


def by_pod(cluster: Inventory):
    """Connections between pods and addresses, whatever workloads they are parts of."""
    found = engine(cluster)
    of_pod = {str(ref): item.id for item in found.workloads for ref in item.pod_refs}
    of_pod |= {address: f"external:{address}" for address in OUTSIDE}
    return {
        (one, other): found.between(of_pod[one], of_pod[other])
        for one in of_pod
        for other in of_pod
        if of_pod[one] != of_pod[other] or one == other
    }


@some
@given(clusters(), st.randoms(use_true_random=False))
def test_the_order_of_objects_changes_nothing(cluster, random):
    def shuffled(items):
        return tuple(random.sample(list(items), len(items)))

    mixed = replace(
        cluster,
        pods=shuffled(cluster.pods),
        policies=shuffled(cluster.policies),
        namespaces=shuffled(cluster.namespaces),
        nodes=shuffled(cluster.nodes),
    )
    assert rows(mixed) == rows(cluster)


@some
@given(clusters(), rules, st.data())
def test_one_more_rule_in_an_isolating_policy_never_closes_anything(cluster, extra, data):
    isolating = [item for item in cluster.policies if item.directions]
    if not isolating:
        return
    chosen = data.draw(st.sampled_from(isolating))
    direction = data.draw(st.sampled_from(sorted(chosen.directions)))
    section = "ingress" if direction is Direction.INGRESS else "egress"
    wider = replace(
        chosen, **{section: (*chosen.rules(direction), replace(extra, path=f"spec.{section}[9]"))}
    )
    after = by_pod(
        replace(cluster, policies=tuple(wider if item is chosen else item for item in cluster.policies))
    )
    before = by_pod(cluster)
    assert all(not before[pair] - after[pair] for pair in before.keys() & after.keys())


@some
@given(clusters(), policies(90), policies(91))
def test_two_policies_allow_what_one_with_both_their_rules_allows(cluster, one, other):
    other = replace(
        other,
        ref=replace(other.ref, namespace=one.namespace),
        subject=one.subject,
        directions=one.directions,
    )
    both = replace(one, ingress=one.ingress + other.ingress, egress=one.egress + other.egress)
    apart = by_pod(replace(cluster, policies=(*cluster.policies, one, other)))
    assert apart == by_pod(replace(cluster, policies=(*cluster.policies, both)))


@some
@given(clusters(), policies(90, "nowhere"))
def test_a_policy_that_selects_nothing_changes_nothing(cluster, idle):
    with_it = inventory(
        cluster.pods, (*cluster.policies, idle), namespaces=cluster.namespaces, nodes=cluster.nodes
    )
    without, after = by_pod(cluster), by_pod(with_it)
    assert all(without[pair] == after[pair] for pair in without.keys() & after.keys())


@some
@given(clusters())
def test_the_list_of_connections_says_what_single_questions_say(cluster):
    found = engine(cluster)
    listed = list(found.connections())
    assert [(row.source, row.destination) for row in listed] == sorted(
        {(row.source, row.destination) for row in listed}
    )
    for row in listed:
        assert row.allowed
        assert found.between(row.source, row.destination) == row.allowed
    pairs = {
        (row.source, row.destination) for row in listed if "external:" not in row.source + row.destination
    }
    workloads = [item.id for item in found.workloads]
    assert pairs == {(one, other) for one in workloads for other in workloads if found.between(one, other)}


@some
@given(clusters())
def test_external_ranges_are_maximal_and_leave_nothing_out(cluster):
    found = engine(cluster)
    sides = {"in": {}, "out": {}}
    for row in found.connections():
        if row.source.startswith("external:"):
            sides["in"].setdefault(row.destination, []).append((row.source, row.allowed))
        elif row.destination.startswith("external:"):
            sides["out"].setdefault(row.source, []).append((row.destination, row.allowed))
    for side, listed in sides.items():
        for workload in found.workloads:
            merged = []
            for atom in found.externals:
                pair = (atom.id, workload.id) if side == "in" else (workload.id, atom.id)
                allowed = found.between(*pair)
                last = merged[-1] if merged else None
                if last and last[1] == allowed and last[0].version == atom.range.version:
                    merged[-1] = (replace(last[0], last=atom.range.last), allowed)
                else:
                    merged.append((atom.range, allowed))
            expected = sorted((replace(atom, range=span).id, allowed) for span, allowed in merged if allowed)
            assert sorted(listed.get(workload.id, [])) == expected


@some
@given(clusters())
def test_sources_and_destinations_are_two_sides_of_one_relation(cluster):
    found = engine(cluster)
    every = [item.id for item in (*found.workloads, *found.externals)]
    for end in every:
        into, out = list(found.sources(end)), list(found.destinations(end))
        assert into == sorted(into, key=lambda item: item[0])
        assert dict(into) == {one: allowed for one in every if (allowed := found.between(one, end))}
        assert dict(out) == {other: allowed for other in every if (allowed := found.between(end, other))}


@some
@given(clusters())
def test_a_decision_agrees_with_the_connections_and_names_its_witnesses(cluster):
    found = engine(cluster)
    for source in ends(found):
        for destination in ends(found):
            if source == destination or ("external" in source and "external" in destination):
                continue
            allowed, sure = found.between(source, destination), found.certain(source, destination)
            for protocol, port in PROBES[::4]:
                decision = found.decide(source, destination, protocol, port)
                halves = (decision.egress, decision.ingress)
                if decision.certain:
                    assert decision.allowed is allowed.allows(protocol, port)
                else:  # what may be allowed is listed, and is not among what is certain
                    assert allowed.allows(protocol, port) is not any(half.reason.denies for half in halves)
                    assert not sure.allows(protocol, port)
                for half in halves:
                    by_rule = half.reason is Reason.ALLOWED_BY_RULE
                    assert bool(half.rules) is by_rule or half.reason is Reason.CANNOT_TELL
                assert evaluate.explain(decision)


@some
@given(clusters())
def test_witnesses_of_a_row_admit_all_of_it(cluster):
    found = engine(cluster)
    for row in found.connections():
        for witness in found.witnesses(row):
            if witness.reason.value == "allowed-by-rule" and not witness.note:
                left = row.allowed
                for _, admitted in witness.rules:
                    left -= admitted
                assert not left
