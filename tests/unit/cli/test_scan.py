"""`netattest scan`: which times of an import are taken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.scan import _require_a_past
from app.errors import InputError

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
YEAR, SECOND = timedelta(days=366), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ahead", "warned"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True), (YEAR, True)]
)
def test_a_time_ahead_of_the_clock_is_warned_of_and_taken(capsys, ahead, warned):
    _require_a_past(NOW + ahead, NOW)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("warning: --taken-at") == warned
    assert bool(said.err) == warned


def test_a_time_that_nobody_can_have_seen_is_refused():
    with pytest.raises(InputError, match="is in the future"):
        _require_a_past(NOW + YEAR + SECOND, NOW)


def test_help_and_manual_say_so(netattest):
    manual = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
    for text in (netattest("scan", "--help").out, manual.read_text()):
        assert "366 days ahead" in " ".join(text.split())
    assert "nor one of the future" not in manual.read_text()
