"""Public applications on public network plugins: labels and reasons as a person reads them."""

from pathlib import Path

import pytest
import yaml

from app import detect, evaluate
from app.collect import ManifestSource, normalize
from app.model.connections import Connections, PortSet, Protocol
from app.model.snapshot import Snapshot
from tests.facts import AT

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "../shared/data/manifests"
CASES = yaml.safe_load((ROOT / "tests/tables/encryption/applications.yaml").read_text(encoding="utf-8"))[
    "cases"
]

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the public manifests are not beside the project"),
]


def asked(paths):
    found = ManifestSource([SHARED / path for path in paths]).collect()
    snapshot = Snapshot("test", AT, found.source, found.objects, found.kinds, found.gaps)
    inventory, platform = normalize(found.objects).inventory, detect.detect(snapshot)
    view = evaluate.reachability(inventory, platform, found.gaps)
    return evaluate.encryption(view, inventory, detect.protection(snapshot, inventory, platform))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_an_application_on_a_network_is_what_a_person_reads(case):
    engine = asked(case["from"])

    assert {label.value: count for label, count in engine.tally()} == case["pairs"]
    for path, text in case["paths"].items():
        ends, _, number = path.rpartition(" TCP ")
        source, destination = ends.split(" → ")
        port = Connections.of({Protocol.TCP: PortSet.of([(int(number), int(number))])})
        label, strength, says = text.split(", ", 2)
        (found,) = engine.paths(source, destination, port)
        assert (found.label.value, found.strength.value) == (label, strength)
        assert says in found.says
