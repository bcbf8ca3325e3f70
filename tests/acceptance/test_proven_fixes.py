"""A proposed fix, applied to the same manifests as any file would be: the findings close, no declared flow breaks, and
nothing changes for workloads that no finding is about."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from app import collect, pipeline, proposal
from app.assess.configuration import read_documents
from app.bootstrap import documents, manifests
from app.evaluate import as_yaml, chosen, flow_losses
from app.evaluate.fix.wanted import workloads_of
from app.model.connections import Connections
from app.model.finding import SubjectKind
from app.model.fix import Wanted
from app.model.history import Document
from app.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT / "../shared/data/manifests/apps"
# An application's manifests hold no network plugin; these make it certain that policies are enforced, and name the resolver.
PLATFORM = [ROOT / "examples/harbour/cluster" / name for name in ("kube-system.yaml", "nodes.yaml")]
TABLES = sorted((ROOT / "tests/tables/fixes").glob("*.yaml"))
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def _params():
    for path in TABLES:
        public = "app" in yaml.safe_load(path.read_text(encoding="utf-8"))
        yield pytest.param(path, id=path.stem, marks=[pytest.mark.shared_data] if public else [])


def _spaces(table):
    """Namespaces of an application: those that its table names, else that of its flows."""
    return frozenset(table.get("namespaces") or {table["flows"][-1]["destination"].split("/")[0]})


@pytest.fixture(scope="module", params=_params())
def case(request):
    table = yaml.safe_load(request.param.read_text(encoding="utf-8"))
    if "app" in table and not APPS.is_dir():
        pytest.skip("the public manifests are not beside the project")
    twice = set(table.get("leave_out", ()))
    own = [path for path in sorted((APPS / table.get("app", "")).rglob("*.y*ml")) if path.name not in twice]
    paths = [*own, *PLATFORM] if "app" in table else [ROOT / item for item in table["folders"]]
    files = {item.name: item for item in documents(load_settings())}
    if "config" in table:
        files |= {p.name: Document(p.name, p.read_bytes()) for p in (ROOT / table["config"]).glob("*.yaml")}
    for name, value in (("flows.yaml", {"flows": table["flows"]}), ("scope.yaml", table.get("scope"))):
        if value:
            files[name] = Document(name, yaml.safe_dump(value).encode())
    snapshot, _ = pipeline.take_snapshot("test", AT, manifests(paths))
    given = tuple(files.values())
    wanted = Wanted(_spaces(table) if "app" in table else frozenset())
    return table, snapshot, given, proposal.fix(snapshot, given, wanted), wanted


def test_the_checks_pass_but_for_what_no_policy_can_close(case):
    table, _, _, fix, _ = case

    assert fix.mended
    assert sorted(f"{item.check} {item.subject}" for item in fix.left) == table["left"]


def test_every_finding_that_stays_says_what_has_to_change(case):
    _, _, _, fix, _ = case

    stopped = {item.finding.fingerprint for item in fix.plan.obstacles if item.says and item.change}
    assert stopped == {item.fingerprint for item in fix.left}


def test_no_declared_flow_breaks_and_all_of_them_pass(case):
    table, _, _, fix, _ = case

    assert fix.losses == ()
    assert sorted({item.flow for item in fix.unmet}) == table.get("unmet", [])


def test_nothing_opens_and_no_finding_is_new(case):
    _, _, _, fix, _ = case

    consequences = fix.proof.consequences
    assert not [item for item in consequences.paths if item.opened]
    assert consequences.opened == ()
    assert consequences.undecided == ()


def test_every_path_that_closes_has_an_end_that_a_finding_is_about(case):
    _, _, _, fix, _ = case

    about = {name for item in fix.plan.findings for name in workloads_of(item)}
    spaces = {i.subject.id for i in fix.plan.findings if i.subject.kind is SubjectKind.NAMESPACE}
    for path in fix.proof.consequences.paths:
        assert any(end in about or end.split("/")[0] in spaces for end in (path.source, path.destination)), (
            path
        )


def test_the_files_that_are_written_do_the_same_as_the_proof(case, tmp_path):
    """What `--output` writes, read from disk by the reader of manifests, gives the same cluster."""
    _, snapshot, given, fix, wanted = case
    file = tmp_path / "fix.yaml"
    file.write_text(as_yaml(fix.plan.objects), encoding="utf-8")

    changed = collect.overlay(snapshot, manifests([str(file)]).collect().objects)

    after = proposal.what_if(snapshot, given, changed).after
    assert changed.snapshot.digest == fix.proof.snapshot.digest
    left = {item.fingerprint for item in fix.left}
    assert {item.fingerprint for item in chosen(after.runs, wanted)} == left


def test_without_what_it_allows_a_declared_flow_breaks(case):
    """Each policy that keeps flows is needed: the same plan without it takes something declared, or names, away."""
    _, snapshot, given, fix, _ = case
    flows = read_documents(given).flows.flows
    for spare in fix.plan.objects:
        if spare.amends or spare.ref.name.startswith("default-deny"):
            continue
        rest = collect.objects_of(item.body for item in fix.plan.objects if item != spare)
        result = proposal.what_if(snapshot, given, collect.overlay(snapshot, rest), before=fix.proof.before)
        lost = flow_losses(flows, fix.proof.before.reachability, result.after.reachability)
        names = [item for item in result.consequences.opened if item.check == "dns-egress-missing"]
        assert lost or names, spare.ref


def test_nothing_was_declared_that_is_nothing(case):
    _, _, given, _, _ = case

    assert all(item.ports != Connections() for item in read_documents(given).flows.flows)
