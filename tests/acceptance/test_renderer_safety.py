"""Nothing that a cluster contains makes the renderer read a file or open a connection: a listening socket, a canary file."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest
import yaml
from typer.testing import CliRunner

from app import pipeline
from app.bootstrap import documents
from app.cli.program import build
from app.collect import ManifestSource
from app.model.history import Document
from app.render import FORMATS, load_definition
from app.render.diagrams import Band, Box, Diagram, Line, Transit, draw_diagram
from app.render.pdf import write_pdf
from app.resources import resource
from app.settings import load_settings
from tests import sealed as s
from tests.fakes import InMemoryStore

CANARY = b"canary: this file was read"
AUDITOR = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())


@contextmanager
def listening() -> Iterator[tuple[str, list[object]]]:
    """A server that counts who comes; gives its address and the list of visitors."""
    visitors: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                visitors.append(peer)
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", visitors
        finally:
            done.set()
            thread.join()


def payloads(url: str, path: str) -> dict[str, str]:
    """What has made renderers fetch before, by where it works."""
    return {
        "image": f'"><img src="{url}/i.png"><img src="{path}">',
        "style": f"</style><style>@import url({url}/c.css); body {{ background: url({path}) }}</style>",
        "attribute": f'" style="background-image: url({url}/s.png)" x="',
        "svg": f'<svg><image href="{url}/v.png"/><use href="{path}#x"/><foreignObject><iframe src="{path}"></iframe></foreignObject></svg>',
        "link": f'<link rel="attachment" href="{path}"><link rel="stylesheet" href="{url}/l.css">',
        "object": f'<object data="{path}"></object><embed src="{url}/e">',
        "font": f"<style>@font-face {{ font-family: x; src: url({url}/f.woff) }} * {{ font-family: x }}</style>",
        "template": "{% include '" + path.removeprefix("file://") + "' %}{{ ''.__class__.__mro__ }}",
        "entity": f'<!DOCTYPE x [<!ENTITY e SYSTEM "{path}">]>&e;',
        "data": "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='"
        + path
        + "'/></svg>\">",
        "base": f'<base href="{url}/"><script src="x.js"></script><meta http-equiv="refresh" content="0;url={url}">',
    }


def workload(namespace: str, name: str, text: str, labels: dict) -> dict:
    container = {"name": text, "image": text, "ports": [{"name": text, "containerPort": 80}]}
    template = {
        "metadata": {"labels": labels, "annotations": {text: text}},
        "spec": {"containers": [container]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def policy(namespace: str, name: str, text: str, labels: dict) -> dict:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "annotations": {"why": text}},
        "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress"], "ingress": [{}]},
    }


def hostile_cluster(url: str, path: str) -> str:
    """Objects whose labels, annotations, names and rules carry every payload.

    A name that no API server would take keeps its object out, so each workload and policy is there under a good name too.
    """
    found = list(payloads(url, path).values())
    objects: list[dict] = []
    for number, text in enumerate(found):
        namespace = f"n{number}"
        labels = {"app": f"a{number}", f"example.com/{number}": text}
        bad = [workload(namespace, f"w{number}-{text}", text, labels), policy(namespace, text, text, labels)]
        good = [
            workload(namespace, f"v{number}", text, labels),
            policy(namespace, f"p{number}", text, labels),
        ]
        objects += [
            *bad,
            *good,
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": namespace, "annotations": {"note": text, text[:60]: text}},
            },
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": {"name": f"i{number}", "namespace": namespace},
                "spec": {
                    "rules": [
                        {
                            "host": text,
                            "http": {
                                "paths": [
                                    {
                                        "path": text,
                                        "pathType": "Prefix",
                                        "backend": {"service": {"name": text, "port": {"number": 80}}},
                                    }
                                ]
                            },
                        }
                    ]
                },
            },
        ]
    return yaml.safe_dump_all(objects)


SHAPES = {"svg", "g", "title", "desc", "rect", "path", "circle", "ellipse", "text"}
ATTRIBUTES = {
    "class",
    "viewBox",
    "width",
    "height",
    "role",
    "aria-labelledby",
    "id",
    "x",
    "y",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "d",
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "text-anchor",
    "font-weight",
    "font-size",
    "font-family",
}


def hostile_registers(url: str, path: str) -> tuple[Document, ...]:
    """Files of the entity in which every text that a report prints is a payload, a framework's own title among them."""
    texts = list(payloads(url, path).values())
    all_of_them = " ".join(texts)
    signed = {"owner": texts[0], "approver": texts[1], "approved_on": date(2026, 1, 1)}
    rules = [
        {"id": text, "namespaces": [f"n{at}"], "zone": "cde", "soc2": True, "tenant": text}
        for at, text in enumerate(texts)
    ]
    flow = {"source": "n0", "destination": "n1", "ports": ["TCP/80"], "justification": all_of_them}
    flows = [{"id": text, **flow, **signed} for text in texts]
    times = {"starts_on": date(2026, 10, 1), "expires_on": date(2026, 12, 31)}
    accepted = {"check": "policy-overly-broad", "reason": all_of_them, "compensating_control": texts[3]}
    accepted |= {"owner": texts[0], "approver": texts[1], "subjects": texts, **times}
    outside = {"control": all_of_them, "covers": ["1.1"], "evidence": texts[2], **signed}
    record = {
        "type": texts[4],
        "person": texts[0],
        "performed_on": date(2026, 10, 1),
        "document": all_of_them,
    }
    control = {
        "id": "1.1", "title": texts[0], "objective": all_of_them, "chapter": texts[1], "automation": "partial",
        "severity": "high", "scope": texts[2], "cadence": texts[3], "does_not_prove": texts, "manual_parts": texts,
        "checks": {"direct": ["policy-overly-broad", "pod-without-egress-isolation", "flow-not-in-approved-register"]},
        "manual_record": {"type": texts[4], "max_age": texts[5], "months": 12, "interval_set_by": "entity"},
    }  # fmt: skip
    framework = {
        "id": "hostile-1", "name": texts[0], "version": texts[1], "title": texts[2], "catalogue_version": texts[3],
        "boundary": "pci", "prefix": "h-", "text_licence": texts[4], "controls": [control],
    }  # fmt: skip
    whose = {"owner": texts[0], "reviewed_on": date(2026, 10, 1)}
    files = {
        "attestations.yaml": {"attestations": [record]},
        "exceptions.yaml": {"exceptions": [{"id": texts[0], **accepted}]},
        "frameworks/hostile-1.yaml": framework,
        "registers.yaml": {**whose, "external_controls": [{"id": texts[0], **outside}]},
        "scope.yaml": {**whose, "rules": rules, "approved_flows": flows, "node_isolation": all_of_them},
    }
    return tuple(Document(name, yaml.safe_dump(said).encode()) for name, said in files.items())


def test_a_hostile_cluster_and_hostile_registers_open_no_connection_and_read_no_file(tmp_path):
    canary = tmp_path / "canary"
    canary.write_bytes(CANARY)
    with listening() as (url, visitors):
        manifests = tmp_path / "cluster.yaml"
        manifests.write_text(hostile_cluster(url, canary.as_uri()), encoding="utf-8")
        store = InMemoryStore()
        own = hostile_registers(url, canary.as_uri())
        files = sorted((*documents(load_settings(None)), *own), key=lambda item: item.name)
        request = pipeline.ScanRequest(
            url, datetime(2026, 11, 22, tzinfo=UTC), tuple(files), tool_version=url
        )
        saved = pipeline.scan(request, ManifestSource([manifests]), store, s.Silent()).scan
        hostile = " ".join(payloads(url, canary.as_uri()).values())
        titled = replace(AUDITOR, title=hostile, confidentiality=hostile)
        made = pipeline.report(saved, ["hostile-1"], titled, FORMATS, store, s.RENDERER, s.Silent())
        assert len(made) == len(FORMATS)
        assert visitors == []
        assert not [item.name for item in made if CANARY in item.body]
        text = next(item.body for item in made if item.name.endswith(".html")).decode()
        judged = next(item.body for item in made if item.name.endswith(".csv")).decode()
        assert all(f"n{number}/v{number}[Deployment]" in judged for number in range(len(payloads("", ""))))
        assert "example.com/0" in text, "labels are in the report, as text"
        assert text.count("&lt;base href=") >= 10, "the payloads of the registers too"
        assert "&lt;img src=" in text

        # The trap works: whoever fetched would be seen.
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
            pass
    assert len(visitors) == 1


def test_a_period_of_hostile_clusters_opens_no_connection_and_keeps_long_names_on_the_page(
    shared_engine, tmp_path
):
    canary = tmp_path / "canary"
    canary.write_bytes(CANARY)
    (tmp_path / "netattest.yaml").write_text("{}")
    settings = ("--config", str(tmp_path / "netattest.yaml"))
    settings += ("--database-url", shared_engine.url.render_as_string(hide_password=False))
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    odd = (
        "\u202eevil\u202c \u05e9\u05dc\u05d5\u05dd",
        "\U0001f525\U0001f468\u200d\U0001f469\u200d\U0001f467",
    )

    def run(*arguments: str) -> None:
        ended = CliRunner().invoke(build(), [*arguments, *settings])
        assert ended.exit_code in (0, 3), ended.output

    with listening() as (url, visitors):
        named = [workload("n0", name, odd[0], {"app": "x"}) for name in (longest, *odd)]
        named.append(policy("n0", longest, odd[1], {"app": "x"}))
        manifests = tmp_path / "cluster.yaml"
        for night, objects in (("01", named), ("02", [])):
            text = f"{hostile_cluster(url, canary.as_uri())}---\n{yaml.safe_dump_all(objects)}"
            manifests.write_text(text, encoding="utf-8")
            taken = ("--taken-at", f"2026-11-{night}", "--cluster", "hostile")
            run("scan", "--from", str(manifests), *taken)
        made = ("--format", "html,pdf,json,csv", "--output", str(tmp_path / "out"), "--unsigned")
        run(
            "report",
            "--cluster",
            "hostile",
            "--framework",
            "pci",
            "--period",
            "2026-11-01..2026-11-02",
            *made,
        )
        assert visitors == []
    bodies = {path.name.rpartition(".")[2]: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert not [name for name, body in bodies.items() if CANARY in body]
    page = bodies["html"].decode()
    assert longest in re.sub(r"<wbr\s*/?>|\u200b", "", page)
    assert "&lt;img src=" in page
    assert not re.search(r"<(img|object|embed|iframe|base|link|use)\b", page)
    beyond = [word for word in printed(bodies["pdf"]) if word.left < 0 or word.right > word.width]
    assert beyond == []
    assert "a" * 20 in "".join(word.text for word in printed(bodies["pdf"]))


@dataclass(frozen=True)
class Word:
    text: str
    left: float
    right: float
    width: float  # of its page


def printed(body: bytes) -> Iterator[Word]:
    """Every word of a PDF, and where it stands."""
    boxes = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=body, capture_output=True, check=True
    ).stdout
    page = r'<page width="([\d.]+)"|<word xMin="([-\d.]+)" yMin="[-\d.]+" xMax="([-\d.]+)" yMax="[-\d.]+">(.*)</word>'
    width = 0.0
    for found in re.finditer(page, boxes.decode()):
        if found[1]:
            width = float(found[1])
        else:
            yield Word(found[4], float(found[2]), float(found[3]), width)


def test_a_drawing_holds_names_as_text_and_nothing_that_could_lead_anywhere(tmp_path):
    canary = tmp_path / "canary"
    canary.write_bytes(CANARY)
    with listening() as (url, visitors):
        texts = list(payloads(url, canary.as_uri()).values())
        boxes = tuple(Box(text, text, text) for text in texts)
        lines = tuple(Line(0, at, Transit.PLAIN, text) for at, text in enumerate(texts) if at)
        drawn = draw_diagram(Diagram("d", texts[0], texts[1], (Band(texts[2], "", boxes),), lines))
        made = write_pdf(
            f"<html><body>{drawn}</body></html>",
            "",
            paper="A4",
            at=datetime(2026, 1, 1, tzinfo=UTC),
            files=(),
        )
        assert visitors == []
    parts = list(ET.fromstring(str(drawn)).iter())
    assert {item.tag for item in parts} <= SHAPES
    assert {name for item in parts for name in item.attrib} <= ATTRIBUTES
    assert [item for item in parts if item.tag == "title" and texts[0] in (item.text or "")]
    assert CANARY not in made


@pytest.mark.parametrize("kind", list(payloads("", "")))
def test_the_pdf_writer_fetches_nothing_even_where_markup_got_through(kind, tmp_path):
    canary = tmp_path / "canary"
    canary.write_bytes(CANARY)
    with listening() as (url, visitors):
        text = payloads(url, canary.as_uri())[kind]
        html = f'<html><head></head><body><p title="{text}">{text}</p></body></html>'
        made = write_pdf(
            html, text if kind == "style" else "", paper="A4", at=datetime(2026, 1, 1, tzinfo=UTC), files=()
        )
        assert visitors == []
    assert CANARY not in made
    assert not [body for body in attachments(made) if CANARY in body]


def attachments(body: bytes) -> list[bytes]:
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(body)) as document:
        return [spec.get_file().read_bytes() for spec in document.attachments.values()]
