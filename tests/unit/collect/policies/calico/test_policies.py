"""Policies as a whole: kinds and groups, defaults, order, staging, and what counts once."""

import json

import pytest

from app.model.identity import GroupKind
from app.model.policy import Action, Direction, Family
from app.model.snapshot import FORWARDED, GapReason
from tests.unit.collect.objects import normalized, stored
from tests.unit.collect.policies.calico.said import policies, said

INGRESS, EGRESS = Direction.INGRESS, Direction.EGRESS
ALLOW = [{"action": "Allow"}]


def thing(kind, spec=None, *, name="p", namespace=None, group="projectcalico.org", **metadata):
    version = "v3" if group == "projectcalico.org" else "v1"
    metadata = {"name": name, **metadata} | ({"namespace": namespace} if namespace else {})
    return json.dumps({"apiVersion": f"{group}/{version}", "kind": kind, "metadata": metadata, "spec": spec})


def read(*things):
    return policies("\n---\n".join(things))


def local(spec, **fields):
    return thing("NetworkPolicy", spec, namespace="shop", **fields)


def everywhere(spec, **fields):
    return thing("GlobalNetworkPolicy", spec, **fields)


@pytest.mark.parametrize(
    ("spec", "directions"),
    [
        (None, {INGRESS}),
        ({}, {INGRESS}),
        ({"types": []}, {INGRESS}),
        ({"ingress": ALLOW}, {INGRESS}),
        ({"ingress": [], "egress": []}, {INGRESS}),
        ({"egress": ALLOW}, {EGRESS}),
        ({"ingress": ALLOW, "egress": ALLOW}, {INGRESS, EGRESS}),
        ({"types": ["Egress"]}, {EGRESS}),
        ({"types": ["Egress"], "ingress": ALLOW}, {EGRESS}),
        ({"types": ["Ingress", "Egress"]}, {INGRESS, EGRESS}),
    ],
)
@pytest.mark.parametrize("policy", [local, everywhere])
def test_types_default_to_the_sections_that_have_rules(policy, spec, directions):
    (found,) = read(policy(spec))
    assert (found.directions, found.isolates) == (directions, directions)
    assert not found.rules(INGRESS) or INGRESS in directions


def test_tier_and_order_default_to_the_default_tier_and_last():
    first, second = read(local({}, name="a"), local({"tier": "security", "order": 2.5}, name="b"))
    assert (first.tier, first.order, first.family) == ("default", float("inf"), Family.CALICO)
    assert (second.tier, second.order) == ("security", 2.5)


SUBJECTS = {
    "nothing": (local({}), "everything", "shop"),
    "an empty selector": (local({"selector": ""}), "everything", "shop"),
    "pods": (local({"selector": "app == 'a'"}), "app=a", "shop"),
    "accounts too": (
        local({"selector": "app == 'a'", "serviceAccountSelector": "tier == 'x'"}),
        "app=a,service account tier=x",
        "shop",
    ),
    "nothing, everywhere": (everywhere({}), "everything", None),
    "namespaces": (
        everywhere({"namespaceSelector": "team in {'a'} || projectcalico.org/name == 'b'"}),
        "(namespace team=a or namespace kubernetes.io/metadata.name=b)",
        None,
    ),
    "every namespace": (everywhere({"namespaceSelector": "all()", "selector": "has(x)"}), "x", None),
    "all three": (
        everywhere(
            {"selector": "has(x)", "namespaceSelector": "!has(y)", "serviceAccountSelector": "has(z)"}
        ),
        "x,!namespace y,service account z",
        None,
    ),
    "every account": (everywhere({"serviceAccountSelector": "all()"}), "everything", None),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_whom_a_policy_selects(name):
    text, selector, namespace = SUBJECTS[name]
    (found,) = read(text)
    assert (str(found.subject.selector), found.subject.namespace, found.unclear) == (selector, namespace, ())


def test_a_selector_that_cannot_be_read_leaves_everyone_who_might_be_meant():
    (found,) = read(everywhere({"selector": "nonsense", "namespaceSelector": "team == 'a'"}))
    assert (str(found.subject.selector), len(found.unclear)) == ("namespace team=a", 1)


def test_a_policy_that_cannot_be_decoded_could_do_anything_to_anyone():
    (found,) = read(local({"selector": ["app"], "types": ["Egress"]}))
    assert (str(found.subject.selector), found.subject.namespace) == ("everything", "shop")
    assert (found.directions, len(found.unclear)) == ({INGRESS, EGRESS}, 1)


def test_rules_keep_their_places_and_log_rules_are_left_out():
    rules = [{"action": name} for name in ("Log", "Deny", "Log", "Pass", "Allow")]
    (found,) = read(local({"ingress": rules}))
    assert [(rule.path, rule.action) for rule in found.ingress] == [
        ("spec.ingress[1]", Action.DENY),
        ("spec.ingress[3]", Action.PASS),
        ("spec.ingress[4]", Action.ALLOW),
    ]


def test_the_near_side_of_a_rule_narrows_whom_the_policy_selects():
    near = {"action": "Allow", "source": {"selector": "has(a)"}, "destination": {"selector": "has(b)"}}
    (found,) = read(local({"ingress": [near], "egress": [near]}))
    inward, outward = found.ingress[0], found.egress[0]
    assert (said(inward.peers), said(inward.own)) == ("pods [a] in shop", "pods [b] in shop")
    assert (said(outward.peers), said(outward.own)) == ("pods [b] in shop", "pods [a] in shop")


def test_an_address_family_is_asked_of_both_ends():
    (found,) = read(
        local({"ingress": [{"action": "Deny", "ipVersion": 6, "source": {"selector": "has(a)"}}]})
    )
    (rule,) = found.ingress
    assert (said(rule.peers), said(rule.own)) == ("(pods [a] in shop and IPv6)", "IPv6")


@pytest.mark.parametrize("field", ["doNotTrack", "preDNAT"])
def test_policies_that_are_applied_to_host_endpoints_alone_are_no_policies_of_pods(field):
    assert read(everywhere({field: True, "applyOnForward": True, "ingress": ALLOW})) == ()


def test_a_policy_for_forwarded_traffic_is_one_of_pods_as_well():
    (found,) = read(everywhere({"applyOnForward": True, "performanceHints": ["AssumeNeededOnEveryNode"]}))
    assert found.unclear == ()


def test_the_same_kind_in_another_group_is_another_policy():
    kubernetes = (
        '{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", '
        '"metadata": {"name": "p", "namespace": "shop"}, "spec": {"egress": [{}]}}'
    )
    found = read(kubernetes, local({"egress": ALLOW}))
    assert [(item.family, item.directions) for item in found] == [
        (Family.KUBERNETES, {INGRESS, EGRESS}),
        (Family.CALICO, {EGRESS}),
    ]


STAGED = {
    "StagedNetworkPolicy": ({"ingress": ALLOW}, "shop"),
    "StagedGlobalNetworkPolicy": ({"ingress": ALLOW}, None),
    "StagedKubernetesNetworkPolicy": ({"ingress": [{}], "podSelector": {}}, "shop"),
}


@pytest.mark.parametrize("kind", STAGED)
@pytest.mark.parametrize("action", [None, "Set", "Learn", "Ignore"])
def test_staged_policies_are_read_and_never_enforced(kind, action):
    spec, namespace = STAGED[kind]
    (found,) = read(thing(kind, spec | ({"stagedAction": action} if action else {}), namespace=namespace))
    assert (found.staged, found.family, found.tier, found.unclear) == (True, Family.CALICO, "default", ())
    assert len(found.ingress) == 1


@pytest.mark.parametrize("kind", STAGED)
def test_a_staged_removal_changes_nothing_yet(kind):
    assert read(thing(kind, {"stagedAction": "Delete"}, namespace=STAGED[kind][1])) == ()


def test_a_staged_policy_of_kubernetes_has_its_order():
    (found,) = read(thing("StagedKubernetesNetworkPolicy", {"podSelector": {}}, namespace="shop"))
    assert (found.order, found.directions) == (1000.0, {INGRESS})


STORED = "crd.projectcalico.org"
PUT_AWAY = {"projectcalico.org/metadata": '{"name": "security.p", "labels": {"a": "b"}}'}
TWINS = {
    "the default tier is put before the name": (local({}), local({}, name="default.p", group=STORED)),
    "or on both": (local({}, name="default.p"), local({}, name="default.p", group=STORED)),
    "another tier is part of the name": (
        local({"tier": "security"}, name="security.p"),
        local({"tier": "security"}, name="security.p", group=STORED),
    ),
    "the name is put away": (
        everywhere({"tier": "security"}, name="security.p"),
        everywhere({"tier": "security"}, name="security.p-1a2b", group=STORED, annotations=PUT_AWAY),
    ),
    "a staged policy": (
        thing("StagedKubernetesNetworkPolicy", {"podSelector": {}}, namespace="shop"),
        thing("StagedKubernetesNetworkPolicy", {"podSelector": {}}, namespace="shop", group=STORED),
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_what_both_groups_serve_counts_once(name):
    served, twin = TWINS[name]
    (found,) = read(served, twin)
    assert found.ref.group == "projectcalico.org"
    (alone,) = read(twin)
    assert alone.ref.group == STORED


@pytest.mark.parametrize("types", [{}, {"types": []}])
def test_a_stored_policy_without_types_never_met_the_api_that_writes_them_and_is_for_both(types):
    (found,) = read(local({"ingress": ALLOW, **types}, name="default.p", group=STORED))
    assert (found.directions, found.isolates) == ({INGRESS, EGRESS}, {INGRESS, EGRESS})
    (typed,) = read(local({"ingress": ALLOW, "types": ["Ingress"]}, name="default.p", group=STORED))
    assert typed.directions == {INGRESS}


def test_stored_policies_of_other_names_and_places_are_others():
    found = read(
        local({}),
        local({}, name="default.q", group=STORED),
        thing("NetworkPolicy", {}, name="default.p", namespace="bank", group=STORED),
        thing("StagedNetworkPolicy", {}, name="default.p", namespace="shop", group=STORED),
    )
    assert len(found) == 4


COPIES = [
    "knp.default.p",
    "kanp.adminnetworkpolicy.p",
    "kbanp.baselineadminnetworkpolicy.p",
    "kcnp.kube-admin.p",
]


@pytest.mark.parametrize("name", COPIES)
def test_what_only_shows_a_policy_of_another_api_is_none(name):
    assert read(local({}, name=name), everywhere({}, name=name)) == ()


def tiers(*things):
    return normalized("\n---\n".join(things)).inventory.tiers


def test_tiers_have_an_order_and_a_default():
    found = tiers(
        thing("Tier", {"order": 5, "defaultAction": "Pass"}, name="a"),
        thing("Tier", {"order": 7}, name="b"),
        thing("Tier", {}, name="c"),
    )
    assert [(item.name, item.order, item.default) for item in found] == [
        ("a", 5.0, Action.PASS),
        ("b", 7.0, Action.DENY),
        ("c", float("inf"), Action.DENY),
    ]


def test_a_tier_that_both_groups_serve_is_one():
    (found,) = tiers(
        thing("Tier", {"order": 5}, name="a", group=STORED), thing("Tier", {"order": 5}, name="a")
    )
    assert found.ref.group == "projectcalico.org"


def test_the_tiers_that_calico_makes_are_there_where_a_policy_names_them():
    (found,) = tiers(local({}))
    assert (found.name, found.order, found.default) == ("default", 1_000_000.0, Action.DENY)


def test_a_tier_with_another_default_action_is_a_gap():
    (gap,) = normalized(thing("Tier", {"defaultAction": "Allow"}, name="a")).gaps
    assert (gap.reason, gap.field) == (GapReason.INVALID, "spec.defaultAction")


def test_labels_of_a_stored_set_are_put_away():
    stored_set = thing(
        "GlobalNetworkSet", {"nets": ["192.0.2.0/24"]}, name="s", group=STORED, annotations=PUT_AWAY
    )
    rule = {"ingress": [{"action": "Allow", "source": {"selector": "a == 'b'"}}]}
    (found,) = read(stored_set, everywhere(rule))
    assert said(found.ingress[0].peers) == "(pods [a=b] or addresses of GlobalNetworkSet s)"


def test_a_set_that_both_groups_serve_counts_once():
    sets = [
        thing("GlobalNetworkSet", {"nets": ["192.0.2.0/24"]}, name="s", group=group, labels={"a": "b"})
        for group in (STORED, "projectcalico.org")
    ]
    (found,) = read(*sets, everywhere({"ingress": [{"action": "Allow", "source": {"selector": "a == 'b'"}}]}))
    assert said(found.ingress[0].peers).count("GlobalNetworkSet s") == 1


def test_a_net_that_is_none_is_a_gap_of_its_set():
    (gap,) = normalized(thing("NetworkSet", {"nets": ["10.0.0.0/8", "ten"]}, namespace="shop")).gaps
    assert (gap.field, gap.group_kind) == ("spec.nets[1]", GroupKind("projectcalico.org", "NetworkSet"))


def test_selectors_keep_words_that_look_like_secrets():
    value = json.loads(local({"selector": "token == 'a' && password-store == 'b'"}))
    assert stored(value).parsed()["spec"]["selector"] == "token == 'a' && password-store == 'b'"


ALLOWS_ALL = {"ingress": ALLOW, "egress": ALLOW, "labelsToApply": {"pcns.team": "a"}}


@pytest.mark.parametrize("name", ["kns.shop", "projectcalico-default-allow", "mine"])
def test_profiles_that_say_what_calico_says_are_no_policies(name):
    assert read(thing("Profile", ALLOWS_ALL, name=name)) == ()
    assert read(thing("Profile", {"labelsToApply": {"pcsa.x": "a"}}, name="ksa.shop.web")) == ()


def test_a_profile_of_a_namespace_that_says_otherwise_comes_after_all_tiers():
    text = thing("Profile", {"ingress": [{"action": "Deny"}], "egress": ALLOW}, name="kns.shop")
    found = normalized(text).inventory
    (policy,), (tier,) = found.policies, found.tiers
    assert (policy.subject.namespace, policy.directions, policy.unclear) == ("shop", {INGRESS}, ())
    assert [rule.action for rule in policy.ingress] == [Action.DENY]
    assert (tier.name, tier.order, tier.default) == (policy.tier, float("inf"), Action.DENY)
    assert tier.name > "z"


def test_rules_in_the_profile_of_a_service_account_are_named():
    (found,) = read(thing("Profile", {"ingress": [{"action": "Deny"}]}, name="ksa.shop.web"))
    assert (str(found.subject.selector), found.subject.namespace) == ("service account name=web", "shop")
    assert found.unclear == ("spec: rules in the profile of a service account are not evaluated",)


def host(name="h", profiles=("projectcalico-default-allow",), **labels):
    spec = {"node": "n", "interfaceName": "*", "profiles": list(profiles)}
    return thing("HostEndpoint", spec, name=name, labels=labels)


def gaps(*things):
    return normalized("\n---\n".join(things)).gaps


def test_a_host_endpoint_that_allows_everything_and_that_no_policy_selects_restricts_nothing():
    selecting_pods = everywhere({"namespaceSelector": "all()"})
    assert gaps(host(role="a"), selecting_pods, everywhere({"selector": "role == 'b'"}, name="q")) == ()


@pytest.mark.parametrize(
    "things",
    [
        (host(), everywhere({})),
        (host(role="a"), everywhere({"selector": "role == 'a'", "preDNAT": True, "applyOnForward": True})),
        (host(role="a"), everywhere({"selector": "nonsense"})),
        (host(profiles=()),),
        (host(profiles=("mine",)),),
        (thing("HostEndpoint", {"profiles": "x"}, name="h"),),
    ],
    ids=["all", "before DNAT", "cannot be read", "no profile", "another profile", "no host endpoint"],
)
def test_any_other_host_endpoint_is_a_gap(things):
    found = [gap for gap in gaps(*things) if gap.reason is GapReason.UNKNOWN_KIND]
    assert {(gap.group_kind.kind, gap.name) for gap in found} == {("HostEndpoint", "h")}


@pytest.mark.parametrize("field", ["applyOnForward", "preDNAT", "doNotTrack"])
def test_what_a_host_endpoint_denies_of_what_its_node_forwards_is_a_gap_of_its_own(field):
    found = gaps(host(role="a"), everywhere({"selector": "role == 'a'", field: True}, name="p"))
    (gap,) = [item for item in found if item.field == FORWARDED]
    assert (gap.group_kind.kind, gap.name) == ("HostEndpoint", "h")
    assert "by GlobalNetworkPolicy p, h may deny what passes through to pods of the node" in gap.message


def test_policies_on_what_nodes_forward_concern_the_host_endpoints_that_they_select():
    forwarding = everywhere({"selector": "role == 'b'", "applyOnForward": True})
    assert gaps(host(role="a"), forwarding) == ()
    unread = thing("HostEndpoint", {"profiles": "x"}, name="h")
    assert [item.name for item in gaps(unread, forwarding) if item.field == FORWARDED] == ["h"]


@pytest.mark.parametrize(
    ("spec", "interface", "directions"),
    [
        ({"applyOnForward": True}, "eth0", {INGRESS}),
        ({"applyOnForward": True, "types": ["Egress"]}, "eth0", {EGRESS}),
        ({"preDNAT": True, "ingress": []}, "eth0", {INGRESS}),
        ({"applyOnForward": True}, "*", {INGRESS, EGRESS}),
        ({"doNotTrack": True}, "eth0", {INGRESS, EGRESS}),  # replies are asked as well
        ({"applyOnForward": "x"}, "eth0", {INGRESS, EGRESS}),  # it cannot be read
        ({}, "eth0", None),
    ],
)
def test_what_is_forwarded_is_guarded_on_one_node_in_the_directions_of_the_policies(
    spec, interface, directions
):
    at = thing("HostEndpoint", {"node": "n", "interfaceName": interface}, name="h", labels={"role": "a"})
    chosen = everywhere({"selector": "role == 'a'"} | spec, name="p")
    found = normalized(f"{at}\n---\n{chosen}").inventory.guards
    expected = [] if directions is None else [("h", "n", directions)]
    assert [(item.ref.name, item.node, item.directions) for item in found] == expected


@pytest.mark.parametrize(
    ("group", "directions"), [("projectcalico.org", {EGRESS}), (STORED, {INGRESS, EGRESS})]
)
def test_a_stored_policy_without_types_guards_what_is_forwarded_in_both_directions(group, directions):
    at = thing("HostEndpoint", {"node": "n", "interfaceName": "eth0"}, name="h", labels={"role": "a"})
    spec = {"selector": "role == 'a'", "applyOnForward": True, "egress": ALLOW}
    (guard,) = normalized(f"{at}\n---\n{everywhere(spec, name='default.p', group=group)}").inventory.guards
    assert guard.directions == directions


def test_many_host_endpoints_are_one_gap():
    (gap,) = gaps(*(host(name, profiles=()) for name in "abcde"))
    assert gap.name == ""
    assert "a, b, c and 2 more" in gap.message
