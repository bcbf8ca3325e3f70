"""What every store promises, the real one and the one in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.errors import NotFoundError, ScanInProgressError, StoreError
from app.model.chain import chain_document, chain_problems, read_chain_document
from app.model.cluster import IDENTITY
from app.model.control import ControlState
from app.model.finding import Outcome
from app.model.history import ChangeKind, Document, ScanStatus, SlotStatus
from app.model.identity import GroupKind
from app.model.ports import Store
from app.model.snapshot import CollectionGap, Coverage, GapReason, SourceInfo, SourceKind
from tests.fakes import InMemoryStore
from tests.histories import CLUSTER, PODS, night, pods, point, record, result, snapshot

FAIL, UNTOLD, ERROR = Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.ERROR


@pytest.fixture(params=["memory", "postgres"])
def store(request) -> Store:
    return InMemoryStore() if request.param == "memory" else request.getfixturevalue("store")


# Scans


def test_scans_are_numbered_from_one_without_holes_failed_runs_included(store):
    store.save(record(), snapshot())
    store.save_failure(CLUSTER, night(2), None, "the API server did not answer", "0.1.0")
    store.save(record(at=night(3)), snapshot(at=night(3)))

    assert [(scan.number, scan.status) for scan in store.scans(CLUSTER)] == [
        (1, ScanStatus.COMPLETE),
        (2, ScanStatus.FAILED),
        (3, ScanStatus.COMPLETE),
    ]


def test_a_scan_that_was_saved_is_read_back_as_it_was(store):
    saved = store.save(record(), snapshot(pods(cart=1)))

    assert store.scan(CLUSTER, 1) == saved
    assert (saved.objects, saved.gaps, saved.taken_at) == (1, 0, night(1))


def test_each_scan_names_the_digest_of_the_one_before(store):
    first, second = (store.save(record(at=night(n)), snapshot(at=night(n))) for n in (1, 2))

    assert (first.previous_digest, second.previous_digest) == ("", first.digest)
    assert first.digest != second.digest


def test_a_scan_with_gaps_is_partial(store):
    assert store.save(record(), snapshot(unlisted={PODS: Coverage.REFUSED})).status is ScanStatus.PARTIAL


def test_the_latest_scan_is_the_last_one_that_was_stored(store):
    store.save(record(), snapshot())
    store.save_failure(CLUSTER, night(2), None, "refused", "0.1.0")

    assert store.scan(CLUSTER).number == 1


def test_scans_are_chosen_by_their_reference_time(store):
    for number in (1, 2, 3):
        store.save(record(at=night(number)), snapshot(at=night(number)))

    assert [scan.number for scan in store.scans(CLUSTER, since=night(2))] == [2, 3]
    assert [scan.number for scan in store.scans(CLUSTER, until=night(2))] == [1, 2]
    assert store.scans("elsewhere") == ()


def test_a_failed_run_keeps_its_reason_and_has_no_snapshot(store):
    failed = store.save_failure(CLUSTER, night(1), None, "no valid credentials", "0.1.0")

    assert store.scan(CLUSTER, 1).reason == "no valid credentials"
    with pytest.raises(NotFoundError, match="no valid credentials"):
        store.snapshot(failed)


def test_a_scan_that_does_not_exist_is_answered_with_what_does(store):
    store.save(record(), snapshot())

    with pytest.raises(NotFoundError, match=r"no.* scan.* 1 to 1"):
        store.scan(CLUSTER, 7)
    with pytest.raises(NotFoundError, match=CLUSTER):
        store.scan("prod-eu-2")


def test_clusters_are_listed_when_they_have_scans(store):
    store.claim_slot("scheduled-only", night(1))
    for name in ("b", "a"):
        store.save(record(cluster=name), snapshot(cluster=name))

    assert store.clusters() == ("a", "b")


def test_clusters_count_their_own_scans(store):
    store.save(record(cluster="a"), snapshot(cluster="a"))

    assert store.save(record(cluster="b"), snapshot(cluster="b")).number == 1


# Snapshots and documents


def test_a_snapshot_is_rebuilt_exactly_origins_included(store):
    taken = snapshot(pods(cart=1, web=2), unlisted={PODS: Coverage.PARTIAL})
    rebuilt = store.snapshot(store.save(record(), taken))

    assert rebuilt == taken
    assert [item.origin for item in rebuilt.objects] == ["pods.json", "pods.json"]
    assert rebuilt.digest == taken.digest


def test_names_may_hold_what_a_database_refuses(store):
    taken = snapshot(pods(**{"nul\0": 1, "back\\slash": 2, "back\\0": 3, "Ω": 4}))

    assert store.snapshot(store.save(record(), taken)) == taken


def test_a_reference_time_keeps_its_own_zone(store):
    taken = snapshot(at=night(1).astimezone(timezone(timedelta(hours=2))))

    assert store.snapshot(store.save(record(), taken)).digest == taken.digest


def test_an_empty_snapshot_is_a_snapshot(store):
    assert store.snapshot(store.save(record(), snapshot())).objects == ()


def test_an_object_that_was_not_listed_is_not_part_of_the_scan_and_comes_back(store):
    nights = [
        snapshot(pods(cart=1, web=1), at=night(1)),
        snapshot(pods(web=1), at=night(2), unlisted={PODS: Coverage.PARTIAL}),
        snapshot(at=night(3), unlisted={PODS: Coverage.REFUSED}),
        snapshot(pods(cart=1, web=2), at=night(4)),
    ]
    saved = [store.save(record(at=item.taken_at), item) for item in nights]

    assert [store.snapshot(scan) for scan in saved] == nights


def test_documents_are_kept_byte_for_byte_and_sorted_by_name(store):
    documents = [Document("scope.yaml", b"\x00\xff"), Document("checks.yaml", b"")]
    saved = store.save(record(documents=documents), snapshot())

    assert store.documents(saved) == (documents[1], documents[0])
    assert saved.documents == tuple((item.name, item.digest) for item in store.documents(saved))


# Changes of objects


def test_changes_between_two_scans_are_sorted_by_identity(store):
    before = store.save(record(), snapshot(pods(gone=1, same=1, touched=1)))
    after = store.save(record(at=night(2)), snapshot(pods(same=1, touched=2, brand=1), at=night(2)))

    assert [(change.ref.name, change.kind) for change in store.object_changes(before, after)] == [
        ("brand", ChangeKind.ADDED),
        ("gone", ChangeKind.REMOVED),
        ("touched", ChangeKind.CHANGED),
    ]
    assert [(change.before == "", change.after == "") for change in store.object_changes(before, after)] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_what_could_not_be_listed_was_neither_removed_nor_added(store):
    whole = store.save(record(), snapshot(pods(cart=1, web=1)))
    short = store.save(
        record(at=night(2)), snapshot(pods(web=2), at=night(2), unlisted={PODS: Coverage.PARTIAL})
    )

    assert [change.ref.name for change in store.object_changes(whole, short)] == ["web"]
    assert [change.ref.name for change in store.object_changes(short, whole)] == ["web"]


def test_a_document_that_may_have_held_anything_leaves_every_list_incomplete(store):
    whole = store.save(record(), snapshot(pods(cart=1)))
    unknown = CollectionGap(GroupKind("", ""), GapReason.UNREADABLE, "a.yaml document 2 is not YAML")
    short = store.save(record(at=night(2)), snapshot(at=night(2), gaps=[unknown]))

    assert store.object_changes(whole, short) == ()


def test_the_first_object_of_a_kind_in_files_was_added(store):
    def files(at, objects):
        found = snapshot(objects, at=at)
        kinds = {item.ref.group_kind for item in found.objects}
        return replace(
            found,
            source=SourceInfo(SourceKind.FILES, "1 folder"),
            kinds=tuple(item for item in found.kinds if item.group_kind in kinds),
        )

    empty = store.save(record(), files(night(1), []))
    filled = store.save(record(at=night(2)), files(night(2), pods(cart=1)))

    assert [change.kind.value for change in store.object_changes(empty, filled)] == ["added"]
    assert [change.kind.value for change in store.object_changes(filled, empty)] == ["removed"]


# Findings


def lives(store, *nights, at: int, closed_since=None):
    """Save one scan for each night's record and say how the findings looked at one of them."""
    for number, item in enumerate(nights, start=1):
        if item is None:
            store.save_failure(CLUSTER, night(number), None, "refused", "0.1.0")
        else:
            store.save(item, snapshot(at=night(number)))
    found = store.findings(store.scan(CLUSTER, at), closed_since=closed_since)
    return [
        (life.opened_in, life.last_in, life.closed_in, life.first_in, life.times_opened, life.seen_in)
        for life in found
    ]


def shop(number, outcome=FAIL, **facts):
    return record(result("shop", outcome), at=night(number), **facts)


def none(number, **facts):
    return record(at=night(number), **facts)


def test_a_finding_is_open_from_the_scan_that_saw_it_first(store):
    assert lives(store, none(1), shop(2), shop(3), at=3) == [(2, 3, None, 2, 1, 2)]


def test_a_finding_closes_when_its_whole_population_was_judged_without_it(store):
    assert lives(store, shop(1), none(2), at=2) == []
    assert [life.closed_in for life in store.findings(store.scan(CLUSTER, 2), closed_since=1)] == [2]


def test_a_finding_that_comes_back_is_the_same_one_opened_again(store):
    assert lives(store, shop(1), none(2), shop(3), at=3) == [(3, 3, None, 1, 2, 2)]


@pytest.mark.parametrize(
    "untold",
    [
        pytest.param(none(2, complete=False), id="the population was incomplete"),
        pytest.param(none(2, performed=()), id="the check was not performed"),
        pytest.param(shop(2, UNTOLD), id="the subject could not be judged"),
        pytest.param(shop(2, ERROR), id="the check broke on the subject"),
        pytest.param(None, id="the run failed"),
    ],
)
def test_a_night_that_cannot_tell_neither_closes_a_finding_nor_counts_as_seen(store, untold):
    assert lives(store, shop(1), untold, at=1) == [(1, 1, None, 1, 1, 1)]
    last = store.scans(CLUSTER)[-1]
    assert [(life.last_in, life.closed_in, life.seen_in) for life in store.findings(last)] == [(1, None, 1)]


def test_a_subject_that_passed_is_closed_even_when_others_were_not_read(store):
    assert lives(store, shop(1), none(2, complete=False, passed=[result("shop")]), at=2) == []


def test_a_night_in_between_is_not_counted(store):
    assert lives(store, shop(1), None, shop(3), none(4, complete=False), shop(5), at=5) == [
        (1, 5, None, 1, 1, 3)
    ]


def test_findings_of_an_old_scan_are_as_they_were_known_then(store):
    nights = (shop(1), shop(2), none(3), shop(4), none(5))
    assert lives(store, *nights, at=2) == [(1, 2, None, 1, 1, 2)]
    assert [life.closed_in for life in store.findings(store.scan(CLUSTER, 3), closed_since=2)] == [3]
    assert [life.times_opened for life in store.findings(store.scan(CLUSTER, 4))] == [2]


def of(cluster, *courses):
    """Records of nights: a letter for the cluster that answered (`-` unknown), and how the subject was judged."""
    judged = {"x": {"outcome": FAIL}, "?": {"outcome": UNTOLD}}
    for number, course in enumerate(courses, start=1):
        found = [result("shop", **judged[course])] if course in judged else []
        documents = () if cluster[number - 1] == "-" else (Document(IDENTITY, cluster[number - 1].encode()),)
        yield record(*found, at=night(number), documents=documents)


@pytest.mark.parametrize(
    ("clusters", "courses", "known"),
    [
        ("aaa", "xxx", [(1, 3, None, 1, 1, 3)]),
        ("a--", "xxx", [(1, 3, None, 1, 1, 3)]),
        ("aab", "xxx", [(3, 3, None, 3, 1, 1)]),
        ("abb", "xxx", [(2, 3, None, 2, 1, 2)]),
        ("a-b", "xxx", [(3, 3, None, 3, 1, 1)]),
        ("abbb", "xx.x", [(4, 4, None, 2, 2, 2)]),
        ("abb", "x.x", [(3, 3, None, 3, 1, 1)]),
        ("aabb", "x.xx", [(3, 4, None, 3, 1, 2)]),
        ("abb", "x?x", [(3, 3, None, 3, 1, 1)]),
        ("ab", "x?", []),
        ("ab", "x.", []),
        ("aba", "xxx", [(3, 3, None, 3, 1, 1)]),
    ],
)
def test_lives_begin_where_another_cluster_begins_to_answer_to_the_name(store, clusters, courses, known):
    assert lives(store, *of(clusters, *courses), at=len(courses)) == known


def test_a_finding_of_the_cluster_before_has_not_closed_in_the_one_that_answers_now(store):
    lives(store, *of("ab", "x", "."), at=2)
    assert store.findings(store.scan(CLUSTER, 2), closed_since=1) == ()
    assert [life.first_in for life in store.findings(store.scan(CLUSTER, 1))] == [1], "as it was known then"


def test_only_findings_closed_after_the_scan_named_are_told(store):
    nights = (record(result("a"), result("b"), at=night(1)), record(result("a"), at=night(2)), none(3))
    lives(store, *nights, at=3)
    last = store.scan(CLUSTER, 3)

    assert [life.subject.id for life in store.findings(last, closed_since=2)] == ["a"]
    assert [life.subject.id for life in store.findings(last, closed_since=1)] == ["a", "b"]


def test_a_finding_shows_the_result_of_the_night_asked_about(store):
    for number, says in ((1, "one port"), (2, "two ports"), (3, "two ports")):
        store.save(record(result("shop", says=says), at=night(number)), snapshot(at=night(number)))

    assert [store.findings(store.scan(CLUSTER, number))[0].result.says for number in (1, 2, 3)] == [
        "one port",
        "two ports",
        "two ports",
    ]


def test_a_result_is_kept_whole(store):
    saved = store.save(record(result("shop")), snapshot())

    assert store.findings(saved)[0].result == result("shop")
    assert store.findings(saved)[0].first_at == night(1)


def test_findings_are_sorted_by_check_and_subject(store):
    results = [result(name, check=check) for check in ("b", "a") for name in ("y", "x")]
    saved = store.save(record(*results, performed=("a", "b")), snapshot())

    assert [(life.check, life.subject.id) for life in store.findings(saved)] == [
        ("a", "x"),
        ("a", "y"),
        ("b", "x"),
        ("b", "y"),
    ]


# Points


def two_nights_of_points(store):
    for number, state in ((1, ControlState.EXCEPTION), (2, ControlState.SUPPORTED)):
        points = [
            point("1.3.1", state, failed=2),
            point("CC6.6", state, framework="soc2"),
            point("1.2.1", state),
        ]
        store.save(record(at=night(number), points=points), snapshot(at=night(number)))


def test_points_come_by_scan_framework_and_control(store):
    two_nights_of_points(store)

    assert [(item.scan, item.framework, item.control) for item in store.points(CLUSTER)] == [
        (1, "pci-dss-4.0.1", "1.2.1"),
        (1, "pci-dss-4.0.1", "1.3.1"),
        (1, "soc2", "CC6.6"),
        (2, "pci-dss-4.0.1", "1.2.1"),
        (2, "pci-dss-4.0.1", "1.3.1"),
        (2, "soc2", "CC6.6"),
    ]


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({"frameworks": ["soc2"]}, 2),
        ({"control": "1.3.1"}, 2),
        ({"up_to": 1}, 3),
        ({"since": night(2)}, 3),
        ({"until": night(1)}, 3),
        ({"frameworks": ["soc2"], "control": "1.3.1"}, 0),
    ],
)
def test_points_are_chosen_by(store, chosen, count):
    two_nights_of_points(store)

    assert len(store.points(CLUSTER, **chosen)) == count
    assert store.points("elsewhere", **chosen) == ()


def test_points_are_chosen_by_their_time_where_a_clock_went_back_between_scans(store):
    for at in (night(1), night(5), night(3)):
        points = [point("1.3.1", ControlState.EXCEPTION)]
        store.save(record(at=at, points=points), snapshot(at=at))

    assert [item.scan for item in store.points(CLUSTER, until=night(4))] == [1, 3]


@pytest.mark.parametrize(
    "between", [{}, {"since": night(3)}, {"until": night(3)}, {"since": night(2), "until": night(4)}]
)
def test_courses_are_the_points_with_controls_that_went_alike_told_together(store, between):
    """A clock that went back, a control that was not assessed for a night, a contradicted one, and another edition."""
    states = (ControlState.SUPPORTED, ControlState.EXCEPTION, ControlState.SUPPORTED, ControlState.PARTIAL)
    for number, (at, state) in enumerate(zip((1, 2, 5, 3), states, strict=True)):
        points = [
            point("1.3.1", state, failed=number),
            point("1.2.1", state),
            point("CC6.6", state, framework="soc2"),
            replace(point("10.1", state), contrary=True),
            replace(point("11.1", state), framework_digest=f"edition {number // 2}"),
            *([point("12.1", state)] if number != 1 else []),
        ]
        store.save(record(at=night(at), points=points), snapshot(at=night(at)))

    found = store.courses(CLUSTER, **between)

    told = [
        (scan, course.framework, control, state, contrary)
        for course in found
        for control in course.controls
        for scan, state, contrary in course.seen
    ]
    points = store.points(CLUSTER, **between)
    assert sorted(told) == sorted(
        (item.scan, item.framework, item.control, item.state, item.contrary) for item in points
    )
    assert len({(course.framework, course.seen) for course in found}) == len(found)
    assert any({"1.2.1", "1.3.1"} <= set(course.controls) for course in found)
    assert [list(course.controls) for course in found] == [sorted(course.controls) for course in found]
    assert store.courses("elsewhere", **between) == ()


def test_a_point_keeps_its_numbers(store):
    two_nights_of_points(store)
    found = store.points(CLUSTER, control="1.3.1")[0]

    assert (found.state, found.passed, found.failed, found.excepted, found.undecided, found.taken_at) == (
        ControlState.EXCEPTION,
        5,
        2,
        1,
        2,
        night(1),
    )


# Context


def test_the_first_scan_has_no_past(store):
    context = store.context(CLUSTER, night(1))

    assert (context.previous, context.streaks, context.slots) == (None, {}, None)
    assert context.integrity.problems == ()


def test_streaks_and_previous_are_those_of_the_last_stored_scan(store):
    store.save(record(streaks={"unused-policy/shop/web": 3}), snapshot())
    store.save_failure(CLUSTER, night(2), None, "refused", "0.1.0")
    context = store.context(CLUSTER, night(3))

    assert (context.previous, context.streaks) == (1, {"unused-policy/shop/web": 3})
    assert context.integrity.checked_scans == 2


def test_slots_since_the_last_complete_scan_are_part_of_the_context(store):
    store.claim_slot(CLUSTER, night(1))
    store.save(record(slot=night(1)), snapshot())
    store.close_slot(CLUSTER, night(2), SlotStatus.MISSED, reason="the service was down")
    store.claim_slot(CLUSTER, night(3))
    store.claim_slot(CLUSTER, night(9))
    context = store.context(CLUSTER, night(3) + timedelta(minutes=5))

    assert [(slot.due_at, slot.status) for slot in context.slots or ()] == [
        (night(2), SlotStatus.MISSED),
        (night(3), SlotStatus.RUNNING),
    ]


# Slots


def test_a_slot_is_claimed_once(store):
    assert store.claim_slot(CLUSTER, night(1))
    assert not store.claim_slot(CLUSTER, night(1))
    assert store.claim_slot("prod-eu-2", night(1))


def test_the_same_instant_in_another_zone_is_the_same_slot(store):
    assert store.claim_slot(CLUSTER, datetime(2026, 3, 1, 2, tzinfo=UTC))
    assert not store.claim_slot(CLUSTER, datetime(2026, 3, 1, 4, tzinfo=timezone(timedelta(hours=2))))


def test_a_scan_ends_its_slot(store):
    store.claim_slot(CLUSTER, night(1))
    store.save(record(slot=night(1)), snapshot())
    store.save_failure(CLUSTER, night(2), night(2), "refused", "0.1.0")

    assert [(slot.status, slot.scan, slot.reason) for slot in store.slots(CLUSTER, night(1), night(2))] == [
        (SlotStatus.DONE, 1, ""),
        (SlotStatus.FAILED, 2, "refused"),
    ]


def test_saying_twice_how_a_slot_ended_is_no_error(store):
    store.close_slot(CLUSTER, night(1), SlotStatus.MISSED, reason="the service was down")
    store.close_slot(CLUSTER, night(1), SlotStatus.MISSED)

    assert store.slots(CLUSTER, night(1), night(1))[0].reason == "the service was down"


def test_how_a_slot_ended_is_final(store):
    store.close_slot(CLUSTER, night(1), SlotStatus.MISSED)

    with pytest.raises(StoreError, match="missed"):
        store.close_slot(CLUSTER, night(1), SlotStatus.DONE, scan=1)


def test_slots_are_read_by_time(store):
    for number in (3, 1, 2):
        store.claim_slot(CLUSTER, night(number))

    assert [slot.due_at for slot in store.slots(CLUSTER, night(2), night(3))] == [night(2), night(3)]
    assert store.slots("elsewhere", night(1), night(3)) == ()


# One run at a time


def test_two_runs_of_one_cluster_exclude_each_other(store):
    with store.exclusive(CLUSTER):
        with pytest.raises(ScanInProgressError, match=CLUSTER), store.exclusive(CLUSTER):
            pass
        with store.exclusive("prod-eu-2"):
            pass
    with store.exclusive(CLUSTER):
        pass


def test_the_lock_is_given_back_when_a_run_fails(store):
    with pytest.raises(NotFoundError), store.exclusive(CLUSTER):
        raise NotFoundError("nothing there")
    with store.exclusive(CLUSTER):
        store.save(record(), snapshot())


def test_a_chain_can_be_checked_from_what_it_says(store):
    for number in range(1, 4):
        store.save(record(result("a"), at=night(number)), snapshot(at=night(number)))
    store.save_failure(CLUSTER, night(4), None, "the cluster did not answer", "0.1.0")
    last = store.scan(CLUSTER, 4)
    links = store.chain(last, 10)

    assert [link.scan.number for link in links] == [1, 2, 3, 4]
    assert (
        chain_problems([link.scan for link in links], {link.scan.number: link.results for link in links})
        == ()
    )
    assert read_chain_document(chain_document(links)) == links
    assert [link.scan.number for link in store.chain(store.scan(CLUSTER, 3), 2)] == [2, 3]
