"""What a change is said to open and close, against asking both clusters about every pair, port and address."""

from dataclasses import replace
from ipaddress import ip_address

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import evaluate
from app.model.history import ChangeKind, ObjectChange
from app.model.inventory import Inventory
from app.model.judgement import Judgement
from app.model.policy import AddressRange
from app.model.reachability import ExternalRange, Profile
from app.model.scope import Scope
from app.trend import consequences
from tests.builders import UNKNOWN_PLATFORM
from tests.properties.clusters import OUTSIDE, PROBES, clusters, policies

some = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def judged(cluster: Inventory) -> Judgement:
    view = evaluate.reachability(cluster, UNKNOWN_PLATFORM, (), profile=Profile.SPEC)
    return Judgement(cluster, UNKNOWN_PLATFORM, view, view, Scope(), (), (), {}, {})


@st.composite
def changes(draw):
    """A cluster, the same with some policies taken away and others added, and the objects that differ."""
    before = draw(clusters())
    kept = [item for item in before.policies if draw(st.booleans())]
    added = [draw(policies(number)) for number in range(10, 10 + draw(st.integers(0, 2)))]
    after = replace(before, policies=tuple(sorted((*kept, *added), key=lambda item: item.ref)))
    was, now = {item.ref for item in before.policies}, {item.ref for item in after.policies}
    objects = [ObjectChange(ref, ChangeKind.REMOVED, "was", "") for ref in sorted(was - now)]
    objects += [ObjectChange(ref, ChangeKind.ADDED, "", "is") for ref in sorted(now - was)]
    return before, after, tuple(objects)


def places(delta_end: str) -> AddressRange | None:
    """The addresses of an end outside; None for a workload."""
    if not delta_end.startswith("external:"):
        return None
    first, _, last = delta_end.removeprefix("external:").partition("-")
    one, other = ip_address(first), ip_address(last or first)
    return AddressRange(one.version, int(one), int(other))


def is_end(delta_end: str, asked: str) -> bool:
    found = places(delta_end)
    if found is None:
        return delta_end == asked
    if not asked.startswith("external:"):
        return False
    address = ip_address(asked.removeprefix("external:"))
    return address.version == found.version and found.first <= int(address) <= found.last


def listed(decision):
    """What may be allowed is listed among connections: neither end denies it."""
    return not any(half.reason.denies for half in (decision.egress, decision.ingress))


@some
@given(changes())
def test_every_probe_that_differs_is_told_and_nothing_else(change):
    before, after, objects = change
    was = judged(replace(before, beside=after.policies))
    now = judged(replace(after, beside=before.policies))
    assert [item.id for item in was.reachability.workloads] == [
        item.id for item in now.reachability.workloads
    ]
    told = consequences(was, now, objects).paths
    ends = [item.id for item in was.reachability.workloads]
    away = [f"external:{address}" for address in OUTSIDE]
    pairs = [(one, other) for one in ends for other in (*ends, *away) if one != other]
    pairs += [(one, other) for one in away for other in ends]
    for source, destination in pairs:
        for protocol, port in PROBES:
            old = listed(was.reachability.decide(source, destination, protocol, port))
            new = listed(now.reachability.decide(source, destination, protocol, port))
            hits = [
                item.opened
                for item in told
                if is_end(item.source, source)
                and is_end(item.destination, destination)
                and item.ports.allows(protocol, port)
            ]
            assert hits == ([] if old == new else [new]), (source, destination, protocol, port)


@some
@given(changes())
def test_policies_beside_a_cluster_decide_nothing_in_it(change):
    before, after, _ = change
    plain, beside = judged(before).reachability, judged(replace(before, beside=after.policies)).reachability
    names = [
        {str(ref): item.id for item in view.workloads for ref in item.pod_refs} for view in (plain, beside)
    ]
    for one in names[0]:
        for other in (*names[0], *(f"external:{address}" for address in OUTSIDE)):
            ends = [(of_pod[one], of_pod.get(other, other)) for of_pod in names]
            if ends[1][0] != ends[1][1] and ends[0][0] != ends[0][1]:
                assert plain.between(*ends[0]) == beside.between(*ends[1])


@some
@given(clusters())
def test_no_change_has_no_consequences(cluster):
    found = consequences(judged(cluster), judged(cluster), ())
    assert (found.paths, found.opened, found.closed, found.flips) == ((), (), (), ())


def test_ranges_are_read_as_they_are_written():
    assert places(ExternalRange(AddressRange(4, 1, 5)).id) == AddressRange(4, 1, 5)
