"""What must hold of every verdict, whatever the cluster."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.evaluate import encryption, find_edges, reachability, run_checks
from app.evaluate.checks import CHECKS
from app.model.context import RunContext
from app.model.facts import Facts
from app.model.finding import Outcome
from app.model.identity import GroupKind
from app.model.platform import Enforcement
from app.model.scope import Boundary, Scope
from app.model.snapshot import CollectionGap, GapReason, Snapshot, SourceInfo, SourceKind
from app.model.transit import Protection
from tests.builders import namespace, platform
from tests.facts import AT, CLUSTER, catalogue, scope_of
from tests.properties.clusters import NODES, SPACES, clusters
from tests.protection import links, mesh

ISOLATION = {check.id for check in CHECKS[:4]}
KINDS = {
    "policies": GroupKind("networking.k8s.io", "NetworkPolicy"),
    "pods": GroupKind("", "Pod"),
    "namespaces": GroupKind("", "Namespace"),
}

zones = st.sampled_from(
    [
        {"zone": "cde", "ephi": True, "soc2": True, "confidential": True},
        {"zone": "connected-to", "ephi": False, "soc2": True, "confidential": False},
        {"zone": "out-of-scope", "ephi": False, "soc2": False},
        {"zone": "cde", "data_store": True},
        {"zone": "cde", "tenant": "red", "meshed": True},
        {"zone": "cde", "tenant": "blue"},
        {"zone": "out-of-scope", "shared": True},
        {},
    ]
)
flows = st.sampled_from([None, {}, {"F-1": "a → b on TCP 80", "F-2": "b → external on any any"}])


@st.composite
def scopes(draw):
    rules = {name: {"in": [name], **draw(zones)} for name in SPACES}
    rules["web"] = {"pods": "app=web", **draw(zones)}
    claims = {"controls": draw(st.sampled_from([[], ["node-to-node"], ["mesh", "node-to-node"]]))}
    return scope_of({"rules": rules, "flows": draw(flows), "exposures": {}, "encryption": claims})


@st.composite
def platforms(draw):
    states = st.sampled_from(list(Enforcement))
    enforcing = st.just(Enforcement.ENFORCED)
    return platform(
        enforcement=draw(enforcing | states),
        nodes={name: draw(enforcing | states) for name in NODES},
    )


# Pods of the mesh, and nodes that encrypt: fixed by the pods' names, so that a cluster with fewer pods says nothing else of them.
PROTECTION = Protection(
    (mesh("m", p0="STRICT", p1="PERMISSIVE", p2="STRICT", p3="none", p4="STRICT", p5="PERMISSIVE"),),
    (links("wg", p0="sealed", p1="sealed", p2="strict", p4="sealed", p6="?"),),
)


def facts(inventory, found_platform, scope=None, gaps=()):
    snapshot = Snapshot(CLUSTER, AT, SourceInfo(SourceKind.API, "a test"), (), (), tuple(gaps))
    views = [
        reachability(inventory, found_platform, snapshot.gaps, as_declared=declared)
        for declared in (False, True)
    ]
    return Facts(
        snapshot,
        inventory,
        found_platform,
        views[0],
        views[1],
        find_edges(snapshot, inventory, found_platform, views[0]),
        scope or Scope(),
        (),
        catalogue(),
        RunContext(),
        AT,
        encryption(views[0], inventory, PROTECTION),
    )


def outcomes(found, outcome):
    return {
        (result.check, result.subject, boundary)
        for run in run_checks(found).runs
        for result in run.results
        if result.outcome is outcome
        for boundary in result.boundaries
    }


def admits_everyone(policy):
    """A rule without peers and ports undoes a default deny beside it: without such a policy less is open."""
    return any(not rule.peers and not rule.ports for rule in (*policy.ingress, *policy.egress))


@given(clusters(), platforms(), st.data())
def test_taking_a_policy_away_never_makes_a_failure_to_isolate_pass(inventory, found, data):
    restricting = [item for item in inventory.policies if not admits_everyone(item)]
    if not restricting:
        return
    gone = data.draw(st.sampled_from(restricting))
    fewer = replace(inventory, policies=tuple(item for item in inventory.policies if item is not gone))
    failed = {item for item in outcomes(facts(inventory, found), Outcome.FAIL) if item[0] in ISOLATION}
    assert not failed & outcomes(facts(fewer, found), Outcome.PASS)


@given(clusters(), platforms(), scopes(), st.data())
def test_a_list_that_was_not_read_never_passes_what_the_whole_list_does_not(inventory, found, scope, data):
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    space = data.draw(st.sampled_from(["", *SPACES])) if kind != "namespaces" else ""
    lost = st.lists(st.sampled_from(getattr(inventory, kind) or (None,)), unique_by=id)
    left_out = [item for item in data.draw(lost) if item and space in ("", item.ref.namespace)]
    gap = CollectionGap(KINDS[kind], GapReason.TRUNCATED, "cut off", namespace=space)
    part = without(inventory, kind, left_out)
    passed = outcomes(facts(part, found, scope, [gap]), Outcome.PASS)
    refuted = outcomes(facts(inventory, found, scope), Outcome.FAIL)
    assert not passed & refuted


def without(inventory, kind, left_out):
    """Namespaces that were not read are still known by what is in them, with nothing but their name."""
    kept = tuple(item for item in getattr(inventory, kind) if not any(item is lost for lost in left_out))
    if kind == "namespaces":
        assumed = [namespace(item.name, assumed=True) for item in left_out]
        kept = tuple(sorted((*kept, *assumed), key=lambda item: item.ref))
    return replace(inventory, **{kind: kept})


@given(clusters(), platforms(), scopes())
def test_every_subject_has_one_answer_in_each_boundary(inventory, found, scope):
    for run in run_checks(facts(inventory, found, scope)).runs:
        answers = [(item.subject, boundary) for item in run.results for boundary in item.boundaries]
        assert len(answers) == len(set(answers)), run.meta.id


@given(clusters(), scopes())
def test_nothing_that_needs_enforcement_passes_where_nothing_is_known_about_it(inventory, scope):
    unknown = platform("")
    needs = ISOLATION | {"policy-allow-all-ingress", "policy-allow-all-egress", "cross-zone-path-into-cde"}
    needs |= {
        "tenant-to-tenant-path",
        "cross-zone-path-out-of-cde",
        "untrusted-path-to-data-store",
        "egress-to-internet-unrestricted",
    }
    passed = {item for item in outcomes(facts(inventory, unknown, scope), Outcome.PASS) if item[0] in needs}
    assert not passed


@given(clusters(), platforms())
def test_without_a_scope_file_every_workload_counts_in_every_boundary(inventory, found):
    for run in run_checks(facts(inventory, found)).runs:
        assert all(item.boundaries == frozenset(Boundary) for item in run.results), run.meta.id
