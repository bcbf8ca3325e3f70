import itertools
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.control import ControlState
from app.render.charts import (
    Break,
    Level,
    Matrix,
    MatrixLabel,
    Segment,
    Series,
    Sparkline,
    StackedBar,
    StepTrend,
    draw_bar,
    draw_icon,
    draw_matrix,
    draw_sparkline,
    draw_steps,
)
from tests.report_builder import AT

HOSTILE = '<script>alert("x")</script>&\'"'


def bar(*counts: int) -> StackedBar:
    segments = tuple(
        Segment(state.value, state.value, n) for state, n in zip(ControlState, counts, strict=False)
    )
    return StackedBar("b", "Controls", segments, width=240)


def steps(*values: int | None, breaks: tuple[Break, ...] = ()) -> StepTrend:
    moments = tuple(AT + timedelta(days=n) for n in range(len(values)))
    return StepTrend(
        "t", "Trend", "one line", moments, (Series("exception", "Exception noted", values),), breaks, 5
    )


def parts(svg: str, name: str) -> list[ET.Element]:
    return [item for item in ET.fromstring(svg).iter() if name in item.get("class", "").split()]


@pytest.mark.parametrize(
    "svg",
    [
        draw_bar(StackedBar("b", HOSTILE, (Segment("supported", HOSTILE, 3),))),
        draw_matrix(Matrix("m", HOSTILE, HOSTILE, (MatrixLabel(HOSTILE),), ((Level.OPEN,),))),
        draw_steps(StepTrend("t", HOSTILE, HOSTILE, (AT,), (Series("exception", HOSTILE, (1,)),), (), 3)),
        draw_sparkline(Sparkline("s", HOSTILE, (1, None, 2))),
    ],
    ids=["bar", "matrix", "steps", "sparkline"],
)
def test_every_chart_is_well_formed_has_a_title_and_a_description_and_escapes_names(svg):
    root = ET.fromstring(str(svg))
    title, description = root[0], root[1]

    assert (title.tag, description.tag) == ("title", "desc")
    assert title.text == HOSTILE
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert not list(root.iter("script"))


@given(st.lists(st.integers(min_value=0, max_value=20_000), min_size=6, max_size=6).filter(any))
def test_a_bar_fills_its_width_and_every_counted_part_stays_visible(counts):
    value = bar(*counts)
    shown = [item for item in ET.fromstring(draw_bar(value)) if item.tag == "rect"]
    widths = [float(item.get("width", "0")) for item in shown]

    assert len(shown) == sum(count > 0 for count in counts)
    assert all(width > 0 for width in widths)
    assert max(float(item.get("x", "0")) + width for item, width in zip(shown, widths, strict=True)) <= 240


def test_an_empty_bar_is_an_outline_and_never_a_full_bar():
    svg = draw_bar(bar(0, 0, 0))

    assert parts(svg, "fill") == []
    assert len(parts(svg, "line")) >= 1


def test_missing_evidence_is_hatched_and_not_coloured():
    svg = draw_bar(StackedBar("b", "Controls", (Segment("insufficient-evidence", "Insufficient", 2),)))

    assert parts(svg, "fill") == []
    assert [item.get("fill") for item in parts(svg, "hatched")] == ["url(#b-h)"]


def test_own_node_traffic_is_an_outline_and_never_filled():
    (square,) = parts(
        draw_matrix(Matrix("m", "t", "d", (MatrixLabel("a"),), ((Level.NODE,),))), "s-exception"
    )

    assert square.get("fill") == "none"


def test_each_level_of_the_matrix_looks_different():
    labels = (MatrixLabel("a", protected=True), MatrixLabel("b"))
    svg = draw_matrix(Matrix("m", "t", "d", labels, ((Level.OPEN, Level.PORTS), (Level.UNKNOWN, Level.NONE))))

    assert len(parts(svg, "s-exception")) == 1
    assert len(parts(svg, "s-supported")) == 1
    assert len(parts(svg, "hatched")) == 1


def test_a_matrix_of_31_names_still_fits_a_page():
    labels = tuple(MatrixLabel(f"namespace-with-a-long-name-{n}" + "x" * 253) for n in range(31))
    svg = draw_matrix(Matrix("m", "t", "d", labels, tuple(tuple(Level.OPEN for _ in labels) for _ in labels)))

    assert float(ET.fromstring(svg).get("viewBox", "").split()[2]) <= 482


def test_a_night_without_a_scan_is_a_hatched_hole_and_not_a_zero():
    svg = draw_steps(steps(2, None, 3))

    assert len(parts(svg, "hatched")) == 1
    assert len(parts(svg, "fill")) == 2  # a dot for each stored scan, none for the missing one
    line = next(item for item in ET.fromstring(svg).iter("path") if "s-exception" in item.get("class", ""))
    assert line.get("d", "").count("M") == 2  # the line ends and begins again


def test_breaks_are_numbered():
    svg = draw_steps(steps(1, 2, 3, breaks=(Break(1, 1),)))

    assert len(parts(svg, "break")) == 1
    assert "1" in [item.text for item in parts(svg, "t-note")]


@pytest.mark.parametrize("values", [(), (None,), (4,), (None, None)], ids=str)
def test_short_histories_do_not_break_the_chart(values):
    ET.fromstring(draw_steps(steps(*values)))
    ET.fromstring(draw_sparkline(Sparkline("s", "t", values)))


@pytest.mark.parametrize("value", [0, 2, 5])
def test_end_labels_of_equal_lines_do_not_touch_and_stay_within_the_chart(value):
    series = tuple(
        Series(state, state, (value,)) for state in ("exception", "insufficient-evidence", "supported")
    )
    svg = draw_steps(StepTrend("t", "t", "d", (AT,), series, (), 5, height=96))
    labels = [(item.get("class", ""), float(item.get("y", "0"))) for item in parts(svg, "t-value")]
    heights = [height for _, height in labels]

    assert "ink-exception" in labels[0][0]  # the first line is drawn highest, and so is its label
    assert all(after - before >= 9 for before, after in itertools.pairwise(heights))
    assert heights[0] > 0
    assert heights[-1] < 96


@pytest.mark.parametrize("state", list(ControlState))
def test_every_state_has_its_own_mark(state):
    assert ET.fromstring(draw_icon(state.value)).get("aria-hidden") == "true"
    assert len({str(draw_icon(other.value)).split(">", 1)[1] for other in ControlState}) == len(ControlState)
