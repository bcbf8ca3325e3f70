"""Planted secrets, and every byte that a whole run leaves behind: log lines, output, errors, the database, the reports."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
import zstandard
from sqlalchemy import text

from app.errors import ExitCode
from tests.apiserver import TOKEN, ApiServer

ROOT = Path(__file__).resolve().parents[2]
PLANTED = (
    "opensesame-data",
    "opensesame-env",
    "opensesame-applied",
    "opensesame-argument",
    "opensesame-config",
)
CREDENTIALS = (TOKEN, "opensesame-database")


def thing(api_version, kind, name, namespace="shop", **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def cluster():
    """Secrets wherever a cluster may hold them."""
    container = {
        "name": "app",
        "image": "app",
        "env": [{"name": "PASSWORD", "value": "opensesame-env"}],
        "args": ["--password=opensesame-argument"],
    }
    applied = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "opensesame-applied"}}
    data = {"password": base64.b64encode(b"opensesame-data").decode(), "plain": "opensesame-data"}
    return [
        *(thing("v1", "Namespace", name, None) for name in ("kube-system", "shop")),
        thing("v1", "Pod", "app", metadata=applied, spec={"containers": [container]}),
        thing("v1", "Secret", "keys", type="Opaque", data=data),
        thing("v1", "ConfigMap", "application", data={"password": "opensesame-config"}),
        thing("networking.k8s.io/v1", "NetworkPolicy", "deny", metadata=applied, spec={"podSelector": {}}),
    ]


@pytest.fixture
def run(tmp_path, database_url):
    """The command line as a process; answers with exit code and everything that it wrote."""
    url = database_url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    settings = tmp_path / "netattest.yaml"
    settings.write_text("collect: {secrets: true, attempts: 1}\nlog: {level: debug, format: json}\n")

    def netattest(*arguments, database=url):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NETATTEST_DATABASE_URL": database}
        command = [sys.executable, "-m", "app", *map(str, arguments), "--config", str(settings), "--debug"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return netattest


def forms(secret):
    """A secret as it is, and as Base64 would carry it."""
    return secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")[:-1]


def assert_clean(data, where, secrets=PLANTED + CREDENTIALS):
    for secret in secrets:
        for form in forms(secret):
            assert form not in data, f"{secret} is in {where}"


def test_a_whole_run_leaves_no_secret_anywhere(run, tmp_path, engine):
    with ApiServer(cluster()) as server:
        code, said = run("scan", "--cluster", "c", "--kubeconfig", server.kubeconfig(tmp_path / "kubeconfig"))
    assert code == ExitCode.DONE, said.decode()
    assert_clean(said, "what `scan` wrote")

    formats = "pdf,html,json,csv"
    code, said = run("report", "--cluster", "c", "--format", formats, "--output", tmp_path / "out")
    assert code == ExitCode.DONE, said.decode()
    assert_clean(said, "what `report` wrote")
    files = sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert {path.suffix for path in files} >= {".pdf", ".html", ".json"}
    for path in files:
        assert_clean(path.read_bytes(), path.name)
        if path.suffix == ".pdf":
            with pikepdf.open(path) as pdf:
                for name, attachment in pdf.attachments.items():
                    assert_clean(attachment.get_file().read_bytes(), f"{path.name}, {name}")

    with engine.connect() as connection:
        for sha256, body in connection.execute(text("SELECT sha256, body FROM blob")):
            assert_clean(zstandard.decompress(body), f"stored bytes {sha256.hex()}")
        for table in ("scan", "finding", "finding_result", "object_key", "run", "slot", "delivery"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                assert_clean(str(row).encode(), f"table {table}")


def test_errors_name_no_credential(run, tmp_path):
    kubeconfig = tmp_path / "kubeconfig"
    with ApiServer(cluster()) as server:
        server.kubeconfig(kubeconfig)
    code, said = run("scan", "--cluster", "c", "--kubeconfig", kubeconfig)  # the server is gone
    assert code == ExitCode.UNREACHABLE
    assert_clean(said, "the error of an API server that is gone")

    unreachable = "postgresql://netattest:opensesame-database@127.0.0.1:9/netattest"
    code, said = run("db", "current", database=unreachable)
    assert code == ExitCode.UNREACHABLE
    assert_clean(said, "the error of a database that is gone")
