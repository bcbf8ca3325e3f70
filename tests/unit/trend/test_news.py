from dataclasses import replace

import pytest

from app.model.control import ControlState
from app.model.finding import CheckRun, Outcome
from app.model.history import Comparison, ControlFlip, PathChange, ScanStatus, Slot, SlotStatus
from app.model.news import NightStatus
from app.model.scope import Placement, Zone
from app.trend import news_of_scan, news_of_slot
from tests.histories import result
from tests.unit.trend.world import FIRST_NIGHT, judgement, scan

PLACES = {"pay/db": Placement(zone=Zone.CDE), "shop/web": Placement(zone=Zone.CONNECTED)}


def placed():
    return replace(judgement(), placements=PLACES)


def compared(before=None, after=None, **changes):
    values = {"opened": (), "closed": (), "flips": (), "objects": (), "paths": (), **changes}
    return Comparison(before or scan(1), after or scan(2), **values)


def told(comparison, lost=0):
    return news_of_scan(comparison.after, placed(), comparison, lost)


def path(destination, *, opened=True):
    return PathChange("shop/job", destination, opened=opened, ports="TCP 80")


def test_the_first_night_of_another_cluster_is_a_first_night_and_says_why():
    news = news_of_scan(scan(2), placed(), None, 0, "Another cluster answers from here on.")
    assert news.headlines == ("Another cluster answers from here on.", "First scan: no finding is open.")


def test_a_quiet_night_has_no_headline():
    assert told(compared()).quiet


def test_paths_are_told_by_the_zone_they_lead_into_the_cde_first_and_what_closed_last():
    paths = [
        path("shop/web"),
        path("pay/db"),
        path("new/thing"),
        path("pay/db"),
        path("pay/db", opened=False),
    ]
    assert told(compared(paths=tuple(paths))).headlines == (
        "2 paths opened into cde overnight.",
        "1 path opened into connected-to overnight.",
        "1 path opened into workloads that no rule places overnight.",
        "1 path closed into cde overnight.",
    )


def test_findings_are_counted_by_severity_and_controls_by_framework():
    flip = ControlFlip("pci", "1.3.1", ControlState.SUPPORTED, ControlState.EXCEPTION)
    news = told(compared(opened=(result("a"), result("b")), closed=(result("c"),), flips=(flip,)))
    assert news.headlines == (
        "2 findings (2 high) opened.",
        "1 control of pci changed state.",
        "1 finding (1 high) closed.",
    )


def test_a_first_scan_tells_what_is_open():
    failing = [result("a"), result("b", Outcome.PASS)]
    runs = [CheckRun(None, tuple(failing))]
    news = news_of_scan(scan(1), judgement(runs), None)
    assert news.headlines == ("First scan: 1 finding (1 high).",)
    assert news_of_scan(scan(1), judgement(), None).headlines == ("First scan: no finding is open.",)


@pytest.mark.parametrize(
    ("before", "gaps", "headlines"),
    [
        (scan(1), 2, ("The scan is incomplete: 2 gaps. What depends on them is no evidence.",)),
        (scan(1, ScanStatus.PARTIAL, gaps=2), 2, ()),
        (
            scan(1, ScanStatus.PARTIAL, gaps=1),
            2,
            ("The scan is incomplete: 2 gaps. What depends on them is no evidence.",),
        ),
        (
            scan(1, ScanStatus.PARTIAL, gaps=3),
            2,
            ("The scan is incomplete: 2 gaps. What depends on them is no evidence.",),
        ),
        (scan(1, ScanStatus.PARTIAL, gaps=2), 0, ("The scan is complete again.",)),
    ],
    ids=["new gaps", "the same gaps as the night before", "more gaps", "fewer gaps", "no gaps any more"],
)
def test_what_was_not_seen_is_told_when_it_is_new(before, gaps, headlines):
    status = ScanStatus.PARTIAL if gaps else ScanStatus.COMPLETE
    news = told(compared(before, scan(2, status, gaps=gaps)))
    assert news.headlines == headlines
    assert news.status == (NightStatus.PARTIAL if gaps else NightStatus.COMPLETE)


@pytest.mark.parametrize(
    ("lost", "headlines"),
    [
        (0, ()),
        (1, ("Scanned again, after 1 night without a scan.",)),
        (3, ("Scanned again, after 3 nights without a scan.",)),
    ],
)
def test_the_first_scan_after_nights_without_one_says_so(lost, headlines):
    assert told(compared(scan(1), scan(3)), lost).headlines == headlines


def slot(status, reason):
    return Slot("prod", FIRST_NIGHT, status, reason=reason)


@pytest.mark.parametrize(
    ("before", "quiet"),
    [
        (None, False),
        (slot(SlotStatus.DONE, ""), False),
        (slot(SlotStatus.FAILED, "no connection"), True),
        (slot(SlotStatus.FAILED, "the token has expired"), False),
        (slot(SlotStatus.MISSED, "no connection"), False),
    ],
    ids=["the first", "after a good night", "the same as before", "another reason", "another ending"],
)
def test_a_night_that_failed_is_told_once(before, quiet):
    news = news_of_slot(slot(SlotStatus.FAILED, "no connection"), before)
    assert news.quiet is quiet
    assert news.occasion == "slot 2026-11-01T02:00:00+00:00"


def test_a_night_that_did_not_happen_says_when_and_why():
    news = news_of_slot(slot(SlotStatus.MISSED, "the service was not running"))
    assert news.status is NightStatus.MISSED
    assert news.headlines == (
        "The scan that was due 2026-11-01 02:00 UTC did not happen: the service was not running.",
    )


def test_a_message_is_bounded_and_its_counts_are_whole():
    news = told(compared(paths=(path("pay/db"),) * 2000, opened=(result("a"),) * 700))
    document = news.document()
    assert len(document["connections"]) == len(document["findings"]["opened"]) == 500
    assert (document["counts"]["connections"], document["counts"]["opened"]) == (2000, 700)
