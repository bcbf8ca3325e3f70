"""What the engine says about pods that do not exist yet, compared with what it says once they are there."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import evaluate
from app.model.policy import Direction
from tests.builders import UNKNOWN_PLATFORM, namespace, pod
from tests.properties.clusters import PROBES, SPACES, labels
from tests.properties.mixed import STYLES, mixed_clusters

some = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
NEW = "new"
SEEN = [{"kubernetes.io/metadata.name": NEW}, {"team": "red"}, {"team": "blue"}]


@some
@given(st.data(), st.sampled_from(STYLES))
def test_bounds_hold_for_a_pod_that_comes(data, style):
    cluster = data.draw(mixed_clusters(style))
    before = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=style)
    space = data.draw(st.sampled_from([*SPACES, NEW]))
    comer = pod(f"{space}/comer", data.draw(labels), ips=["10.0.0.250"] if has_addresses(cluster) else [])
    spaces = cluster.namespaces
    if space == NEW:
        spaces = (*spaces, namespace(NEW, data.draw(st.sampled_from(SEEN))))
    pods = tuple(sorted((*cluster.pods, comer), key=lambda item: item.ref))
    after = evaluate.reachability(
        replace(cluster, pods=pods, namespaces=spaces), UNKNOWN_PLATFORM, (), profile=style
    )
    of_pod = {ref: item.id for item in after.workloads for ref in item.pod_refs}
    for workload in before.workloads:
        now = of_pod[workload.pod_refs[0]]
        for direction in Direction:
            exposure = before.open_to(workload.id, direction)
            bounds = dict(exposure.namespaces).get(space, exposure.anywhere)
            ends = (now, f"{space}/comer[Pod]")
            source, destination = ends if direction is Direction.EGRESS else ends[::-1]
            for protocol, port in PROBES:
                decision = after.decide(source, destination, protocol, port)
                half = decision.egress if direction is Direction.EGRESS else decision.ingress
                assert not (bounds.every.allows(protocol, port) and half.reason.denies)
                assert bounds.some.allows(protocol, port) or not half.reason.allows


def has_addresses(cluster):
    return any(item.ips for item in cluster.pods)
