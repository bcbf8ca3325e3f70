"""Traces, as a collector receives them over HTTP from a real `netattest scan`."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from app.bootstrap.tracing import wanted
from tests.receivers import free_port, http_server

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def url(database_url):
    return database_url.render_as_string(hide_password=False)


POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: opensesame-policy, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""


def scan(folder, database, *options, **variables):
    (folder / "one.yaml").write_text(POLICY)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETATTEST_", "OTEL_"))}
    return subprocess.run(
        [sys.executable, "-m", "app", "scan", "--from", str(folder / "one.yaml"), "--cluster", "traced",
         "--database-url", database, *options],
        check=False, cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def spans(hook):
    found = []
    for headers, body in hook.requests:
        assert headers["content-type"] == "application/x-protobuf"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {item.key: item.value.string_value for item in resource.resource.attributes}
            found += [(names, span) for scope in resource.scope_spans for span in scope.spans]
    return found


def attributes(span):
    return {item.key: item.value.string_value or item.value.int_value for item in span.attributes}


def test_a_scan_is_one_span_with_its_stages_below(tmp_path, url):
    with http_server() as hook:
        done = scan(tmp_path, url, OTEL_EXPORTER_OTLP_ENDPOINT=hook.url, OTEL_SERVICE_NAME="evidence")
    assert done.returncode in (0, 3), done.stderr
    found = spans(hook)
    (root,) = [span for _, span in found if not span.parent_span_id]
    stages = sorted(
        (span for _, span in found if span.parent_span_id), key=lambda item: item.start_time_unix_nano
    )
    assert (root.name, attributes(root)) == ("scan", {"netattest.cluster": "traced"})
    assert [item.name for item in stages] == ["collect", "judge", "store"]
    assert {item.parent_span_id for item in stages} == {root.span_id}
    assert attributes(stages[1])["netattest.objects"] == 1
    for one, following in pairwise(stages):
        assert root.start_time_unix_nano <= one.start_time_unix_nano <= one.end_time_unix_nano
        assert one.end_time_unix_nano <= following.start_time_unix_nano
    assert {names["service.name"] for names, _ in found} == {"evidence"}
    assert root.trace_id.hex() in done.stderr  # the log lines name it
    assert not any(b"opensesame" in body for _, body in hook.requests)  # no name from inside the cluster


def test_a_scan_that_fails_says_where(tmp_path, url):
    (tmp_path / "scope.yaml").write_text("zones: 7\n")
    with http_server() as hook:
        done = scan(tmp_path, url, "--taken-at", "2020-01-01T00:00:00Z", OTEL_EXPORTER_OTLP_ENDPOINT=hook.url)
        assert done.returncode in (0, 3), done.stderr
        hook.requests.clear()
        done = scan(tmp_path, url, "--taken-at", "2019-01-01T00:00:00Z", OTEL_EXPORTER_OTLP_ENDPOINT=hook.url)
    assert done.returncode == 2
    (root,) = [span for _, span in spans(hook) if not span.parent_span_id]
    assert root.status.code == Status.STATUS_CODE_ERROR
    assert "2019" in root.status.message or "earlier" in root.status.message


def test_a_collector_that_is_not_there_costs_the_scan_nothing_but_a_word(tmp_path, url):
    done = scan(
        tmp_path,
        url,
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
    )
    assert done.returncode in (0, 3), done.stderr
    assert "Scan 1 of traced" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c:4318"}, False),
    ],
)
def test_only_a_named_collector_turns_traces_on(variables, expected):
    assert wanted(variables) is expected
