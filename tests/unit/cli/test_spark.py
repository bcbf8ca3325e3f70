from app.cli.spark import sparkline


def test_what_is_no_measure_with_the_night_before_stands_behind_a_line_and_nothing_is_a_dot():
    assert sparkline([0, 7, None, 7], breaks={1, 3}) == "▁│█·│█"
    assert sparkline([None, 0, 0]) == "·▁▁"
