"""What `history` and `findings` say where another cluster answers to the name."""

from app.cli.shapes import another_since
from app.model.history import Began, ScanStatus
from tests.unit.trend.world import scan


def test_findings_of_the_cluster_before_are_told_by_its_last_scan_that_was_stored():
    scans = [scan(1), scan(2, ScanStatus.FAILED), scan(3), scan(4)]
    said = another_since(Began(3, scans[2].taken_at), scans)
    assert "since scan 3 of 2026-11-03" in said
    assert said.endswith("see `netattest findings --scan 1`.")
