"""Flags and settings of the control plane, question by question; and public manifests with their published verdicts."""

from pathlib import Path

import pytest
import yaml

from app.evaluate.edges import api_server, controllers, etcd, kubelet
from app.evaluate.edges.arguments import arguments
from app.evaluate.edges.world import Item
from app.model.encryption import Known
from app.model.identity import ObjectRef
from tests.facts import facts_of

TABLE = yaml.safe_load((Path(__file__).resolve().parents[3] / "tables/control-plane/flags.yaml").read_text())
PUBLISHED = Path(__file__).resolve().parents[4] / "../shared/data/manifests/controlplane/regolibrary"
POD = ObjectRef("", "Pod", "kube-system", "x")


def cases(group):
    return [pytest.param(case, id=case["case"]) for case in TABLE[group]]


def told(findings, case):
    """The one finding that the case is about."""
    found = {item.says: item for item in findings}
    if "says" in case:
        assert case["says"] in found, sorted(found)
        return found[case["says"]].holds.value
    answers = {item.holds.value for says, item in found.items() if says.startswith(case["ask"])}
    assert len(answers) <= 1, answers
    return answers.pop() if answers else "absent"


@pytest.mark.parametrize("case", cases("api_server"))
def test_api_server(case):
    container = {key: case[key] for key in ("command", "args", "image") if key in case}
    flags = arguments(container, "kube-apiserver")
    findings = api_server.findings(Item(POD, "", {}), "spec.containers[0]", flags, container)
    assert told(findings, case) == case["is"]


@pytest.mark.parametrize("case", cases("etcd"))
def test_etcd(case):
    container = {key: case[key] for key in ("command", "args", "env", "image") if key in case}
    authorities = frozenset(case.get("authorities", ()))
    flags = arguments(container, "etcd")
    findings = etcd.findings(Item(POD, "", {}), "spec.containers[0]", flags, container, authorities)
    assert told(findings, case) == case["is"]


@pytest.mark.parametrize("case", cases("controllers"))
def test_controllers(case):
    container = {key: case[key] for key in ("command", "args", "image") if key in case}
    flags = arguments(container, "kube-scheduler")
    assert (
        told(controllers.findings(Item(POD, "", {}), "spec.containers[0]", flags, container), case)
        == case["is"]
    )


@pytest.mark.parametrize("case", cases("kubelet"))
def test_kubelet(case):
    item = Item(
        ObjectRef("", "ConfigMap", "kube-system", "kubelet-config"),
        "",
        {"data": {"kubelet": case["settings"]}},
    )
    assert told(kubelet.findings(item, case.get("oldest", "")), case) == case["is"]


# Question of each published rule: a beginning of what our findings say.
RULES = {
    "ensure-that-the-api-server-etcd-cafile": ("--etcd-cafile",),
    "ensure-that-the-api-server-etcd-certfile": ("--etcd-certfile", "--etcd-keyfile"),
    "ensure-that-the-api-server-kubelet-certificate-authority": ("--kubelet-certificate-authority",),
    "ensure-that-the-api-server-tls-cert-file": ("--tls-cert-file", "--tls-private-key-file"),
    "etcd-auto-tls-disabled": ("--auto-tls",),
    "etcd-client-auth-cert": ("--client-cert-auth",),
    "etcd-peer-auto-tls-disabled": ("--peer-auto-tls",),
    "etcd-peer-client-auth-cert": ("--peer-client-cert-auth",),
    "etcd-peer-tls-enabled": ("--peer-cert-file", "--peer-key-file"),
    "etcd-tls-enabled": ("--cert-file", "--key-file"),
    "etcd-unique-ca": ("--trusted-ca-file is the file",),
    "ensure-that-the-controller-manager-bind-address": ("it serves on",),
    "ensure-that-the-scheduler-bind-address": ("it serves on",),
}


def published():
    """Files of one case together, by the file names `rule__case__file`."""
    groups = {}
    for path in sorted(PUBLISHED.glob("*.yaml")) if PUBLISHED.is_dir() else ():
        rule, case, _ = path.name.split("__", 2)
        if any(rule.startswith(known) for known in RULES):
            groups.setdefault((rule, case), []).append(path)
    return [
        pytest.param(rule, paths, "fail" in case, id=f"{rule}: {case}")
        for (rule, case), paths in groups.items()
    ]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("rule", "paths", "fails"), published() or [pytest.param("", (), False, id="absent")]
)
def test_published_verdicts(rule, paths, fails):
    if not paths:
        pytest.skip("the published inputs do not lie beside the project")
    objects = [item for path in paths for item in yaml.safe_load_all(path.read_text()) if item]
    components = facts_of({"cluster": {"objects": objects}}).edges.components
    questions = next(asked for known, asked in RULES.items() if rule.startswith(known))
    weak = [
        item.says
        for component in components
        for item in component.findings
        if item.holds is Known.NO and item.says.startswith(questions)
    ]
    assert bool(weak) is fails
