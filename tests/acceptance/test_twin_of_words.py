"""Whoever knows the report's own texts learns no name from its twin: names that are ordinary words tell nothing.

Two clusters are alike save for their names: those of one are words that stand in titles, sentences and forms of every report,
those of the other are no words at all. Their twins have to be the same, text for text, when each pseudonym is read as the
place that it has in the cluster. A word of ours that was taken for a name, and a name that was taken for a word of ours, both
are a difference.
"""

import csv
import hmac
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app import pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.history import Document, Scan
from app.render import load_definition
from app.resources import resource
from app.settings import load_settings
from tests import sealed as s
from tests.fakes import InMemoryStore
from tests.texts import readable

HARBOUR = Path(__file__).resolve().parents[2] / "examples/harbour/cluster"
KEY = bytes(range(32))
NAMESPACES = (
    "monitoring", "security", "payments", "logging", "audit", "access", "data", "internal", "public", "private",
    "production", "gateway", "mesh", "backup", "test", "review", "register", "identity", "storage", "compliance",
    "platform", "network", "policy", "control", "evidence", "findings", "summary", "reports", "scope", "rules",
)  # fmt: skip
POLICIES = ("default-deny", "allow-dns", "isolation", "internet", "segmentation", "services", "encryption")
NO_WORD = "0zq"
"""What makes a word none, and keeps its place in every order."""


def objects(mark: str) -> Iterator[dict]:
    for number, word in enumerate(NAMESPACES):
        name, policy = word + mark, POLICIES[number % len(POLICIES)] + mark
        labels = {"app": name}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "acme/x:1"}]}}
        yield {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": name},
            "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod},
        }
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": name},
            "spec": {"type": "NodePort" if number % 5 == 0 else "ClusterIP", "selector": labels, "ports": [{"port": 80}]},
        }  # fmt: skip
        if number % 2:
            peer = {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACES[0] + mark}}
            }
            yield {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": policy, "namespace": name},
                "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [peer]}] * (number % 3)},
            }  # fmt: skip


def scope(mark: str) -> bytes:
    half = [word + mark for word in NAMESPACES[::2]]
    rules = [
        {"id": "R1", "namespaces": half[:6], "zone": "cde", "ephi": True, "soc2": True, "confidential": True},
        {"id": "R2", "namespaces": half[6:], "zone": "connected-to", "ephi": False, "soc2": True},
    ]
    return yaml.safe_dump({"owner": "X", "reviewed_on": "2026-11-01", "rules": rules}).encode()


@pytest.fixture(scope="module")
def scans(tmp_path_factory) -> dict[str, tuple[InMemoryStore, Scan]]:
    """Both clusters, each as its store has it: by the mark of its names. One folder, since reports name it."""
    folder = tmp_path_factory.mktemp("cluster")
    return {mark: scanned(mark, folder) for mark in ("", NO_WORD)}


def scanned(mark: str, folder: Path) -> tuple[InMemoryStore, Scan]:
    for name in ("kube-system.yaml", "nodes.yaml"):
        text = re.sub(r"\b(monitoring|platform)\b", rf"\g<1>{mark}", (HARBOUR / name).read_text("utf-8"))
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "own.yaml").write_text(yaml.safe_dump_all(objects(mark)), encoding="utf-8")
    shipped = {item.name: item for item in documents(load_settings(None))}
    files = sorted(
        {**shipped, "scope.yaml": Document("scope.yaml", scope(mark))}.values(), key=lambda item: item.name
    )
    store = InMemoryStore()
    request = pipeline.ScanRequest(f"estate{mark}", s.FIRST, tuple(files), tool_version="0.1.0")
    return store, pipeline.scan(request, ManifestSource([folder]), store, s.Silent()).scan


def twin(
    mark: str, found: tuple[InMemoryStore, Scan], definition: str, formats: tuple[str, ...]
) -> dict[str, str]:
    """Every text of the twin, each pseudonym as the word whose name it stands for."""
    store, scan = found
    shape = load_definition(definition, (resource("reports") / f"{definition}.yaml").read_bytes())
    made = pipeline.report(
        scan, ["pci-dss-4.0.1"], shape, formats, store, s.RENDERER, s.Silent(), pseudonym_key=KEY
    )
    words = {
        hmac.new(KEY, f"{word}{mark}".encode(), "sha256").hexdigest()[:12]: word
        for word in (*NAMESPACES, *POLICIES, "estate")
    }
    return {
        told(part, words): told(text, words)
        for item in made
        for part, text in readable(item.name, item.body).items()
    }


def told(text: str, words: dict[str, str]) -> str:
    """A text without anything that is another one in every twin: digests, and sizes of files."""
    text = re.sub(
        r"(?:\b|(?<=\\n))(ns|name|node|cluster|host)_([0-9a-f]{12})\b", lambda at: f"{at[1]}«{words.get(at[2], at[2])}»", text
    )  # fmt: skip
    text = re.sub(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", text)
    text = re.sub(r"\b(?:[0-9a-f]{64}|[0-9a-f]{16}|[0-9a-f]{8}…[0-9a-f]{6}|F-[0-9a-f]{8})\b", "HEX", text)
    return re.sub(r'("bytes":|<td class="n">)[\d\u2009]+', r"\g<1>0", text)


def units(part: str, text: str) -> list[str]:
    """Texts in their order, small enough that a difference is read at once."""
    if part.endswith(".json"):
        return sorted(f"{path}: {value}" for path, value in leaves(json.loads(text)))
    if part.endswith(".csv"):
        return [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    if part.endswith("/strings"):  # of a PDF; its own checksums among them are no texts
        return [line for line in text.splitlines() if re.search(r"[A-Za-z]{3} [A-Za-z]{2}", line)]
    return re.split(r"(?=<)|\n", text)


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    match value:
        case dict():
            for name, item in value.items():
                yield from leaves(item, f"{path}/{name}")
        case list():
            for item in value:
                yield from leaves(item, path)
        case _:
            yield path, value


@pytest.mark.parametrize(
    ("definition", "formats"),
    [("auditor", ("html", "json", "csv", "oscal", "ocsf", "manifest")), ("executive", ("bundle",))],
)
def test_a_twin_tells_nothing_about_names_that_are_words(scans, definition, formats):
    words, none = (twin(mark, found, definition, formats) for mark, found in scans.items())

    assert words.keys() == none.keys()
    for part, text in words.items():
        here, there = Counter(units(part, text)), Counter(units(part, none[part]))
        assert (sorted(here - there), sorted(there - here)) == ([], []), part
