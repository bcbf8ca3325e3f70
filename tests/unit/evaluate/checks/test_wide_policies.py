"""What checks say where policies come from other systems than NetworkPolicy."""

from dataclasses import replace

import pytest

from app import evaluate
from app.evaluate.checks import CHECKS
from app.model.policy import Action, Family
from app.model.reachability import Profile
from tests.builders import cidr, inventory, namespace, pod, pods_peer, policy, rule
from tests.builders import platform as make_platform
from tests.facts import facts_of
from tests.wide import act, tier, wide

BY_ID = {check.id: check for check in CHECKS}
WEB = pod("shop/web", {"app": "web"}, node="n1")
TIERS = (tier("passing", Family.CALICO, 10, Action.PASS),)
DENY_ALL, ALLOW_ALL = act(Action.DENY), act(Action.ALLOW)


def outcomes(check, policies, plugin="calico", profile=Profile.AUTO):
    """Outcome and sentence by subject."""
    cluster = replace(inventory([WEB], policies, namespaces=[namespace("shop")]), tiers=TIERS)
    platform = make_platform(plugin) if plugin else make_platform("")
    facts = replace(
        facts_of({}),
        inventory=cluster,
        platform=platform,
        reachability=evaluate.reachability(cluster, platform, (), profile=profile),
        declared=evaluate.reachability(cluster, platform, (), profile=profile, as_declared=True),
    )
    return {item.subject.id: (item.outcome.value, item.says) for item in BY_ID[check].run(facts).results}


@pytest.mark.parametrize(
    ("policies", "plugin", "outcome", "fragment"),
    [
        pytest.param(
            [wide("lock", Family.CALICO, ingress=[])],
            "calico",
            "pass",
            "isolated for ingress by GlobalNetworkPolicy lock",
            id="a policy of the whole cluster isolates",
        ),
        pytest.param(
            [wide("lock", Family.CALICO, tier="passing", ingress=[])],
            "calico",
            "fail",
            "no policy isolates it",
            id="a tier that passes on by default isolates nobody",
        ),
        pytest.param(
            [wide("lock", Family.CILIUM, ingress=[], isolates=False)],
            "cilium",
            "fail",
            "no policy isolates it",
            id="a policy without default deny isolates nobody",
        ),
        pytest.param(
            [wide("base", Family.BASELINE, ingress=[DENY_ALL])],
            "ovn-kubernetes",
            "pass",
            "BaselineAdminNetworkPolicy base",
            id="a baseline that denies everyone",
        ),
        pytest.param(
            [wide("base", Family.BASELINE, ingress=[act(Action.DENY, cidr("10.0.0.0/8"))])],
            "ovn-kubernetes",
            "fail",
            "no policy isolates it",
            id="a denial of some is no default",
        ),
        pytest.param(
            [wide("open", Family.ADMIN, ingress=[ALLOW_ALL]), policy("shop/deny", ingress=[])],
            "ovn-kubernetes",
            "fail",
            "admits everything: AdminNetworkPolicy open",
            id="an admin policy opens what NetworkPolicy closes",
        ),
        pytest.param(
            [wide("lock", Family.CALICO, ingress=[])],
            "cilium",
            "fail",
            "Cilium does not obey GlobalNetworkPolicy",
            id="a kind that the data plane does not obey",
        ),
        pytest.param(
            [wide("trial", Family.CALICO, ingress=[], staged=True)],
            "calico",
            "fail",
            "is staged",
            id="a staged policy isolates nobody",
        ),
        pytest.param(
            [wide("trial", Family.CALICO, ingress=[], staged=True), policy("shop/deny", ingress=[])],
            "calico",
            "pass",
            "NetworkPolicy shop/deny",
            id="a staged policy takes nothing away",
        ),
        pytest.param(
            [wide("lock", Family.CALICO, ingress=[], unclear=["spec.x was not understood"])],
            "calico",
            "insufficient-evidence",
            "spec.x was not understood",
            id="a policy that was not understood proves nothing",
        ),
        pytest.param(
            [wide("lock", Family.ADMIN, ingress=[DENY_ALL])],
            "cilium",
            "insufficient-evidence",
            "whether Cilium obeys AdminNetworkPolicy",
            id="a kind that may not be obeyed proves nothing",
        ),
    ],
)
def test_isolation(policies, plugin, outcome, fragment):
    found, says = outcomes("pod-without-ingress-isolation", policies, plugin)["shop/web[Pod]"]
    assert (found, fragment in says) == (outcome, True), says
    by_namespace, _ = outcomes("namespace-without-default-deny-ingress", policies, plugin)["shop"]
    assert by_namespace == outcome


@pytest.mark.parametrize(
    ("policies", "subject", "outcome", "fragment"),
    [
        pytest.param(
            [wide("p", Family.CALICO, order=2, ingress=[ALLOW_ALL])],
            "GlobalNetworkPolicy p",
            "fail",
            "names no peer at all",
            id="a rule that opens to everyone",
        ),
        pytest.param(
            [
                wide("no", Family.CALICO, order=1, ingress=[DENY_ALL]),
                wide("p", Family.CALICO, order=2, ingress=[ALLOW_ALL]),
            ],
            "GlobalNetworkPolicy p",
            "pass",
            "denied by policies that are asked before it",
            id="a rule that others take back first",
        ),
        pytest.param(
            [wide("p", Family.CALICO, ingress=[DENY_ALL])],
            "GlobalNetworkPolicy p",
            "pass",
            "no rule",
            id="a denial opens nothing",
        ),
        pytest.param(
            [wide("p", Family.CALICO, ingress=[ALLOW_ALL], staged=True)],
            "GlobalNetworkPolicy p",
            "not-applicable",
            "staged",
            id="a staged policy opens nothing",
        ),
    ],
)
def test_policies_that_admit_anyone(policies, subject, outcome, fragment):
    found, says = outcomes("policy-allow-all-ingress", policies)[subject]
    assert (found, fragment in says) == (outcome, True), says


def test_what_no_data_plane_obeys_is_a_finding():
    policies = [
        wide("a", Family.CALICO, ingress=[]),
        wide("b", Family.CALICO, ingress=[], staged=True),
        wide("c", Family.ADMIN, ingress=[DENY_ALL]),
        wide("d", Family.CILIUM, ingress=[], isolates=True),
        policy("shop/np", ingress=[rule(pods_peer())]),
    ]
    found = outcomes("cni-does-not-enforce-policies", policies, "cilium")
    assert {name: outcome for name, (outcome, _) in found.items()} == {
        "test": "pass",
        "GlobalNetworkPolicy a": "fail",
        "GlobalNetworkPolicy b": "fail",
        "AdminNetworkPolicy c": "insufficient-evidence",
    }


def test_selectors_of_wide_policies_that_match_nothing():
    policies = [
        wide("p", Family.CALICO, "app=nobody", ingress=[]),
        wide("q", Family.CALICO, "app=web", ingress=[]),
    ]
    found = outcomes("policy-selects-nothing", policies)
    assert "matches nothing: spec (app=nobody)" in found["GlobalNetworkPolicy p"][1]
    assert found["GlobalNetworkPolicy q"][0] == "pass"


def test_denials_are_not_broad():
    policies = [wide("p", Family.CALICO, ingress=[DENY_ALL]), wide("q", Family.CALICO, ingress=[ALLOW_ALL])]
    found = outcomes("policy-overly-broad", policies)
    assert found["GlobalNetworkPolicy p"][0] == "pass"
    assert "names no port" in found["GlobalNetworkPolicy q"][1]
