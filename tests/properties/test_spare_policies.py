"""A rule or a policy is called spare exactly when the slow reading answers everything alike without it."""

import os
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import evaluate
from app.evaluate.hygiene.groups import Groups, asked_policies
from app.evaluate.hygiene.items import Items
from app.evaluate.hygiene.spare import spares
from app.model.policy import Action, AddressMatch, Direction, Family, OtherPeer
from app.model.reachability import Profile
from tests.builders import UNKNOWN_PLATFORM, cidr, inventory, pod
from tests.oracle import Oracle, Question
from tests.properties.clusters import OUTSIDE, PROBES
from tests.properties.mixed import STYLES, mixed_clusters
from tests.wide import act, wide

EXAMPLES = int(os.environ.get("NETATTEST_EXAMPLES", "200"))
some = settings(max_examples=max(50, EXAMPLES // 4), deadline=None, suppress_health_check=list(HealthCheck))


def of_one_family(cluster, version):
    """Pods with addresses of one family alone, so that there is one way in which two ends meet; and on no known node."""
    pods = [
        replace(item, ips=tuple(ip for ip in item.ips if (":" in ip) is (version == 6)), node="")
        for item in cluster.pods
    ]
    return replace(cluster, pods=tuple(pods), nodes=())


def searched(cluster, style):
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=style)
    ways = [Groups(engine.cluster, way) for way in Direction]
    asked = {item.policy.key: item for groups in ways for item in asked_policies(groups.program)}
    items = Items.of(asked[key] for key in sorted(asked))
    return engine, ways, items


def without(cluster, item):
    """The cluster without a policy, or without the rules of one path; what the policy isolates stays isolated."""
    key, way, path = item.policy.policy.key, item.direction, item.path

    def left(policy):
        if policy.key != key:
            return policy
        kept = {
            direction: tuple(
                rule for rule in policy.rules(direction) if (direction, rule.path) != (way, path)
            )
            for direction in Direction
        }
        return replace(policy, ingress=kept[Direction.INGRESS], egress=kept[Direction.EGRESS])

    policies = [left(policy) for policy in cluster.policies if not (item.whole and policy.key == key)]
    return replace(cluster, policies=tuple(policies))


def addresses(engine):
    """An address of every range that policies tell apart, beside the usual ones."""
    kinds = {4: IPv4Address, 6: IPv6Address}
    return sorted(
        {*OUTSIDE, *(str(kinds[item.range.version](item.range.first)) for item in engine.externals)}
    )


def oracle_of(cluster, style):
    return Oracle(cluster, style.value, blocks_match_pods=style is not Profile.CILIUM)


def questions(oracle, outside):
    """What each pod's own end is asked about every other end, another pod like it included, on every port that matters.

    Over the families in which the two meet; an IPv4 pod and an address of IPv6 meet in none, and are asked about all at once.
    """
    pods = oracle.inventory.pods
    for own, peer in product(pods, (*pods, *outside)):
        for way, families in product(Direction, oracle._common(own, peer)):
            to = own if way is Direction.INGRESS else peer
            for protocol, port in PROBES:
                yield Question(way, own, peer, to, protocol, port, families)


@some
@given(st.data(), st.sampled_from(STYLES))
def test_what_is_spare_changes_nothing_and_what_is_not_changes_something(data, style):
    agrees(of_one_family(data.draw(mixed_clusters(style, conditions=False)), 4), style)


def test_a_rule_for_own_addresses_that_no_pod_has_is_spare_whatever_the_family_of_the_other_end():
    nowhere = OtherPeer(replace(cidr("0.0.0.0/0"), match=AddressMatch.AS_THE_DATA_PLANE_READS))
    denies = wide("all", Family.ANTREA, egress=[act(Action.DENY, own=[nowhere])])
    agrees(inventory([pod("a/p1", ips=["10.0.0.1"])], [denies]), Profile.ANTREA)


def agrees(cluster, style):
    """Engine and oracle call the same items spare."""
    engine, ways, items = searched(cluster, style)
    named = {item.number for item in spares(engine.cluster, ways, items)}
    before = oracle_of(cluster, style)
    asked = [(item, before._half(item)) for item in questions(before, addresses(engine))]
    for number, item in enumerate(items.all):
        if item.comparable:
            after = oracle_of(without(cluster, item), style)
            same = all(after._half(question) == answer for question, answer in asked)
            assert same is (number in named), (item.cause, item.whole)
