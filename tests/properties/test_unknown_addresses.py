"""Whatever addresses the pods turn out to have: the answer is one of those that were told before anybody knew."""

import os
from dataclasses import replace
from ipaddress import ip_address, ip_network

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import evaluate
from tests.builders import UNKNOWN_PLATFORM, cidr, policy, rule
from tests.properties.clusters import BLOCKS, PROBES, SPACES
from tests.properties.mixed import STYLES, mixed_clusters

EXAMPLES = int(os.environ.get("NETATTEST_EXAMPLES", "160"))
some = settings(max_examples=max(40, EXAMPLES // 4), deadline=None, suppress_health_check=list(HealthCheck))

ANYWHERE = {
    4: ("10.0.0.2", "10.0.0.7", "10.0.0.8", "10.200.0.1", "172.16.0.1", "192.168.4.77", "192.168.200.1"),
    6: ("fd00::6", "fd00::9", "fd00::f0", "2001:db8::1"),
}


@some
@given(st.data(), st.sampled_from(STYLES))
def test_an_address_that_comes_to_be_known_contradicts_nothing(data, style):
    cluster = data.draw(mixed_clusters(style))
    by_address = [
        policy(f"{space}/by-address", "", ingress=[rule(cidr(*data.draw(st.sampled_from(BLOCKS))))])
        for space in SPACES
    ]
    cluster = replace(
        cluster, policies=tuple(sorted((*cluster.policies, *by_address), key=lambda item: item.ref))
    )
    later = replace(cluster, pods=tuple(addressed(data, cluster, pod) for pod in cluster.pods))
    before, after = (
        evaluate.reachability(item, UNKNOWN_PLATFORM, (), profile=style) for item in (cluster, later)
    )
    now = {str(ref): item.id for item in after.workloads for ref in item.pod_refs}
    for source in before.workloads:
        for destination in before.workloads:
            if source.id == destination.id:
                continue
            told = [answers(before, source.id, destination.id) for answers in (least, most)]
            ends = now[str(source.pod_refs[0])], now[str(destination.pod_refs[0])]
            found = [answers(after, *ends) for answers in (least, most)]
            for at in PROBES:
                assert told[0].allows(*at) <= found[0].allows(*at)
                assert found[1].allows(*at) <= told[1].allows(*at)


def least(engine, source, destination):
    return engine.certain(source, destination)


def most(engine, source, destination):
    return engine.between(source, destination)


def addressed(data, cluster, pod):
    """The pod with an address of every family that its like show, or that is seen at all; ones that it can have."""
    of_node = [item.addresses for item in cluster.nodes if item.name == pod.node]
    if pod.ips or (pod.host_network and of_node):
        return pod
    inside = [ip for item in cluster.pods if not item.host_network for ip in item.ips]
    on_nodes = [ip for item in cluster.pods if item.host_network for ip in item.ips]
    on_nodes += [ip for item in cluster.nodes for ip in item.addresses]
    shown = (on_nodes if pod.host_network else inside) or inside + on_nodes
    families = sorted({ip_address(ip).version for ip in shown} or {4})
    return replace(
        pod, ips=tuple(data.draw(st.sampled_from(choices(cluster, pod, item))) for item in families)
    )


def choices(cluster, pod, family):
    given = [ip_network(text) for item in cluster.nodes for text in item.pod_cidrs]
    known = [ip_address(ip) for item in cluster.pods if not item.host_network for ip in item.ips]
    kept = known and all(any(ip in net for net in given) for ip in known)
    if pod.host_network or not kept:
        return ANYWHERE[family]
    inside = [ip for ip in ANYWHERE[family] if any(ip_address(ip) in net for net in given)]
    return inside or [str(net[1]) for net in given if net.version == family]
