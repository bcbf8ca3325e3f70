"""What Calico's own releases install is read without a gap; the manifests lie beside the project."""

from pathlib import Path

import pytest

from app.collect import ManifestSource, normalize

DATA = Path(__file__).resolve().parents[2] / "../shared/data/manifests/cni/calico"
FILES = sorted(DATA.rglob("*.yaml"))

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not FILES, reason="public manifests are not here: ../shared/data is absent"),
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(DATA)))
def test_a_release_is_read_without_a_gap(file):
    collection = ManifestSource([file]).collect()
    assert (collection.gaps, normalize(collection.objects).gaps) == ((), ())
