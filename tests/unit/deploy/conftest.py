"""The manifests as `kubectl` renders them."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
FORMS = (
    "service",
    "nightly",
    *(f"overlays/{name}" for name in ("aks", "cilium", "eks", "gke", "k3s", "openshift")),
)


@cache
def rendered(form: str) -> str:
    """What `kubectl kustomize` makes of a form, as text."""
    kubectl = Path(sys.prefix) / "bin" / "kubectl"
    assert kubectl.exists(), "kubectl is missing: run `python scripts/make_tools.py`"
    command = [kubectl, "kustomize", DEPLOY / form]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def objects(form: str) -> list[dict]:
    return list(yaml.safe_load_all(rendered(form)))


def only(form: str, *kinds: str) -> dict:
    (found,) = [item for item in objects(form) if item["kind"] in kinds]
    return found


def pod_spec(form: str) -> dict:
    workload = only(form, "Deployment", "CronJob")
    return workload["spec"].get("jobTemplate", workload)["spec"]["template"]["spec"]


@pytest.fixture
def rules() -> list[dict]:
    """Rules of the scanner's ClusterRole."""
    return only("service", "ClusterRole")["rules"]
