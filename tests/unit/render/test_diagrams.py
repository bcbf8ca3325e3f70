import re
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.connections import Connections, PortSet, Protocol
from app.model.encryption import EvidenceStrength, Label
from app.model.policy import AddressRange
from app.model.scope import Placement, Zone
from app.model.snapshot import Coverage, KindCoverage
from app.model.transit import PathVerdict
from app.render.diagrams import Band, Box, Diagram, Line, Transit, draw_diagram, draw_transit_key
from app.render.diagrams.addresses import range_words
from app.render.diagrams.ground import Ground, gather
from app.render.diagrams.layout import NARROWEST, TALLEST, lay_out
from app.render.diagrams.levels import MOST_LINES, Subject, data_flow, network, ports_words
from app.render.diagrams.model import OF_LABEL, Flow, Member, Place
from app.render.dossier import Dossier
from app.render.sections import diagrams
from tests.report_builder import empty_input, ports, report_input

HOSTILE = '<script>alert("x")</script>&\'"</text></svg>'
NET = Subject("n", "Network diagram")


def tree(*lines: Line, boxes: int = 3, title: str = "box") -> Diagram:
    bands = (Band("Zone", "", tuple(Box(f"{title} {at}", "2 pods") for at in range(boxes)), protected=True),)
    return Diagram("d", title, title, bands, lines)


def ground(namespaces: int, workloads: int, zones: int = 5, every: int = 1) -> Ground:
    """Everybody may reach everybody in every `every`-th namespace."""
    places = [
        Place(2 + space % zones, f"ns-{space}", f"ns-{space}/w{at}[Pod]")
        for space in range(namespaces)
        for at in range(workloads)
    ]
    open_ones = [item for item in places if int(item.group[3:]) % every == 0]
    flows = tuple(
        Flow(one, other, Transit.PLAIN, ports(80), 1, ("Not proven encrypted",))
        for other in sorted(open_ones)
        for one in sorted(places)
        if one != other
    )
    bands = ("Outside the cluster", "Ways in", *(f"zone {at}" for at in range(zones)))
    members = {item: Member("workload", 1, 2, touched=item.band == 2) for item in sorted(places)}
    return Ground(bands, members, flows)


@pytest.mark.parametrize(
    "title", ["All namespaces", "a-namespace-with-a-name-that-takes-half-of-the-drawing-and-more"]
)
@pytest.mark.parametrize("lines", [1, 20])
def test_a_number_of_what_a_box_holds_is_never_cut(title, lines):
    held = "101 namespaces of a large cluster, 3\u202f935 workloads of several kinds"
    box = Box(title, held, store=True)
    bands = (Band("Zone", "", (box, *(Box(f"b {at}", "") for at in range(lines)))),)
    flows = tuple(Line(at + 1, 0, Transit.PLAIN, f"TCP {80 + at}") for at in range(lines))

    words = str(draw_diagram(Diagram("d", "t", "t", bands, flows)))

    assert ">3\u202f935 workloads of several kinds<" in words or f"{held}<" in words


def test_every_kind_of_line_differs_by_form_and_letter_not_by_colour_alone():
    keys = [str(draw_transit_key(item.value)) for item in Transit]

    assert len({re.search(r"stroke-dasharray=\"([^\"]+)\"|$", key)[0] for key in keys}) == len(Transit)
    assert len({re.findall(r">([^<]+)</text>", key)[0] for key in keys}) == len(Transit)


def test_names_are_escaped_and_the_drawing_has_a_title_and_a_description():
    drawn = draw_diagram(tree(Line(0, 1, Transit.PLAIN, HOSTILE), title=HOSTILE))
    root = ET.fromstring(str(drawn))

    assert not [item for item in root.iter() if item.tag.endswith("script")]
    assert HOSTILE in root.find("title").text
    assert root.find("desc").text
    assert root.get("aria-labelledby") == "d-t d-d"


def test_no_letter_is_smaller_than_seven_points():
    drawn = str(draw_diagram(tree(Line(0, 1, Transit.PLAIN, "TCP 80"))))

    assert {float(size) for size in re.findall(r'font-size="([^"]+)"', drawn)} == {7.5}
    assert 'width="482pt"' in drawn


lines = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from(list(Transit)))
    .filter(lambda item: item[0] != item[1])
    .map(lambda item: Line(*item, "TCP 80")),
    max_size=40,
    unique=True,
)


@settings(max_examples=60)
@given(lines, st.integers(0, 3))
def test_no_two_lines_ever_lie_upon_one_another(found, rim):
    boxes = tuple(Box(f"b{at}", "") for at in range(8))
    bands = (Band("rim", "", boxes[:rim], rim=True), Band("zone", "", boxes[rim:]))
    layout = lay_out(Diagram("d", "", "", bands, tuple(found)))
    levels = [(item.left, y) for item in layout.trunks for y in (item.start, *item.ends)]
    crowded = [
        (one, other)
        for at, one in enumerate(layout.trunks)
        for other in layout.trunks[:at]
        if (one.left, one.track) == (other.left, other.track)
        and one.span[0] <= other.span[1]
        and other.span[0] <= one.span[1]
    ]

    assert sum(len(item.ends) for item in layout.trunks) == len(found)
    assert max(Counter(levels).values(), default=1) == 1
    assert crowded == []


@pytest.mark.parametrize(
    ("namespaces", "workloads", "every"),
    [(1, 3, 1), (5, 4, 5), (12, 3, 6), (40, 2, 4), (8, 8, 1)],
    ids=["three", "few", "some", "many namespaces", "all to all"],
)
@pytest.mark.parametrize("draw", [network, data_flow])
def test_a_drawing_fits_a_page_and_stands_for_every_pair(namespaces, workloads, every, draw):
    base = ground(namespaces, workloads, every=every)
    made = draw(base, NET)
    layout = lay_out(made.diagram)
    left, right = layout.edges
    touched = {place for place, member in base.members.items() if member.touched}
    kept = [item for item in base.flows if draw is network or {item.source, item.destination} & touched]

    assert layout.height <= TALLEST
    assert right - left >= NARROWEST
    assert len(made.diagram.lines) <= MOST_LINES
    assert made.pairs == len(kept)
    assert sum(flow.pairs for *_, flow in made.rows) == made.pairs
    assert made.drawn == len(made.diagram.lines) <= made.between


def test_small_clusters_are_drawn_workload_by_workload_and_large_ones_by_zone():
    small, large = network(ground(1, 3), NET), network(ground(60, 2), NET)

    assert [box.title for band in small.diagram.bands for box in band.boxes] == [
        f"ns-0/w{at}[Pod]" for at in range(3)
    ]
    assert not small.folded
    assert large.folded
    assert len(large.diagram.bands) == 5


def test_too_many_lines_are_cut_the_best_protected_first_and_the_table_has_all():
    base = ground(8, 1, zones=8)
    kinds = tuple(replace(item, transit=transit) for item in base.flows for transit in Transit)
    made = network(replace(base, flows=kinds), NET)

    assert made.drawn < made.between == len(kinds)
    assert len(made.rows) == len(kinds)
    assert made.diagram.lines
    assert {line.transit for line in made.diagram.lines} == {Transit.PLAIN}
    assert f"{made.drawn} lines" in made.diagram.description


def test_the_same_ground_gives_the_same_drawing_whatever_its_order():
    base = ground(6, 2)
    turned = replace(base, flows=base.flows[::-1], members=dict(reversed(base.members.items())))

    assert network(base, NET) == network(turned, NET)


def drawn(report=None, which: int = 0) -> diagrams.Figure:
    return diagrams.build(Dossier(report or report_input())).figures[which]


def test_the_table_has_a_row_for_each_line_with_its_ends_ports_and_letter():
    figure = drawn()
    boxes = [box.title for band in figure.diagram.bands for box in band.boxes]
    between = [row.cells for row in figure.table.rows if row.cells[1] != "within itself"]

    assert [
        (boxes[line.source], boxes[line.destination], line.transit.value) for line in figure.diagram.lines
    ] == [(one, other, mark.word[0]) for one, other, _, mark, _ in between]


def test_the_caption_says_possible_and_names_scan_and_digest():
    report = report_input()
    caption = drawn(report).caption

    assert caption.startswith("Possible flows, not observed ones.")
    assert "2026-08-21" in caption
    assert report.scan.digest[:8] in caption


def test_a_data_flow_begins_or_ends_where_protected_data_is():
    report = report_input()
    flows = data_flow(gather(Dossier(report)), NET)
    touched = {item.id for item in report.judgement.reachability.workloads if Dossier(report).sensitive(item)}

    assert touched
    inner = [flow for *_, flow in flows.rows if flow.source.band > 1 and flow.destination.band > 1]
    assert inner
    assert all({flow.source.name, flow.destination.name} & touched for flow in inner)


def test_nothing_is_drawn_without_policies_workloads_or_scope():
    base = report_input()
    refused = tuple(
        replace(item, coverage=Coverage.REFUSED) if item.group_kind.kind == "NetworkPolicy" else item
        for item in base.snapshot.kinds
    )
    if not any(isinstance(item, KindCoverage) and item.coverage is Coverage.REFUSED for item in refused):
        pytest.fail("the report has no list of policies")
    blind = replace(base, snapshot=replace(base.snapshot, kinds=refused))
    unplaced = replace(
        base,
        judgement=replace(
            base.judgement, placements=dict.fromkeys(base.judgement.placements, Placement(Zone.UNKNOWN))
        ),
    )

    for report, which, why in (
        (blind, 0, "could not be listed"),
        (blind, 1, "could not be listed"),
        (empty_input(), 0, "No workload"),
        (unplaced, 1, "No scope rule"),
    ):
        figure = drawn(report, which)
        assert figure.diagram is None
        assert figure.empty.state == "insufficient-evidence"
        assert why in figure.empty.word


def test_what_nobody_placed_is_a_zone_of_its_own():
    bands = [band.title for band in drawn().diagram.bands]

    assert "Unknown" in bands
    assert bands[:2] == ["Outside the cluster", "Ways in"]


@pytest.mark.parametrize("label", list(Label), ids=lambda item: item.value)
def test_nothing_that_is_not_shown_to_be_encrypted_is_drawn_so(label):
    strong = {
        Label.MTLS_ENFORCED,
        Label.MTLS_OPPORTUNISTIC,
        Label.TLS_APP,
        Label.NODE_TUNNEL,
        Label.NODE_TUNNEL_STRICT,
    }
    shown = OF_LABEL.get(label)

    assert (shown in (Transit.ENCRYPTED, Transit.AUTHENTICATED)) is (label in strong)
    assert (shown is None) is (label in (Label.REFUSED, Label.BLOCKED))


def test_a_pair_whose_port_refuses_what_is_sent_is_counted_and_not_drawn():
    base = report_input()
    verdict = PathVerdict(Label.REFUSED, EvidenceStrength.CONFIGURED, "refused", Connections())
    encryption = replace(base.judgement.encryption, usual=verdict, pairs={})
    made = gather(Dossier(replace(base, judgement=replace(base.judgement, encryption=encryption))))

    assert made.refused > 0
    assert not [flow for flow in made.flows if flow.source.band > 1 and flow.destination.band > 1]


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ([(0, 2**32 - 1)], "0.0.0.0/0"),
        ([(10 << 24, (11 << 24) - 1)], "10.0.0.0/8"),
        ([(0, (10 << 24) - 1), (11 << 24, 2**32 - 1)], "Any IPv4 address except 10.0.0.0/8"),
        ([(1, 1), (5, 5), (9, 9)], "0.0.0.1 and 2 more ranges"),
        ([(1, 6), (9, 14)], "0.0.0.1–0.0.0.6 and 1 more range"),
        ([(1, 6)], "0.0.0.1–0.0.0.6"),
        ([(0, 3), (4, 7)], "0.0.0.0/29"),
    ],
    ids=["all", "block", "all but one", "three", "no block and another", "no block", "neighbours"],
)
def test_addresses_in_few_words(ranges, words):
    assert range_words(AddressRange(4, first, last) for first, last in ranges) == words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Connections(), "port not known"),
        (Connections.all(), "every port"),
        (ports(80, 443), "TCP 80, 443"),
        (ports(1, 3, 5, 7, 9, 11), "TCP 1, 3, 5, 7 +2"),
        (
            Connections.of({Protocol.TCP: PortSet.of([(53, 53)]), Protocol.UDP: PortSet.of([(53, 53)])}),
            "TCP 53 · UDP 53",
        ),
    ],
    ids=["none", "all", "two", "many", "two protocols"],
)
def test_ports_in_few_words(found, words):
    assert ports_words(found) == words
