import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import evaluate
from app.model.decision import Reason, RuleRef
from app.model.policy import NOTHING, Action, Direction, Family, Subject
from app.model.reachability import Profile
from tests.builders import UNKNOWN_PLATFORM
from tests.properties.clusters import OUTSIDE, PROBES
from tests.properties.mixed import STYLES, VENDORS, mixed_clusters, rules, wide_policies

EXAMPLES = int(os.environ.get("NETATTEST_EXAMPLES", "200"))
some = settings(max_examples=max(60, EXAMPLES // 4), deadline=None, suppress_health_check=list(HealthCheck))
triples_of_many = settings(some, max_examples=max(60, EXAMPLES))
UNCERTAIN = ("condition", "equal priority", "an address that is not known")
TRIPLES = 20  # of each cluster: 60 clusters make more than a thousand


def engine(cluster, style):
    return evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=style)


def ids(found):
    """Workload ids by pod, and ids of addresses outside."""
    inside = {str(ref): item.id for item in found.workloads for ref in item.pod_refs}
    return inside | {address: f"external:{address}" for address in OUTSIDE[:3]}


def between_pods(cluster, style):
    found = engine(cluster, style)
    named = ids(found)
    return {
        (one, other): found.between(named[one], named[other])
        for one in named
        for other in named
        if named[one] != named[other]
    }


def assert_alike(one, other, style):
    """Every two pods that are of two workloads in both may do the same in both."""
    was, now = between_pods(one, style), between_pods(other, style)
    assert all(was[pair] == now[pair] for pair in was.keys() & now.keys())


def without(cluster, gone):
    """The cluster with rules and policies taken out; its workloads stay the parts that they were told apart into."""

    def left(policy, direction):
        return tuple(
            rule for rule in policy.rules(direction) if RuleRef(policy.ref, direction, rule.path) not in gone
        )

    kept = tuple(
        replace(item, ingress=left(item, Direction.INGRESS), egress=left(item, Direction.EGRESS))
        for item in cluster.policies
        if item.ref not in gone
    )
    return replace(cluster, policies=kept, beside=cluster.policies)


@triples_of_many
@given(st.data(), st.sampled_from(STYLES))
def test_an_explanation_names_what_decides_and_its_removal_changes_the_answer(data, style):
    cluster = data.draw(mixed_clusters(style, conditions=False))
    found = engine(cluster, style)
    named, by_removal = ids(found), {}
    triples = st.tuples(
        st.sampled_from(sorted(named)), st.sampled_from(sorted(named)), st.sampled_from(PROBES)
    )
    for one, other, (protocol, port) in data.draw(st.lists(triples, min_size=TRIPLES, max_size=TRIPLES)):
        if named[one] == named[other] or (one in OUTSIDE and other in OUTSIDE):
            continue
        decision = found.decide(named[one], named[other], protocol, port)
        if not decision.certain:
            continue
        for gone in removals(decision):
            by_removal.setdefault(frozenset(gone), []).append((one, other, protocol, port, decision))
    for gone, asked in by_removal.items():
        after = engine(without(cluster, gone), style)
        renamed = ids(after)
        for one, other, protocol, port, decision in asked:
            changed = after.decide(renamed[one], renamed[other], protocol, port).allowed
            assert changed is not decision.allowed, (decision, gone)


def removals(decision):
    """Each way of changing the answer that an explanation names."""
    halves = [decision.egress, decision.ingress]
    if decision.allowed:
        return [half.remove for half in halves if half.remove]
    denying = [half for half in halves if half.reason.denies]
    assert all(half.remove for half in denying)
    for half in denying:
        named = {item.policy if isinstance(item, RuleRef) else item for item in half.remove}
        assert half.reason is not Reason.NO_RULE_MATCHES or set(half.isolating) & named
    return [tuple(item for half in denying for item in half.remove)]


@some
@given(st.data(), st.sampled_from(STYLES))
def test_a_rule_that_decides_is_named(data, style):
    cluster = data.draw(mixed_clusters(style))
    found = engine(cluster, style)
    every = [item.id for item in found.workloads]
    for source in every:
        for destination in every:
            if source == destination:
                continue
            allowed = found.between(source, destination)
            for protocol, port in PROBES[::3]:
                decision = found.decide(source, destination, protocol, port)
                if decision.certain:
                    assert decision.allowed is allowed.allows(protocol, port)
                for half in (decision.egress, decision.ingress):
                    by_rule = half.reason in (Reason.ALLOWED_BY_RULE, Reason.DENIED_BY_RULE)
                    assert bool(half.rules) is by_rule or half.reason is Reason.CANNOT_TELL
                assert evaluate.explain(decision)


@some
@given(st.data(), st.sampled_from(STYLES))
def test_the_witnesses_of_a_row_admit_all_that_a_rule_allows(data, style):
    cluster = data.draw(mixed_clusters(style))
    found = engine(cluster, style)
    for row in found.connections():
        for witness in found.witnesses(row):
            for _, admitted in witness.rules:
                assert admitted
                assert not admitted - row.allowed


@some
@given(st.data(), st.sampled_from(STYLES))
def test_the_list_says_what_single_questions_say_and_notes_what_is_not_certain(data, style):
    cluster = data.draw(mixed_clusters(style))
    found = engine(cluster, style)
    listed = list(found.connections())
    for row in listed:
        assert found.between(row.source, row.destination) == row.allowed
        uncertain = found.certain(row.source, row.destination) != row.allowed
        said = any(word in note for word in UNCERTAIN for note in row.notes)
        assert said is uncertain
    inside = {
        (row.source, row.destination) for row in listed if "external:" not in row.source + row.destination
    }
    every = [item.id for item in found.workloads]
    assert inside == {(one, other) for one in every for other in every if found.between(one, other)}


@some
@given(st.data(), st.sampled_from(STYLES))
def test_staged_policies_change_nothing(data, style):
    cluster = data.draw(mixed_clusters(style))
    staged = replace(data.draw(wide_policies(90, VENDORS.get(style, Family.ADMIN))), staged=True)
    assert_alike(with_one_more(cluster, staged), cluster, style)


@some
@given(st.data(), st.sampled_from(STYLES))
def test_a_policy_that_selects_nothing_changes_nothing(data, style):
    cluster = data.draw(mixed_clusters(style))
    idle = data.draw(wide_policies(90, VENDORS.get(style, Family.ADMIN)))
    idle = replace(idle, subject=Subject(NOTHING, idle.subject.namespace))
    assert_alike(with_one_more(cluster, idle), cluster, style)


@some
@given(st.data(), rules([Action.DENY], conditions=False))
def test_deny_beats_allow_whatever_else_there_is_where_deny_always_wins(data, denial):
    cluster = data.draw(mixed_clusters(Profile.CILIUM, families=(Family.CILIUM,)))
    base = data.draw(wide_policies(90, Family.CILIUM))
    denying = replace(
        base,
        staged=False,
        directions=frozenset(Direction),
        isolates=frozenset(),
        ingress=(replace(denial, path="spec.ingressDeny[0]"),),
        egress=(),
    )
    before, after = cluster, with_one_more(cluster, denying)
    alone = replace(cluster, policies=(denying,))
    was, now, denied = (between_pods(item, Profile.CILIUM) for item in (before, after, alone))
    everything = next(iter(denied.values())).all() if denied else None
    for pair in was.keys() & now.keys() & denied.keys():
        shut = everything - denied[pair]
        assert now[pair] == was[pair] - shut


@some
@given(st.data())
def test_pass_in_the_last_tier_ends_in_its_default(data):
    cluster = data.draw(mixed_clusters(Profile.SPEC))
    open_ended = tuple(
        replace(item, ingress=allowing(item.ingress), egress=allowing(item.egress))
        if item.family is Family.BASELINE
        else item
        for item in cluster.policies
    )
    assert_alike(replace(cluster, policies=open_ended), cluster, Profile.SPEC)


def allowing(found):
    return tuple(replace(rule, action=Action.ALLOW) if rule.action is Action.PASS else rule for rule in found)


def with_one_more(cluster, policy):
    return replace(cluster, policies=tuple(sorted((*cluster.policies, policy), key=lambda item: item.ref)))
