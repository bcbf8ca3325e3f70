"""Nothing that a cluster contains makes the renderer read a file or open a connection: a listening socket, a canary file."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
import yaml

from app import pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
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
        "base": f'<base href="{url}/"><script src="x.js"></script><meta http-equiv="refresh" content="0;url={url}">',
    }


def hostile_cluster(url: str, path: str) -> str:
    """Objects whose labels, annotations, names and rules carry every payload."""
    found = list(payloads(url, path).values())
    objects: list[dict] = []
    for number, text in enumerate(found):
        namespace = f"n{number}"
        labels = {"app": f"a{number}", f"example.com/{number}": text}
        objects += [
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": namespace, "annotations": {"note": text, text[:60]: text}},
            },
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": f"w{number}-{text}", "namespace": namespace, "labels": labels},
                "spec": {
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {"containers": [{"name": text, "image": f"{url}/{text}"}]},
                    },
                },
            },
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": text, "namespace": namespace, "annotations": {"why": text}},
                "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress"], "ingress": [{}]},
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


def test_a_hostile_cluster_opens_no_connection_and_reads_no_file(tmp_path):
    canary = tmp_path / "canary"
    canary.write_bytes(CANARY)
    with listening() as (url, visitors):
        manifests = tmp_path / "cluster.yaml"
        manifests.write_text(hostile_cluster(url, canary.as_uri()), encoding="utf-8")
        store = InMemoryStore()
        request = pipeline.ScanRequest(
            url, datetime(2026, 11, 22, tzinfo=UTC), documents(load_settings(None)), tool_version=url
        )
        saved = pipeline.scan(request, ManifestSource([manifests]), store, s.Silent()).scan
        made = pipeline.report(saved, ["soc2-tsc-2017"], AUDITOR, FORMATS, store, s.RENDERER, s.Silent())
        assert len(made) == len(FORMATS)
        assert visitors == []
        assert not [item.name for item in made if CANARY in item.body]
        text = next(item.body for item in made if item.name.endswith(".html")).decode()
        assert "w0-" in text, "the payloads are in the report, as text"
        assert "&lt;img src=" in text

        # The trap works: whoever fetched would be seen.
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
            pass
    assert len(visitors) == 1


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
