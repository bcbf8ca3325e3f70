"""The wheel carries everything the program reads at run time: it works in an empty folder, away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POLICIES = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: example.com/web, ports: [{containerPort: 8080}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


@pytest.fixture
def netattest(installed, tmp_path, database_url):
    (tmp_path / "shop.yaml").write_text(POLICIES, encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(installed),
        "NETATTEST_DATABASE_URL": database_url.render_as_string(hide_password=False),
    }

    def run(*arguments):
        command = [sys.executable, "-P", "-m", "app", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_nothing_that_is_read_at_run_time_is_left_behind(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("migrations", "templates", "config", "reports"):
        files = subprocess.run(
            ["git", "ls-files", folder], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.split("\n")
        assert [name for name in files if name and f"app/_data/{name}" not in names] == []


def test_a_scan_and_its_report_work_from_the_wheel(netattest, tmp_path):
    version = netattest("--version")
    assert version.returncode == 0, version.stderr

    scanned = netattest(
        "scan", "--cluster", "shop", "--from", "shop.yaml", "--taken-at", "2026-11-22T01:15:00Z"
    )
    assert scanned.returncode == 0, scanned.stderr

    reported = netattest(
        "report",
        "--cluster",
        "shop",
        "--framework",
        "soc2-tsc-2017",
        "--format",
        "html,json",
        "--output",
        "out",
    )
    assert reported.returncode == 0, reported.stderr
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".html", ".json"]


def test_the_program_comes_from_the_wheel_and_not_from_the_checkout(installed, tmp_path):
    code = "import app.resources as r; print(r.resource('templates'))"
    found = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert Path(found) == installed / "app/_data/templates"
