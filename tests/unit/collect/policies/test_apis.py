"""The table of APIs: what it reads is what the kinds table calls evaluated, and each API is given what it refers to."""

from functools import partial

import pytest

from app.collect.invalid import InvalidObjectError, Violation
from app.collect.kinds import BY_KIND, KINDS
from app.collect.policies import APIS, Context, PolicyApi, read_policies
from app.collect.reading import Reader
from app.model.identity import GroupKind, ObjectRef
from app.model.policy import EVERYTHING, Action, Family, Policy, Subject, Tier
from app.model.snapshot import CollectionGap, GapReason
from tests.unit.collect.objects import normalized, stored

RULE, GROUP, TIER = (GroupKind("test.io", kind) for kind in ("Rule", "Group", "Tier"))


class Group(str):
    """A referent of the API below."""

    __slots__ = ()


def thing(kind, name, tiers=""):
    metadata = {"name": name, "namespace": "a", "labels": {"tiers": tiers}}
    return stored({"apiVersion": "test.io/v1", "kind": kind, "metadata": metadata})


def read_group(item):
    if item.ref.name == "broken":
        raise InvalidObjectError(Violation("spec", "is missing"))
    return Group(item.ref.name)


def read_rule(item, context):
    group = context.find(Group, ObjectRef("test.io", "Group", "a", "g"))
    unclear = tuple(context.each(Group)) if group else ("no group",)
    return tuple(
        Policy(item.ref, Subject(EVERYTHING, None), frozenset(), (), (), tier=tier, unclear=unclear)
        for tier in item.parsed()["metadata"]["labels"]["tiers"].split()
    )


def tier(name, order):
    return Tier(ObjectRef("test.io", "Tier", "", name), Family.ANTREA, order, Action.PASS)


API = PolicyApi(
    policies={RULE: read_rule},
    tiers={TIER: lambda item: tier(item.ref.name, 1)},
    default_tiers=(tier("given", 7), tier("implied", 8), tier("unused", 9)),
    referents={GROUP: read_group},
)


def read(*items):
    by_kind = {}
    for item in items:
        by_kind.setdefault(item.ref.group_kind, []).append(item)
    reader = Reader()
    return read_policies(by_kind, Context(), reader, (API,)), reader.gaps


def test_the_kinds_that_are_evaluated_are_those_that_an_api_reads():
    read_kinds = {kind for api in APIS for kind in api.policies}
    restricting = {spec.group_kind for spec in KINDS if spec.restricts and spec.evaluated}
    assert restricting <= read_kinds
    assert all(kind.kind.startswith("Staged") for kind in read_kinds - restricting)


@pytest.mark.parametrize("api", APIS)
def test_tiers_and_referents_are_kinds_that_are_collected(api):
    assert {*api.tiers, *api.referents} <= set(BY_KIND)


def test_one_object_may_hold_several_policies_or_none():
    found, _ = read(thing("Rule", "b", tiers="x y"), thing("Rule", "a", tiers="z"), thing("Rule", "c"))
    assert [(item.ref.name, item.tier) for item in found.policies] == [("a", "z"), ("b", "x"), ("b", "y")]


def test_referents_are_found_by_identity_and_a_broken_one_is_a_gap():
    found, gaps = read(thing("Rule", "r", tiers="x"), thing("Group", "g"), thing("Group", "broken"))
    assert found.policies[0].unclear == ("g",)
    assert [(gap.name, gap.field) for gap in gaps if gap.reason is GapReason.INVALID] == [("broken", "spec")]


def test_a_referent_that_was_not_given_is_not_found():
    found, _ = read(thing("Rule", "r", tiers="x"))
    assert found.policies[0].unclear == ("no group",)


def test_tiers_of_the_controller_count_where_a_policy_names_them_and_no_object_is_given():
    found, _ = read(thing("Rule", "r", tiers="implied given"), thing("Tier", "given"))
    assert [(item.name, item.order) for item in found.tiers] == [("given", 1), ("implied", 8)]


def test_service_accounts_are_read_with_their_labels_and_nothing_else():
    text = """
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: shop, labels: {team: a}}
    secrets: [{name: web-token-abc}]
    """
    (account,) = normalized(text).inventory.accounts
    assert (account.ref.namespace, account.ref.name, account.labels) == ("shop", "web", {"team": "a"})
    item = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "web"},
        "secrets": [{"name": "x"}],
    }
    assert "secrets" not in stored(item).parsed()


def unclear(item, _context, *, staged=False):
    said = ("spec.a is not understood", "spec.b is none")
    return (Policy(item.ref, Subject(EVERYTHING, "a"), frozenset(), (), (), staged=staged, unclear=said),)


@pytest.mark.parametrize("staged", [False, True])
def test_a_policy_that_is_not_understood_is_a_gap_unless_it_is_not_enforced(staged):
    reader = Reader()
    api = PolicyApi(policies={RULE: partial(unclear, staged=staged)})
    read_policies({RULE: [thing("Rule", "r")]}, Context(), reader, (api,))
    said = [(gap.reason, gap.namespace, gap.name, gap.message) for gap in reader.gaps]
    message = "Rule a/r: spec.a is not understood; spec.b is none"
    assert said == ([] if staged else [(GapReason.UNCLEAR, "a", "r", message)])


def test_an_api_may_say_what_it_does_not_evaluate():
    reader = Reader()
    gap = CollectionGap(GROUP, GapReason.UNKNOWN_KIND, "groups are not evaluated")
    read_policies({}, Context(), reader, (PolicyApi(policies={}, gaps=lambda _objects, _context: (gap,)),))
    assert reader.gaps == [gap]
