import hashlib
import os
import stat

import pytest

from app.deliver import deliver_to_folder
from app.errors import DeliveryError
from app.model.report import Artefact


def artefact(name="report.pdf", body=b"one"):
    return Artefact(name, "application/pdf", body)


def test_a_file_is_written_with_its_digest_into_a_folder_that_is_made(tmp_path):
    (written,) = deliver_to_folder([artefact()], tmp_path / "new" / "folder")
    assert written.path.read_bytes() == b"one"
    assert written.digest == hashlib.sha256(b"one").hexdigest()
    assert written.size == 3


def test_a_file_of_the_same_name_is_replaced_and_nothing_else_is_left(tmp_path):
    deliver_to_folder([artefact(body=b"old")], tmp_path)
    deliver_to_folder([artefact(body=b"new")], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]
    assert (tmp_path / "report.pdf").read_bytes() == b"new"


def test_others_on_the_machine_may_not_read_it(tmp_path):
    (written,) = deliver_to_folder([artefact()], tmp_path)
    assert stat.S_IMODE(written.path.stat().st_mode) & stat.S_IRWXO == 0


def test_the_old_file_stays_whole_when_writing_fails(tmp_path, monkeypatch):
    deliver_to_folder([artefact(body=b"old")], tmp_path)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeliveryError, match="No space left"):
        deliver_to_folder([artefact(body=b"new")], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]
    assert (tmp_path / "report.pdf").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["../report.pdf", "/etc/report.pdf", "a/b.pdf", "..", ""])
def test_a_name_that_would_leave_the_folder_is_refused(tmp_path, name):
    with pytest.raises(DeliveryError):
        deliver_to_folder([artefact(name)], tmp_path / "inside")
    assert list(tmp_path.rglob("*.pdf")) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryError, match="file/reports cannot be written"):
        deliver_to_folder([artefact()], tmp_path / "file" / "reports")
