"""What the product promises, shown on whole runs: from manifests to a stored scan and its reports."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from app import pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.errors import ConfigurationError
from app.model.control import ControlState
from app.model.finding import Outcome, Strength
from app.model.history import Document
from app.model.identity import GroupKind
from app.model.platform import Enforcement
from app.model.snapshot import CollectionGap, GapReason
from app.render import ReportRenderer, load_definition
from app.resources import resource
from app.settings import load_settings
from examples.cluster import Cluster, read

HARBOUR = Path(__file__).resolve().parents[2] / "examples" / "harbour"
AT = datetime(2026, 11, 22, 1, 15, tzinfo=UTC)
ISOLATION = (
    "namespace-without-default-deny-ingress",
    "namespace-without-default-deny-egress",
    "pod-without-ingress-isolation",
    "pod-without-egress-isolation",
)
POLICIES = GroupKind("networking.k8s.io", "NetworkPolicy")


class Silent:
    def stage(self, name, **facts):
        pass


def harbour(*, without=(), extra=()):
    """The example cluster's first night; `without` leaves whole kinds out."""
    cluster = Cluster()
    for path in sorted((HARBOUR / "cluster").glob("*.yaml")):
        cluster.apply(read(path))
    return [item for item in cluster.objects() if item["kind"] not in without] + list(extra)


@pytest.fixture
def source(tmp_path):
    def make(objects):
        (tmp_path / "cluster.yaml").write_text(yaml.safe_dump_all(objects), encoding="utf-8")
        return ManifestSource([tmp_path])

    return make


class Refusing:
    """A source whose list of policies was refused, as an API server does it."""

    def __init__(self, inner):
        self._inner = inner

    def collect(self):
        whole = self._inner.collect()
        return replace(
            whole,
            objects=tuple(item for item in whole.objects if item.ref.group_kind != POLICIES),
            kinds=tuple(entry for entry in whole.kinds if entry.group_kind != POLICIES),
            gaps=(CollectionGap(POLICIES, GapReason.FORBIDDEN, "networkpolicies: HTTP 403"),),
        )


def request(night="v1"):
    settings = load_settings(None)
    scope = [
        item
        for item in documents(settings)
        if item.name not in ("scope.yaml", "exceptions.yaml", "attestations.yaml")
    ]
    own = [(path.name, path.read_bytes()) for path in sorted((HARBOUR / "config" / night).glob("*.yaml"))]
    files = (*scope, *(Document(name, body) for name, body in own))
    return pipeline.ScanRequest(
        "harbour", AT, tuple(sorted(files, key=lambda item: item.name)), tool_version="test"
    )


def scan(source, store, night="v1"):
    return pipeline.scan(request(night), source, store, Silent())


def outcomes(judgement, *checks):
    return {
        (run.meta.id, result.subject.id): result
        for run in judgement.runs
        if run.meta.id in checks
        for result in run.results
    }


def test_a_cluster_without_policies_fails_every_isolation_check_for_every_subject(source, store):
    found = outcomes(scan(source(harbour(without=("NetworkPolicy",))), store).judgement, *ISOLATION)
    assert {check for check, _ in found} == set(ISOLATION)
    assert {result.outcome for result in found.values()} <= {Outcome.FAIL, Outcome.NOT_APPLICABLE}
    not_applicable = {
        result.subject.id for result in found.values() if result.outcome is Outcome.NOT_APPLICABLE
    }
    assert all(
        "calico-node" in name or "kube-proxy" in name or "node-exporter" in name for name in not_applicable
    )


def test_refused_policies_are_insufficient_evidence_and_never_a_pass(source, store):
    result = scan(Refusing(source(harbour())), store)
    found = outcomes(result.judgement, *ISOLATION)
    assert found
    assert Outcome.PASS not in {item.outcome for item in found.values()}
    states = {item.state for assessment in result.judgement.assessments for item in assessment.controls}
    assert ControlState.SUPPORTED not in {
        item.state
        for assessment in result.judgement.assessments
        for item in assessment.controls
        if any(tally.check in ISOLATION for tally in item.tallies)
    }
    assert ControlState.INSUFFICIENT in states


def test_perfect_policies_on_flannel_are_not_enforced_and_the_reason_is_said(source, store):
    calico = {"calico-node", "calico-config"}
    objects = [
        item for item in harbour() if not any(item["metadata"]["name"].startswith(name) for name in calico)
    ]
    flannel = yaml.safe_load("""
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: kube-flannel-ds, namespace: kube-flannel, labels: {app: flannel}}
      spec:
        selector: {matchLabels: {app: flannel}}
        template:
          metadata: {labels: {app: flannel, tier: node}}
          spec:
            hostNetwork: true
            containers: [{name: kube-flannel, image: "ghcr.io/flannel-io/flannel:v0.27.3", command: [/opt/bin/flanneld]}]
    """)
    judgement = scan(source([*objects, flannel]), store).judgement
    assert judgement.platform.enforcement is Enforcement.NOT_ENFORCED
    found = outcomes(judgement, "pod-without-ingress-isolation")
    vault = found[("pod-without-ingress-isolation", "payments/card-vault[StatefulSet]")]
    assert vault.outcome is Outcome.FAIL
    assert "annel" in " ".join((vault.says, *vault.why))
    enforcement = outcomes(judgement, "cni-does-not-enforce-policies")
    assert {item.outcome for item in enforcement.values()} == {Outcome.FAIL}


def test_manifests_without_a_network_plugin_prove_nothing_but_holes(source, store):
    objects = [item for item in harbour() if "calico" not in item["metadata"]["name"]]
    judgement = scan(source(objects), store).judgement
    assert judgement.platform.enforcement is Enforcement.UNKNOWN
    found = outcomes(judgement, *ISOLATION)
    assert {item.outcome for item in found.values()} >= {Outcome.FAIL, Outcome.INSUFFICIENT}
    assert Outcome.PASS not in {item.outcome for item in found.values()}
    assert {item.strength for item in found.values()} == {Strength.DECLARED}


@pytest.mark.parametrize("formats", [("html", "json", "csv"), ("pdf",)], ids="+".join)
def test_the_same_scan_gives_the_same_bytes(source, store, formats):
    saved = scan(source(harbour()), store).scan
    definition = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
    renderer = ReportRenderer(resource("templates"))

    def made():
        return pipeline.report(saved, ["soc2-tsc-2017"], definition, formats, store, renderer, Silent())

    first, again = made(), made()
    assert [(item.name, item.digest) for item in first] == [(item.name, item.digest) for item in again]
    assert len(first) == len(formats)


def test_a_report_of_an_old_night_does_not_know_the_nights_after_it(source, store):
    definition = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
    renderer = ReportRenderer(resource("templates"))
    first = scan(source(harbour()), store).scan

    def made():
        return pipeline.report(
            first, ["pci-dss-4.0.1"], definition, ("html", "json"), store, renderer, Silent()
        )

    before = [item.digest for item in made()]
    later = pipeline.ScanRequest(
        "harbour", datetime(2026, 11, 23, 1, 15, tzinfo=UTC), request("v3").documents, tool_version="test"
    )
    pipeline.scan(later, source(harbour(without=("NetworkPolicy",))), store, Silent())
    assert [item.digest for item in made()] == before


def test_no_report_promises_what_only_an_assessor_may(source, store):
    saved = scan(source(harbour()), store).scan
    definition = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
    pages = pipeline.report(
        saved, [], definition, ("html",), store, ReportRenderer(resource("templates")), Silent()
    )
    assert len(pages) == 3
    for page in pages:
        text = page.body.decode().casefold()
        for word in ("compliant", "certified", "in place"):
            assert word not in text, f"{page.name} says {word!r}"


def test_a_mistake_in_a_document_is_told_before_anything_is_collected(store):
    class Untouched:
        def collect(self):
            raise AssertionError("the cluster was read")

    broken = [
        Document(item.name, b"rules: 7\n") if item.name == "scope.yaml" else item
        for item in request().documents
    ]
    with pytest.raises(ConfigurationError, match=r"scope\.yaml"):
        pipeline.scan(replace(request(), documents=tuple(broken)), Untouched(), store, Silent())
    assert store.scans("harbour") == ()


ROLLOUT = """
apiVersion: v1
kind: Pod
metadata: {name: web-%(version)s, namespace: tide, labels: {app: web, version: %(version)s}, ownerReferences: [%(owner)s]}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIPs: [{ip: %(ip)s}]}
"""
OWNER = "{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: u1, controller: true}"
TELLS_APART = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: v2, namespace: tide}
spec: {podSelector: {matchLabels: {version: v2}}, policyTypes: [Ingress], ingress: %s}
"""


@pytest.mark.parametrize("backwards", [False, True], ids=["added", "removed"])
@pytest.mark.parametrize(("ingress", "differs"), [("[{}]", False), ("[]", True)])
def test_a_policy_that_tells_pods_apart_changes_only_the_paths_that_it_shuts(
    source, store, ingress, differs, backwards
):
    """One night has a workload where the other has two parts of it: that alone opens and closes nothing."""
    pods = [
        yaml.safe_load(ROLLOUT % {"version": version, "ip": ip, "owner": OWNER})
        for version, ip in (("v1", "10.9.0.1"), ("v2", "10.9.0.2"))
    ]
    plain = harbour(extra=pods)
    nights = [plain, [*plain, yaml.safe_load(TELLS_APART % ingress)]]
    first, second = reversed(nights) if backwards else nights
    scan(source(first), store)
    later = replace(request(), taken_at=AT.replace(day=23))

    found = pipeline.scan(later, source(second), store, Silent()).comparison

    assert found is not None
    assert {item.destination for item in found.paths} == ({"tide/web[ReplicaSet]#2"} if differs else set())
    assert {item.opened for item in found.paths} == ({backwards} if differs else set())
