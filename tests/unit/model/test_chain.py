from dataclasses import replace

import pytest

from app.model.chain import chain_problems, results_digest, scan_digest
from app.model.control import ControlState
from app.model.finding import Outcome
from app.model.history import CheckCounts, Scan, ScanStatus
from tests.histories import night, point

RESULTS = "ab" * 32


def chained(length: int) -> list[Scan]:
    scans: list[Scan] = []
    for number in range(1, length + 1):
        draft = Scan(
            cluster="prod",
            number=number,
            status=ScanStatus.COMPLETE,
            taken_at=night(number),
            recorded_at=night(number),
            slot=None,
            tool_version="0.1.0",
            snapshot_digest="cd" * 32,
            documents=(("scope.yaml", "ef" * 32),),
            previous_digest=scans[-1].digest if scans else "",
            digest="",
            objects=3,
        )
        scans.append(replace(draft, digest=scan_digest(draft, RESULTS)))
    return scans


def problems(scans: list[Scan], results: str = RESULTS) -> tuple[str, ...]:
    return chain_problems(scans, {scan.number: results for scan in scans})


def test_a_chain_that_nobody_touched_holds():
    assert problems(chained(5)) == ()
    assert problems([]) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"cluster": "other"},
        {"status": ScanStatus.PARTIAL},
        {"taken_at": night(9)},
        {"recorded_at": night(9)},
        {"slot": night(9)},
        {"tool_version": "0.2.0"},
        {"snapshot_digest": "00" * 32},
        {"documents": ()},
        {"objects": 4},
        {"gaps": 1},
        {"reason": "another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_fact_of_a_record_is_under_its_digest(change):
    scans = chained(3)
    scans[1] = replace(scans[1], **change)

    assert any("record of scan 2" in problem for problem in problems(scans))


def test_a_record_that_was_changed_and_sealed_again_breaks_the_link():
    scans = chained(3)
    forged = replace(scans[1], objects=4)
    scans[1] = replace(forged, digest=scan_digest(forged, RESULTS))

    assert problems(scans) == ("scan 3 of prod does not continue the scan before it",)


def test_a_scan_that_is_missing_is_named():
    scans = chained(3)
    del scans[1]

    assert problems(scans)[0] == "scan 2 of prod is missing before scan 3"


def test_other_results_break_the_record():
    assert len(problems(chained(2), results="00" * 32)) == 2


def test_results_have_one_digest_whatever_their_order():
    counts = [
        CheckCounts(name, ((Outcome.FAIL, 1), (Outcome.PASS, 0)), population_complete=True) for name in "ab"
    ]
    points = [point(control, ControlState.PARTIAL) for control in ("1.1", "1.2")]

    assert results_digest([["f", "d"]], counts, points, "s") == results_digest(
        [["f", "d"]], counts[::-1], points[::-1], "s"
    )


def test_an_outcome_that_nobody_had_may_be_left_out():
    full = CheckCounts("a", ((Outcome.FAIL, 1), (Outcome.PASS, 0)), population_complete=True)
    short = CheckCounts("a", ((Outcome.FAIL, 1),), population_complete=True)

    assert results_digest([], [full], [], "") == results_digest([], [short], [], "")


@pytest.mark.parametrize("changed", ["contrary", "failed", "state", "framework_digest"])
def test_every_number_of_a_control_is_under_the_digest(changed):
    other = {"contrary": True, "failed": 9, "state": ControlState.SUPPORTED, "framework_digest": "00"}
    first = point("1.1", ControlState.PARTIAL)

    assert results_digest([], [], [first], "") != results_digest(
        [], [], [replace(first, **{changed: other[changed]})], ""
    )
