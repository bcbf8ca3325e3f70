"""Public applications on public network plugins and meshes: labels and reasons as a person reads them.

`beside` are manifests of the case's own; `injected` gives the pods of an application the sidecar that Istio's own injector made for
another, and `injected: {without: […]}` leaves some out.
"""

from functools import cache
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
INJECTED = "mesh/istio/inject/hello.injected.yaml"
CASES = yaml.safe_load((ROOT / "tests/tables/encryption/applications.yaml").read_text(encoding="utf-8"))[
    "cases"
]

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the public manifests are not beside the project"),
]


def asked(case, folder):
    paths = [SHARED / path for path in case["from"]]
    if "injected" in case:
        paths = [*paths[1:], folder / "injected.yaml"]
        made = [pod_of(item, case["injected"]["without"]) for item in documents(SHARED / case["from"][0])]
        paths[-1].write_text(yaml.safe_dump_all(made), encoding="utf-8")
    if "beside" in case:
        paths.append(folder / "beside.yaml")
        paths[-1].write_text(yaml.safe_dump_all(case["beside"]), encoding="utf-8")
    found = ManifestSource(paths).collect()
    snapshot = Snapshot("test", AT, found.source, found.objects, found.kinds, found.gaps)
    inventory, platform = normalize(found.objects).inventory, detect.detect(snapshot)
    view = evaluate.reachability(inventory, platform, found.gaps)
    return evaluate.encryption(view, inventory, detect.protection(snapshot, inventory, platform))


@cache
def documents(path):
    found = yaml.load_all(
        path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    return tuple(item for item in found if item)


def pod_of(item, without):
    """A Deployment as a running pod with Istio's sidecar; everything else as it is."""
    if item["kind"] != "Deployment":
        return item
    name, template = item["metadata"]["name"], item["spec"]["template"]
    metadata = {**template["metadata"], "name": name, "namespace": "default"}
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": dict(template["spec"])}
    made["status"] = {"phase": "Running"}
    if name not in without:
        (golden,) = documents(SHARED / INJECTED)
        like = golden["spec"]["template"]
        proxies = like["spec"]["initContainers"]
        label, note = "security.istio.io/tlsMode", "sidecar.istio.io/status"
        metadata["labels"] = {**metadata["labels"], label: like["metadata"]["labels"][label]}
        kept = {note: like["metadata"]["annotations"][note]}
        metadata["annotations"] = {**metadata.get("annotations", {}), **kept}
        made["spec"]["initContainers"] = [*made["spec"].get("initContainers", []), *proxies]
        running = [{"name": item["name"], "state": {"running": {}}} for item in proxies]
        made["status"]["initContainerStatuses"] = running
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_an_application_on_a_network_is_what_a_person_reads(case, tmp_path):
    engine = asked(case, tmp_path)

    assert {label.value: count for label, count in engine.tally()} == case["pairs"]
    for path, text in case["paths"].items():
        ends, _, number = path.rpartition(" TCP ")
        source, destination = ends.split(" → ")
        port = Connections.of({Protocol.TCP: PortSet.of([(int(number), int(number))])})
        label, strength, says = text.split(", ", 2)
        (found,) = engine.paths(source, destination, port)
        assert (found.label.value, found.strength.value) == (label, strength)
        assert says in found.says
    for place, text in case.get("listeners", {}).items():
        workload, _, number = place.rpartition(" TCP ")
        (heard,) = [item for item in engine.listeners(workload) if item.port == int(number)]
        assert f"{heard.plain.value}, {heard.mode}, {heard.strength.value}" == text
