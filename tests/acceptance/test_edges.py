"""Whole runs over the edge: what is exposed, what a real server there answers, and that the answer is evidence."""

from datetime import UTC, datetime

import pytest
import trustme
import yaml

from app import judging, pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.collect.tls import ProbeSettings, TlsProber
from app.model.finding import Outcome, Strength
from app.model.probe import PROBE, ProbeOutcome, read_probe
from app.render import ReportRenderer, load_definition
from app.resources import resource
from app.settings import load_settings
from tests import servers

AT = datetime(2026, 11, 22, 1, 15, tzinfo=UTC)
CHECKS = (
    "lb-without-tls",
    "weak-tls-version",
    "weak-cipher-suite",
    "untrusted-certificate",
    "expired-certificate",
)


class Silent:
    def stage(self, name, **facts):
        pass


def cluster(port, address="127.0.0.1"):
    """A Service whose load balancer is said to be at an address, and the pod behind it."""
    return yaml.safe_load_all(
        f"""
      apiVersion: v1
      kind: Service
      metadata: {{name: web, namespace: shop}}
      spec: {{type: LoadBalancer, selector: {{app: web}}, ports: [{{port: {port}, targetPort: 8443}}]}}
      status: {{loadBalancer: {{ingress: [{{ip: {address}}}]}}}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {{name: web, namespace: shop}}
      spec:
        selector: {{matchLabels: {{app: web}}}}
        template:
          metadata: {{labels: {{app: web}}}}
          spec: {{containers: [{{name: web, image: "example.com/web:1", ports: [{{containerPort: 8443}}]}}]}}
    """.replace("\n      ", "\n")
    )


@pytest.fixture
def source(tmp_path):
    def make(objects):
        (tmp_path / "cluster.yaml").write_text(yaml.safe_dump_all(objects), encoding="utf-8")
        return ManifestSource([tmp_path])

    return make


@pytest.fixture
def weak_server(tmp_path):
    """TLS 1.2 and 1.3, with one suite that has no forward secrecy; its authority is nobody's anchor but ours."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "anchors.pem"))
    context = servers.server_context(ciphers="AES128-SHA:ECDHE+AESGCM:@SECLEVEL=0")
    authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA).configure_cert(context)
    with servers.listening(servers.speaking_tls(context)) as port:
        yield port, tmp_path / "anchors.pem"


def scan(objects, source, store, **settings):
    request = pipeline.ScanRequest("edge", AT, documents(load_settings(None)), tool_version="test")
    prober = TlsProber(ProbeSettings(pause=0, connection_seconds=2, **settings))
    return pipeline.scan(request, source(objects), store, Silent(), prober)


def outcomes(judgement):
    return {
        run.meta.id: (result.outcome, result.strength)
        for run in judgement.runs
        if run.meta.id in CHECKS
        for result in run.results
    }


def test_what_a_server_answers_turns_declared_into_observed_and_is_judged_again_alike(
    source, store, weak_server
):
    port, anchors = weak_server
    result = scan(cluster(port), source, store, allow=("127.0.0.1/32",), trust_anchors=anchors)
    seen = (Outcome.PASS, Strength.OBSERVED)
    assert outcomes(result.judgement) == {
        "lb-without-tls": seen,
        "weak-tls-version": seen,
        "weak-cipher-suite": (Outcome.FAIL, Strength.OBSERVED),
        "untrusted-certificate": seen,
        "expired-certificate": seen,
    }
    stored = store.snapshot(result.scan)
    assert stored.objects == result.snapshot.objects
    again = judging.judge(stored, store.documents(result.scan))
    assert again.edges == result.judgement.edges
    assert again.runs == result.judgement.runs


def test_the_report_of_a_probed_scan_is_the_same_bytes_when_the_server_is_gone(source, store, weak_server):
    port, anchors = weak_server
    saved = scan(cluster(port), source, store, allow=("127.0.0.1/32",), trust_anchors=anchors).scan
    definition = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
    renderer = ReportRenderer(resource("templates"))

    def made():
        return pipeline.report(
            saved, ["pci-dss-4.0.1"], definition, ("html", "json"), store, renderer, Silent()
        )

    first, again = made(), made()
    assert [item.digest for item in first] == [item.digest for item in again]
    text = next(item.body for item in first if item.name.endswith(".html")).decode()
    assert f"127.0.0.1 port {port}: TLS 1.2 and newer (observed)" in text
    assert f"served 127.0.0.1:{port}" in text


def test_an_address_that_nobody_vouches_for_is_not_connected_to(source, store, weak_server):
    port, _ = weak_server
    result = scan(cluster(port), source, store)
    (stored,) = result.snapshot.of_kind(PROBE.group, PROBE.kind)
    assert read_probe(stored).outcome is ProbeOutcome.NOT_ALLOWED
    assert Outcome.PASS not in {outcome for outcome, _ in outcomes(result.judgement).values()}


def test_a_probe_in_a_manifest_is_no_evidence(source, store, weak_server):
    port, _ = weak_server
    forged = {
        "apiVersion": "probe.netattest/v1",
        "kind": "EndpointProbe",
        "metadata": {"name": f"127.0.0.1:{port}"},
        "host": "127.0.0.1",
        "port": port,
        "outcome": "tls",
        "accepted": ["TLS 1.3"],
    }
    request = pipeline.ScanRequest("edge", AT, documents(load_settings(None)), tool_version="test")
    result = pipeline.scan(request, source([*cluster(port), forged]), store, Silent())
    assert result.judgement.edges.probes == ()
    assert outcomes(result.judgement)["lb-without-tls"][0] is Outcome.INSUFFICIENT


def test_a_server_that_lets_plain_text_through_fails(source, store):
    with servers.listening(servers.answering(b"HTTP/1.1 200 OK\r\n\r\nhello")) as port:
        result = scan(cluster(port), source, store, allow=("127.0.0.0/8",))
    assert outcomes(result.judgement)["lb-without-tls"] == (Outcome.FAIL, Strength.OBSERVED)
