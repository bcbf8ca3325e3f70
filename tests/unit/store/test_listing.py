import pytest

from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, Coverage, GapReason, KindCoverage, SourceKind
from app.store.listing import whole_kinds

API = SourceKind.API
PODS, NODES, ANY = GroupKind("", "Pod"), GroupKind("", "Node"), GroupKind("", "")


def coverage(kind: GroupKind, how: Coverage) -> KindCoverage:
    return KindCoverage(kind, "v1", how, 1)


@pytest.mark.parametrize(
    ("how", "whole"),
    [
        (Coverage.COMPLETE, True),
        (Coverage.ABSENT, True),  # not served: there can be none
        (Coverage.PARTIAL, False),
        (Coverage.REFUSED, False),
    ],
)
def test_a_list_is_whole_when_it_was_read_to_its_end(how, whole):
    assert (PODS in whole_kinds(API, [coverage(PODS, how)], [])) is whole


@pytest.mark.parametrize(
    ("reason", "whole"),
    [
        (GapReason.FORBIDDEN, False),
        (GapReason.UNREACHABLE, False),
        (GapReason.TRUNCATED, False),
        (GapReason.UNREADABLE, False),
        (GapReason.TOO_LARGE, False),
        (GapReason.INVALID, True),  # the object is there, only not understood
        (GapReason.DUPLICATE, True),
        (GapReason.UNKNOWN_KIND, True),
        (GapReason.NOT_SERVED, True),
    ],
)
def test_a_gap_leaves_its_list_short_when_objects_are_missing(reason, whole):
    gap = CollectionGap(PODS, reason, "what happened")
    kinds = [coverage(PODS, Coverage.COMPLETE), coverage(NODES, Coverage.COMPLETE)]

    assert (PODS in whole_kinds(API, kinds, [gap])) is whole
    assert NODES in whole_kinds(API, kinds, [gap]), "other lists are not affected"


def test_a_document_that_may_have_held_anything_leaves_no_list_whole():
    gap = CollectionGap(ANY, GapReason.UNREADABLE, "x.yaml is not YAML")
    assert PODS not in whole_kinds(API, [coverage(PODS, Coverage.COMPLETE)], [gap])


def test_a_kind_that_a_server_was_not_asked_for_is_not_whole():
    assert PODS not in whole_kinds(API, [], [])


def test_files_are_their_own_population():
    unreadable = CollectionGap(ANY, GapReason.UNREADABLE, "x.yaml is not YAML")
    assert PODS in whole_kinds(SourceKind.FILES, [], [])
    assert PODS not in whole_kinds(SourceKind.FILES, [], [unreadable])
    assert PODS not in whole_kinds(SourceKind.FILES, [coverage(PODS, Coverage.PARTIAL)], [])
