"""Planted secrets, and every byte that a whole run leaves behind: log lines, output, errors, the database, the reports."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
import zstandard
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import text

from app.errors import ExitCode
from tests.apiserver import TOKEN, ApiServer
from tests.certificates import self_signed

ROOT = Path(__file__).resolve().parents[2]
PLANTED = (
    "opensesame-data",
    "opensesame-env",
    "opensesame-applied",
    "opensesame-argument",
    "opensesame-config",
    "opensesame-static",
    "opensesame-snippet",
    "opensesame-kong",
)
# TLS Secrets: one in a namespace that opted in to reading certificates, one in a namespace that did not.
KEY, CERTIFICATE = self_signed("shop.example")
OTHER_KEY, OTHER_CERTIFICATE = self_signed("other.example")
CREDENTIALS = (TOKEN, "opensesame-database")


def thing(api_version, kind, name, namespace="shop", **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


STATIC = "entryPoints: {web: {address: ':80'}}\nproviders: {redis: {username: opensesame-static}}"


def tls(namespace, key, certificate):
    data = {"tls.crt": base64.b64encode(certificate).decode(), "tls.key": base64.b64encode(key).decode()}
    return thing("v1", "Secret", "own", namespace, type="kubernetes.io/tls", data=data)


def pieces(key):
    """A private key as it is, as PEM has it, as a Secret carries it, and the number that it is about, in all its writings."""
    number = load_pem_private_key(key, None).private_numbers().private_value
    raw = number.to_bytes(32, "big")
    carried = base64.b64encode(key)
    lines = [line for line in key.splitlines() if not line.startswith(b"-")]
    return [
        *lines,
        *(carried[at : at + 60] for at in range(60, len(carried) - 60, 60)),
        raw,
        raw.hex().encode(),
        str(number).encode(),
    ]


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
        tls("shop", KEY, CERTIFICATE + KEY),  # somebody put the key beside the certificate too
        tls("kube-system", OTHER_KEY, OTHER_CERTIFICATE),
        thing("v1", "ConfigMap", "traefik", "kube-system", data={"traefik.yml": STATIC}),
        thing(
            "k8s.nginx.org/v1",
            "VirtualServer",
            "cafe",
            spec={"host": "a.example", "tls": {"secret": "own"}, "server-snippets": "x opensesame-snippet;"},
        ),
        thing("configuration.konghq.com/v1", "KongIngress", "k", proxy={"path": "/opensesame-kong"}),
        thing("networking.k8s.io/v1", "NetworkPolicy", "deny", metadata=applied, spec={"podSelector": {}}),
    ]


@pytest.fixture
def run(tmp_path, database_url):
    """The command line as a process; answers with exit code and everything that it wrote."""
    url = database_url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    settings = tmp_path / "netattest.yaml"
    settings.write_text(
        "collect: {secrets: true, certificates: [shop], attempts: 1}\nlog: {level: debug, format: json}\n"
    )

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
    for piece in (*pieces(KEY), *pieces(OTHER_KEY)):
        assert piece not in data, f"a part of a private key is in {where}"


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

    stored = b""
    with engine.connect() as connection:
        for sha256, body in connection.execute(text("SELECT sha256, body FROM blob")):
            whole = zstandard.decompress(body)
            assert_clean(whole, f"stored bytes {sha256.hex()}")
            stored += whole
        for table in ("scan", "finding", "finding_result", "object_key", "run", "slot", "delivery"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                assert_clean(str(row).encode(), f"table {table}")
    # What is public was read: the certificate of the namespace that opted in, and of no other.
    assert base64.b64encode(CERTIFICATE) in stored
    assert base64.b64encode(OTHER_CERTIFICATE)[:60] not in stored
    assert b'"secret":"own"' in stored


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
