from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.model.connections import Connections
from app.model.policy import Direction
from app.render.charts import Level
from app.render.namespaces import OUTSIDE, worst_levels
from tests.report_builder import INTERNET, FixedReachability, ports, reachability, workload

PODS = (workload("a", "one"), workload("a", "two"), workload("b", "one"), workload("c", "one"))
NAMES = ("a", "b", "c")


def slow_answer(engine: FixedReachability, source: str, destination: str) -> Level:
    """Every pair, one by one."""
    home = {item.id: item.namespace for item in engine.workloads} | {INTERNET.id: OUTSIDE}
    found = [
        engine.between(x, y)
        for x in home
        for y in home
        if x != y and home[x] == source and home[y] == destination
    ]
    if not found or source == destination == OUTSIDE:
        return Level.SELF
    if any(item.is_all for item in found):
        return Level.OPEN
    return Level.PORTS if any(found) else Level.NONE


ids = st.sampled_from([*(item.id for item in PODS), INTERNET.id])
engines = st.builds(
    lambda rows, isolated: FixedReachability(PODS, rows, frozenset(isolated)),
    st.dictionaries(
        st.tuples(ids, ids).filter(lambda pair: pair[0] != pair[1]),
        st.sampled_from([Connections(), ports(80), Connections.all()]),
        max_size=8,
    ),
    st.sets(st.tuples(st.sampled_from([item.id for item in PODS]), st.sampled_from(Direction))),
).map(
    # a row says something about isolated ends only: between free ends the engine answers "everything"
    lambda engine: replace(
        engine,
        rows={
            pair: allowed
            for pair, allowed in engine.rows.items()
            if (pair[0], Direction.EGRESS) in engine.isolated
            or (pair[1], Direction.INGRESS) in engine.isolated
        },
    )
)


@given(engines)
def test_the_worst_case_is_that_of_looking_at_every_pair(engine):
    worst = worst_levels(engine, NAMES)

    for source in (OUTSIDE, *NAMES):
        for destination in (OUTSIDE, *NAMES):
            assert worst.at(source, destination) is slow_answer(engine, source, destination), (
                source,
                destination,
            )


@given(engines)
def test_when_the_bound_is_met_a_cell_is_unknown_and_never_better_than_the_truth(engine):
    worst = worst_levels(engine, NAMES, most_rows=1)

    for source in (OUTSIDE, *NAMES):
        for destination in (OUTSIDE, *NAMES):
            said = worst.at(source, destination)
            if not worst.finished:
                assert said in (Level.UNKNOWN, Level.OPEN, Level.SELF)
            else:
                assert said is slow_answer(engine, source, destination)


def test_namespaces_that_are_not_shown_do_not_count():
    worst = worst_levels(reachability(), ("payments",))

    assert worst.at("kube-system", "payments") is Level.SELF
    assert worst.at("payments", "payments") is Level.PORTS
