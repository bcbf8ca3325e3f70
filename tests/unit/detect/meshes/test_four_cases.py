"""Every mesh has four cases: it is there, it only looks so, it carries a part, and it could not be read."""

import pytest

from app.detect.meshes import MESHES
from app.model.encryption import Known
from tests.meshes import cluster_of
from tests.unit.detect.meshes.test_tables import CASES

KINDS = ("positive", "look-alike", "partial", "unreadable")
FINDERS = {find.__module__.rpartition(".")[2]: find.__module__ for find in MESHES}
CARRIED = {"mtls-enforced", "mtls-opportunistic", "auth-only"}


def case_of(finder, kind):
    return CASES.get(f"four: {finder}, {kind}")


def paths(case):
    return {answer for question, answer in case["says"].items() if " > " in question}


def carried(finder, case):
    """Pods that the finder's own meshes carry."""
    cluster = cluster_of(case)
    meshes = [item for item in cluster.protection.meshes if type(item).__module__.startswith(FINDERS[finder])]
    members = [mesh.member(pod.ref) for mesh in meshes for pod in cluster.inventory.pods]
    return [item for item in members if item and item.enrolled is Known.YES and item.how != "gateway"]


@pytest.mark.parametrize("finder", FINDERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_mesh_has_four_cases(finder, kind):
    assert case_of(finder, kind), f"tests/tables/meshes/four.yaml has no case `{finder}, {kind}`"


@pytest.mark.parametrize("finder", FINDERS)
def test_the_four_cases_are_what_they_are_called(finder):
    there, alike, part, blind = (case_of(finder, kind) for kind in KINDS)

    assert carried(finder, there)
    assert paths(there) <= CARRIED
    assert not CARRIED & paths(alike)
    assert paths(part) & CARRIED
    assert paths(part) - CARRIED
    assert blind["gaps"]
    assert not CARRIED & paths(blind)
    assert any("unknown" in answer for answer in blind["says"].values())
