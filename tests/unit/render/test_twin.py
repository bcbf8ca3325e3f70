"""Names that are words of the report's own forms must not break its twin."""

import json
import re
from dataclasses import replace

import pytest

from app.model.canonical import canonical_json, digest
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
    "exception", "kind", "link", "large", "cover", "populations", "reachability", "t", "summary", "2026",
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
    assert twin.text("deadbeef…c0ffee") == "…"


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
