"""From nothing to the first finished scan: `netattest run` with an empty database, an example cluster behind an API server over HTTP."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from tests.apiserver import ApiServer
from tests.integration.test_run import free_port, get, until

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE = """
clusters:
  - {name: breakwater, cron: "* * * * *", kubeconfig: kubeconfig, frameworks: [soc2-tsc-2017], formats: [json], output: out}
  - {name: elsewhere, cron: "* * * * *", kubeconfig: nothing, formats: []}
"""


def example():
    files = sorted((ROOT / "examples/breakwater/cluster").rglob("*.yaml"))
    found = [item for path in files for item in yaml.safe_load_all(path.read_text()) if item]
    return [part for item in found for part in (item["items"] if item["kind"].endswith("List") else [item])]


@pytest.fixture
def home():
    """An empty place that the embedded server's own user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="netattest-cold-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_service_that_starts_from_nothing_ends_with_a_scan_its_report_and_its_numbers(home):
    config = home / "config"
    config.mkdir()
    (config / "schedule.yaml").write_text(SCHEDULE)
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NETATTEST_")},
        "PYTHONPATH": str(ROOT),
        "NETATTEST_DATA_DIR": str(home / "data"),
        "NETATTEST_SERVICE__PORT": str(port),
    }
    with ApiServer(example()) as server:
        server.kubeconfig(config / "kubeconfig")
        command = [sys.executable, "-m", "app", "run", "--json"]
        with (home / "log").open("w") as log:
            service = subprocess.Popen(command, cwd=home, env=environment, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            until(lambda: get(f"{url}/readyz") == "ok\n", 120)
            assert get(f"{url}/healthz") == "ok\n"
            until(lambda: list((config / "out").glob("*.json")), 300)
            until(lambda: 'status="failed"} 1.0' in get(f"{url}/metrics"), 60)
            numbers = get(f"{url}/metrics")
        finally:
            service.send_signal(signal.SIGTERM)
            code = service.wait(60)
    assert code == 0
    assert "netattest_leading 1.0" in numbers
    (objects,) = re.findall(r'netattest_last_scan_objects{cluster="breakwater"} (\S+)', numbers)
    assert float(objects) >= len(example()) > 10
    for line in (
        'netattest_slots_total{cluster="breakwater",status="done"}',
        'netattest_last_scan_timestamp_seconds{cluster="breakwater"}',
        'netattest_stage_duration_seconds{cluster="breakwater",stage="judge"}',
        'netattest_failures{cluster="breakwater",severity="high"}',
        'netattest_alerts_total{cluster="elsewhere",status="failed"}',  # whose failure touched nobody else
    ):
        assert line in numbers
    lines = [json.loads(line) for line in (home / "log").read_text().splitlines() if line.startswith("{")]
    recorded = [
        line for line in lines if line["event"] == "slot recorded" and line["cluster"] == "breakwater"
    ]
    assert recorded[0]["status"] == "done"
    events = {line["event"] for line in lines if line.get("run") == recorded[0]["run"]}
    assert events >= {"collect", "judge", "store", "slot recorded"}
    assert not [line for line in lines if line["event"].startswith("Traceback")]
