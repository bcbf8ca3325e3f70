from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import EvidenceError
from app.model.canonical import digest
from app.model.finding import CheckResult, Evidence, Outcome, Severity, Strength, Subject, SubjectKind
from app.model.identity import GroupKind, ObjectRef
from app.model.results import decode_result, encode_result, encode_streaks
from app.model.scope import Boundary
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    Snapshot,
    SnapshotObject,
    SourceInfo,
    SourceKind,
)
from app.store.bulk import escaped, unescaped
from app.store.codec import (
    decode_manifest,
    decode_origins,
    decode_streaks,
    encode_manifest,
    encode_origins,
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(0, 2**31)
refs = st.builds(ObjectRef, words, words, words, words)
kinds = st.builds(GroupKind, words, words)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
results = st.builds(
    CheckResult,
    check=words,
    subject=st.builds(Subject, st.sampled_from(SubjectKind), words, words),
    outcome=st.sampled_from(Outcome),
    strength=st.sampled_from(Strength),
    says=words,
    why=st.lists(words, max_size=3).map(tuple),
    evidence=st.lists(st.builds(Evidence, refs, words, words, words), max_size=2).map(tuple),
    remedy=words,
    boundaries=st.frozensets(st.sampled_from(Boundary)),
    severity=st.sampled_from(Severity),
    data=st.dictionaries(words, values, max_size=3),
)
zones = st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours)))
objects = st.lists(
    st.builds(
        lambda ref, body: SnapshotObject(ref, body, digest(body), "file.yaml"), refs, st.binary(max_size=8)
    ),
    max_size=3,
)
snapshots = st.builds(
    Snapshot,
    cluster=words,
    taken_at=st.datetimes(timezones=st.just(UTC) | zones),
    source=st.builds(SourceInfo, st.sampled_from(SourceKind), words, words, words, words),
    objects=objects.map(tuple),
    kinds=st.lists(
        st.builds(KindCoverage, kinds, words, st.sampled_from(Coverage), numbers, numbers, words), max_size=3
    ).map(tuple),
    gaps=st.lists(
        st.builds(CollectionGap, kinds, st.sampled_from(GapReason), words, words, words, words, words),
        max_size=3,
    ).map(tuple),
)


@given(results)
def test_a_result_survives(result):
    assert decode_result(encode_result(result)) == result


@given(results)
def test_a_result_has_one_form(result):
    assert encode_result(decode_result(encode_result(result))) == encode_result(result)


@given(snapshots)
def test_a_manifest_and_its_objects_are_the_snapshot(snapshot):
    rebuilt = decode_manifest(encode_manifest(snapshot), snapshot.objects)

    assert rebuilt == snapshot
    assert rebuilt.digest == snapshot.digest


@given(st.lists(words, max_size=20))
def test_origins_keep_their_order(origins):
    ref = ObjectRef("", "Pod", "shop", "cart")
    assert (
        decode_origins(encode_origins([SnapshotObject(ref, b"", "", origin) for origin in origins]))
        == origins
    )


def test_origins_of_one_list_take_one_entry():
    ref = ObjectRef("", "Pod", "shop", "cart")
    assert encode_origins([SnapshotObject(ref, b"", "", "pods.json")] * 10_000) == b'[["pods.json",10000]]'


@given(st.dictionaries(words, numbers))
def test_streaks_survive(streaks):
    assert decode_streaks(encode_streaks(streaks)) == streaks


@given(st.text())
def test_any_text_can_be_held_by_the_database(text):
    assert "\0" not in escaped(text)
    assert unescaped(escaped(text)) == text


@given(st.lists(st.sampled_from(["\\", "0", "\0", "a"])).map("".join))
def test_backslashes_and_nul_are_told_apart(text):
    assert unescaped(escaped(text)) == text


def test_a_form_of_another_version_is_refused():
    with pytest.raises(EvidenceError, match="netattest/result/v9"):
        decode_result(b'{"schema": "netattest/result/v9"}')


def test_the_form_of_a_result_does_not_change_by_accident():
    result = CheckResult(
        "check",
        Subject(SubjectKind.CLUSTER, "prod"),
        Outcome.FAIL,
        Strength.DECLARED,
        "open",
        data={"pods": 1},
    )
    assert encode_result(result) == (
        b'{"boundaries":["hipaa","pci","soc2"],"check":"check","data":{"pods":1},"evidence":[],"outcome":"fail",'
        b'"remedy":"","says":"open","schema":"netattest/result/v1","severity":"medium","strength":"declared",'
        b'"subject":["cluster","prod",""],"why":[]}'
    )
