from hypothesis import given
from hypothesis import strategies as st

from app.model.connections import FIRST_PORT, LAST_PORT, Connections, PortSet, Protocol

ports = st.integers(FIRST_PORT, LAST_PORT)
port_sets = st.lists(st.tuples(ports, ports).map(sorted).map(tuple), max_size=4).map(PortSet.of)
connections = st.dictionaries(st.sampled_from(list(Protocol)), port_sets).map(Connections.of)


@given(port_sets, port_sets, ports)
def test_a_port_is_in_a_result_as_it_is_in_the_parts(one, other, port):
    assert (port in one | other) is (port in one or port in other)
    assert (port in one & other) is (port in one and port in other)
    assert (port in one - other) is (port in one and port not in other)
    assert (port in one.complement()) is (port not in one)


@given(port_sets)
def test_intervals_are_sorted_disjoint_and_never_touch(one):
    for (_, last), (first, _) in zip(one.intervals, one.intervals[1:], strict=False):
        assert last + 1 < first


@given(port_sets, port_sets)
def test_equal_sets_are_equal_values(one, other):
    assert (one | other) - other == one - other
    assert one.complement().complement() == one
    assert (one & other).complement() == one.complement() | other.complement()
    assert len(one | other) == len(one) + len(other) - len(one & other)


@given(st.lists(st.tuples(st.integers(-5, 70000), st.integers(-5, 70000)), max_size=4))
def test_what_is_no_port_is_cut_off(intervals):
    assert PortSet.of(intervals) == PortSet.all() & PortSet.of(intervals)
    assert PortSet.of(intervals) - PortSet.all() == PortSet()


@given(connections, connections, connections)
def test_connections_form_a_lattice(one, other, third):
    assert one | other == other | one
    assert one & (other | third) == (one & other) | (one & third)
    assert one - (other | third) == (one - other) - third
    assert one | Connections() == one & Connections.all() == one
    assert bool(one) is bool(one.to_json())


@given(connections, st.sampled_from(list(Protocol)), ports)
def test_no_protocol_leaks_into_another(one, protocol, port):
    assert one.allows(protocol, port) is (port in one.on(protocol))
    assert (Connections.all() - one).allows(protocol, port) is (not one.allows(protocol, port))
