import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import evaluate
from app.model.policy import Family
from app.model.reachability import Profile
from tests.builders import UNKNOWN_PLATFORM, Enforcement, platform
from tests.oracle import Oracle
from tests.properties.clusters import OUTSIDE, PROBES, clusters
from tests.properties.mixed import STYLES, mixed_clusters

EXAMPLES = int(os.environ.get("NETATTEST_EXAMPLES", "200"))
thorough = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
brief = settings(thorough, max_examples=EXAMPLES // 2)


@thorough
@given(clusters(), st.sampled_from([Profile.SPEC, Profile.CALICO, Profile.CILIUM]))
def test_the_engine_answers_as_the_oracle_does(cluster, profile):
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=profile)
    assert_equal(engine, oracle_of(cluster, profile), cluster, certain=True)


@brief
@given(clusters(), st.booleans())
def test_a_node_that_enforces_nothing_restricts_nothing(cluster, as_declared):
    partly = platform("aws-vpc-cni", nodes={"n1": Enforcement.NOT_ENFORCED, "n2": Enforcement.ENFORCED})
    engine = evaluate.reachability(cluster, partly, (), as_declared=as_declared)
    free = frozenset(pod.ref for pod in cluster.pods if pod.node == "n1" and not as_declared)
    assert_equal(engine, Oracle(cluster, unenforced=free), cluster)


@thorough
@given(st.data(), st.sampled_from(STYLES))
def test_the_engine_answers_as_the_oracle_does_for_policies_of_every_kind(data, style):
    cluster = data.draw(mixed_clusters(style))
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=style)
    assert_equal(engine, oracle_of(cluster, style), cluster, certain=True)


@brief
@given(st.data(), st.sampled_from(STYLES))
def test_a_connection_passes_the_data_plane_of_each_vendor_whose_policies_there_are(data, style):
    cluster = data.draw(mixed_clusters(style, families=(Family.CALICO, Family.CILIUM, Family.ANTREA)))
    engine = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=style)
    assert_equal(engine, oracle_of(cluster, style), cluster, certain=True)


def oracle_of(cluster, style):
    return Oracle(
        cluster,
        style=style.value,
        blocks_match_pods=style is not Profile.CILIUM,
        init_container_ports=style is Profile.CALICO,
    )


def assert_equal(engine, oracle, cluster, *, certain=False):
    pods = {pod.ref: pod for pod in cluster.pods}
    for source in [*engine.workloads, *OUTSIDE]:
        for destination in [*engine.workloads, *OUTSIDE]:
            if source == destination:
                continue
            named = name(source), name(destination)
            allowed, sure = engine.between(*named), engine.certain(*named)
            shared = isinstance(source, str) or isinstance(destination, str) or not source.host_network
            for at in PROBES:
                found = [
                    oracle.ends(one, other, *at)
                    for one in ends(source, pods)
                    for other in ends(destination, pods)
                ]
                truth = {any(True in item for item in each) for each in found}
                assert len(truth) == 1 or not shared, named
                assert allowed.allows(*at) is (True in truth), (*named, *at)
                if certain and shared:
                    assert sure.allows(*at) is any(item == {True} for item in found[0]), (*named, *at)


def name(end):
    return f"external:{end}" if isinstance(end, str) else end.id


def ends(end, pods):
    return [end] if isinstance(end, str) else [pods[ref] for ref in end.pod_refs]
