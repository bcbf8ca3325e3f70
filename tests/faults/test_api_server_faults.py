"""What happens to the API server under a scan: a whole scan with named gaps, or none and a clear record; the next one works."""

import base64
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trustme
import yaml

from app.errors import ExitCode
from app.model.history import ScanStatus
from tests.apiserver import ApiServer, Fault, plural
from tests.faults.scans import CLUSTER, Netattest

SETTINGS = {"collect": {"page_size": 20, "connect_timeout": 2, "read_timeout": 1, "attempts": 2}}


def thing(api_version, kind, name, namespace="shop", **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def cluster():
    spec = {"containers": [{"name": "app", "image": "app"}]}
    return [
        *(thing("v1", "Namespace", name, None) for name in ("kube-system", "shop")),
        *(thing("v1", "Pod", f"p{number:03}", spec=spec) for number in range(90)),
        thing("networking.k8s.io/v1", "NetworkPolicy", "deny", spec={"podSelector": {}}),
        thing("cilium.io/v2", "CiliumEndpoint", "p001"),
    ]


@pytest.fixture
def scan(tmp_path, database_url, store):
    """Scans a server under given faults; answers with exit code, words and the newest record."""
    (tmp_path / "netattest.yaml").write_text(yaml.safe_dump(SETTINGS))
    url = database_url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    kubeconfig = tmp_path / "kubeconfig"

    def arguments(_night):
        return ["--kubeconfig", str(kubeconfig), "--config", str(tmp_path / "netattest.yaml")]

    program = Netattest(tmp_path, url, arguments)

    def run(server: ApiServer, *, authority: bytes = b"", **credentials):
        server.kubeconfig(kubeconfig, **credentials)
        if authority:
            config = yaml.safe_load(kubeconfig.read_text())
            trusted = base64.b64encode(authority).decode()
            config["clusters"][0]["cluster"]["certificate-authority-data"] = trusted
            kubeconfig.write_text(yaml.safe_dump(config))
        ended = program.night()
        assert "Traceback" not in ended.stderr
        program.whole()
        return ended.returncode, ended.stderr, store.scans(CLUSTER)[-1] if store.clusters() else None

    return run


@contextmanager
def serving(*faults):
    with ApiServer(cluster(), faults=faults) as server:
        yield server


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault("*", hang=0.05, times=None), id="slow"),
        pytest.param(Fault("pods", cut=True), id="cut in the middle of a body"),
        pytest.param(Fault("pods", status=410, after=2), id="page token expired"),
        pytest.param(Fault("*", status=429, retry_after=0, times=1), id="asked to wait"),
        pytest.param(Fault("ciliumendpoints", status=404, times=None), id="a CRD removed after discovery"),
    ],
)
def test_what_passes_leaves_a_complete_scan(scan, fault):
    with serving(fault) as server:
        code, said, record = scan(server)
    assert code == ExitCode.DONE, said
    assert record.status is ScanStatus.COMPLETE


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault("pods", cut=True, times=None), id="always cut"),
        pytest.param(Fault("pods", status=410, after=1, times=None), id="every page token expires"),
        pytest.param(Fault("pods", status=429, retry_after=0, times=None), id="a storm of 429"),
        pytest.param(Fault("pods", hang=3, times=None), id="never answers in time"),
        pytest.param(Fault("networkpolicies", status=500, times=None), id="policies cannot be listed"),
    ],
)
def test_what_stays_is_a_named_gap_and_the_next_scan_is_complete(scan, store, fault):
    with serving(fault) as server:
        code, said, record = scan(server)
        assert code == ExitCode.INCOMPLETE, said
        assert record.status is ScanStatus.PARTIAL
        assert {plural(gap.group_kind.kind) for gap in store.snapshot(record).gaps} == {fault.target}
        server.faults.clear()
        code, said, record = scan(server)
    assert code == ExitCode.DONE, said
    assert record.status is ScanStatus.COMPLETE


def test_a_token_that_expired_ends_in_a_failed_record(scan):
    with serving() as server:
        code, said, record = scan(server, token="expired")
        assert code == ExitCode.UNREACHABLE
        assert "401" in said or "credentials" in said
        assert "expired" not in said.replace("has expired", "")  # the token itself
        assert record.status is ScanStatus.FAILED
        assert scan(server)[0] == ExitCode.DONE


def test_a_token_that_expires_in_the_middle_is_no_empty_cluster(scan):
    with serving(Fault("pods", status=401, after=1, times=None)) as server:
        code, said, record = scan(server)
    assert code in (ExitCode.INCOMPLETE, ExitCode.UNREACHABLE), said
    assert record.status in (ScanStatus.PARTIAL, ScanStatus.FAILED)


def test_a_server_certificate_that_expired_ends_in_a_failed_record(scan):
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))
    with serving() as server:
        expired = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(expired)
        server._server.socket._context = expired  # for every connection from now on
        code, said, record = scan(server, authority=authority.cert_pem.bytes())
    assert code == ExitCode.UNREACHABLE, said
    assert "certificate" in said.lower()
    assert "expired" in said
    assert record.status is ScanStatus.FAILED
