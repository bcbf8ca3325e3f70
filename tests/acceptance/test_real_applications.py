"""Public applications with and without policies, and two of them compared with tables that a person wrote by reading."""

from pathlib import Path

import pytest
import yaml

from app.collect import ManifestSource, normalize
from app.evaluate import reach_document, reachability
from app.model.platform import UNKNOWN_PLATFORM

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT / "../shared/data/manifests/apps"
TABLES = sorted((ROOT / "tests/tables/applications").glob("*.yaml"))
EVERYTHING = {name: [[1, 65535]] for name in ("TCP", "UDP", "SCTP")}

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not APPS.is_dir(), reason="the public manifests are not beside the project"),
]


def reach(folder):
    objects = ManifestSource([folder]).collect().objects
    return reach_document(reachability(normalize(objects).inventory, UNKNOWN_PLATFORM, ()), ())


def ports(text):
    if text == "all":
        return EVERYTHING
    protocol, number = text.split("/")
    return {protocol: [[int(number), int(number)]]}


def expected(table):
    def name(short):
        return f"{table['namespace']}/{short}[Deployment]"

    outside = ("external:0.0.0.0-255.255.255.255", "external:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    rows = {
        (name(source), name(destination)): ports(port)
        for destination, admitted in table["admits"].items()
        for port, sources in admitted.items()
        for source in sources
    }
    rows |= {(name(source), away): EVERYTHING for source in table["to_anywhere_outside"] for away in outside}
    return rows | {
        (away, name(destination)): ports(port)
        for destination, port in table["from_anywhere_outside"].items()
        for away in outside
    }


@pytest.mark.parametrize(
    "folder", sorted(APPS.glob("*")) if APPS.is_dir() else [], ids=lambda path: path.name
)
def test_every_application_is_read_and_has_connections(folder):
    document = reach(folder)
    assert document["workloads"]
    assert document["connections"]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_an_application_is_what_a_person_reads_in_it(path):
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = {
        (row["source"], row["destination"]): row["allowed"]
        for row in reach(APPS / table["folder"])["connections"]
    }
    assert found == expected(table)
