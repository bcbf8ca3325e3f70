"""Names that are words of the report's own forms must not break its twin."""

import json
import re
from dataclasses import replace

import pytest
import yaml

from app.model.canonical import canonical_json, digest
from app.model.history import Document
from app.model.identity import ObjectRef
from app.model.snapshot import SnapshotObject
from app.render import ReportRenderer
from app.render.dossier import Dossier
from app.render.wording import short_digest
from app.resources import resource
from tests.report_builder import report_input

RENDERER = ReportRenderer(resource("templates"))
KEY = b"k" * 32
WORDS = (
    "scope", "controls", "findings", "manifest", "placement", "conf", "f", "a", "id", "mark", "state", "control",
    "open", "high", "exception", "kind", "link", "large", "cover", "populations", "reachability", "t", "summary", "2026",
)  # fmt: skip


def namespace(name: str) -> SnapshotObject:
    body = canonical_json({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return SnapshotObject(ObjectRef("", "Namespace", "", name), body, digest(body))


def awkward():
    base = report_input()
    objects = tuple(sorted((*base.snapshot.objects, *map(namespace, WORDS)), key=lambda item: item.ref))
    return replace(base, snapshot=replace(base.snapshot, objects=objects), pseudonym_key=KEY)


def test_links_and_sections_of_a_twin_stay_whole():
    (artefact,) = RENDERER.render(awkward(), ["html"])
    text = artefact.body.decode()
    anchors = set(re.findall(r' id="([^"]+)"', text))
    links = set(re.findall(r'href="#([^"]+)"', text))

    assert links
    assert links <= anchors
    assert "scope-placement" in anchors


def test_a_twin_keeps_the_words_of_its_forms():
    (artefact,) = RENDERER.render(awkward(), ["json"])
    value = json.loads(artefact.body)

    assert value["schema"] == "netattest/report/v1"
    assert {item["state"] for item in value["assessment"]["controls"]} <= set(value["states"])
    assert value["kinds"][0]["coverage"] in ("complete", "partial", "refused", "absent")


def test_the_foot_of_a_twin_names_the_scan_and_no_object_of_the_original():
    base = report_input()
    twin = Dossier(replace(base, pseudonym_key=KEY)).twin
    assert twin is not None
    scan, (item, *_) = base.scan.digest, base.snapshot.objects

    assert twin.text(f"sha256 {short_digest(scan)}") == f"sha256 {short_digest(scan)}"
    assert twin.text(short_digest(item.digest)) == short_digest(twin.digests[item.digest])
    assert twin.text("deadbeef…c0ffee") not in ("deadbeef…c0ffee", "…")


def test_fingerprints_and_object_digests_are_not_the_originals():
    plain, twin = (
        RENDERER.render(item, ["json"])[0].body.decode()
        for item in (report_input(), replace(report_input(), pseudonym_key=KEY))
    )
    prints = set(re.findall(r'"fingerprint":"([0-9a-f]{16})"', plain))

    assert prints
    assert not [item for item in prints if item in twin or f"F-{item[:8]}" in twin]
    assert not [item.digest for item in report_input().snapshot.objects if item.digest in twin]


@pytest.mark.parametrize(
    "text", ["Payments can reach it.", "payments/card-vault", "see payments-db", "payments.example"]
)
def test_names_are_found_as_whole_parts_whatever_stands_around_them(text):
    base = report_input()
    twin = Dossier(replace(base, pseudonym_key=KEY)).twin
    assert twin is not None
    twin = replace(twin, names={**twin.names, "payments": "ns"})

    assert "ayments" not in twin.text(text)
    assert twin.pseudonym("payments") in twin.text(text)
    assert twin.text("prepayments") == "prepayments"


def twin_with(*names, **changes):
    twin = Dossier(replace(report_input(), pseudonym_key=KEY)).twin
    assert twin is not None
    return replace(twin, names={**twin.names, **dict.fromkeys(names, "ns")}, **changes)


def file_texts(value):
    match value:
        case str():
            yield value.strip()
        case list():
            for item in value:
                yield from file_texts(item)
        case dict():
            for item in value.values():
                yield from file_texts(item)


def test_every_text_of_frameworks_and_checks_stays_whatever_the_names():
    """With all their words as names; one word in small letters alone is all that could as well be a name."""
    files = [resource("config") / "checks.yaml", *(resource("config") / "frameworks").rglob("*.yaml")]
    texts = {text for path in files for text in file_texts(yaml.safe_load(path.read_bytes()))}
    words = {word.lower() for text in texts for word in re.findall(r"[A-Za-z]+", text)}
    named = twin_with(*words)
    known = [text for text in sorted(texts) if re.search(r"[a-z] [A-Za-z]|^[A-Z][a-z]+$", text)]

    assert len(known) > 1500
    assert [text for text in known if named.text(text) != text] == []
    assert [
        text for text in known if named.text(f"{text[0].upper()}{text[1:]}").lower() != text.lower()
    ] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ingress", "Namespace has no baseline that isolates every pod for ingress"),
        ("namespace", "Namespace has no baseline that isolates every pod for ingress"),
        ("ingress", "NetworkPolicy kube-system/x, spec.ingress[0]"),
        ("evidence", "insufficient-evidence"),
        ("evidence", "Insufficient evidence"),
        ("findings", "12 findings are open: 3 high"),
        ("policy", "no policy"),
        ("scan", "netattest reach --scan 1"),
        ("default-deny", "default-deny-ingress"),
        ("networkpolicy", "NetworkPolicy kube-system/x"),
    ],
)
def test_words_of_ours_stay_though_something_has_the_name(name, text):
    assert twin_with(name).text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "security",
        "Security.",
        "security/card-vault[Deployment]",
        "Namespace security",
        "namespace security has a PCI DSS zone, ePHI mark and SOC 2 mark",
        "security has no default deny for ingress: a pod that starts there accepts connections from anywhere",
        "Isolate security for ingress by a default deny and allow only what is needed",
        "external:security",
        "web.security.svc.cluster.local",
        "Security reviews by security people",  # of a framework that the entity wrote itself
        "security-monitoring",
        "Audited by security, in order",
    ],
)
def test_a_name_goes_where_no_text_of_ours_has_the_word(text):
    assert "security" not in twin_with("security").text(text).lower()


def test_a_text_that_has_its_pseudonyms_stays_as_it_is():
    """Names of kinds are pseudonyms' first parts: `node_…`, `cluster_…`."""
    named = twin_with("node", "cluster", "ns")
    once = named.text("node and cluster of ns/acme")

    assert named.text(once) == once


def test_digests_that_could_be_guessed_are_not_told():
    base = report_input()
    scope = Document("scope.yaml", b"rules: []  # of payments\n")
    shipped = Document("checks.yaml", (resource("config") / "checks.yaml").read_bytes())
    scan = replace(base.scan, documents=tuple((item.name, item.digest) for item in (shipped, scope)))
    (artefact,) = RENDERER.render(
        replace(base, scan=scan, documents=(shipped, scope), pseudonym_key=KEY), ["json"]
    )
    value = json.loads(artefact.body)
    told = dict(value["scan"]["documents"])

    assert told["checks.yaml"] == shipped.digest
    assert told["scope.yaml"] != scope.digest
    assert scope.digest not in artefact.body.decode()
    assert value["scan"]["digest"] == base.scan.digest
    assert twin_with().text(f"nginx@sha256:{'ab' * 32}") == f"nginx@sha256:{'ab' * 32}"


def test_a_framework_file_stays_whole_only_if_it_came_with_the_program():
    base = report_input()
    name = next(item.name for item in base.snapshot.objects[0:1] for item in [item.ref])
    shipped = Document(
        "frameworks/soc2-tsc-2017.yaml",
        (resource("config") / "frameworks/soc2-tsc-2017.yaml").read_bytes(),
    )
    own = Document("frameworks/acme.yaml", f"title: What {name} has to hold\n".encode())
    files = RENDERER.evidence(replace(base, documents=(own, shipped), pseudonym_key=KEY))
    bodies = {item.name: item.body for item in files}

    assert bodies["frameworks-soc2-tsc-2017.yaml"] == shipped.body
    assert name.encode() not in bodies["frameworks-acme.yaml"]
