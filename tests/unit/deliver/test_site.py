"""A folder of pages over several publications."""

import json

import pytest

from app.deliver import deliver_site
from app.errors import InputError
from app.model.report import Artefact


def pages(**bodies):
    return [Artefact(f"{name}.html", "text/html", body.encode()) for name, body in bodies.items()]


def test_only_what_differs_is_written_and_what_vanished_is_removed(tmp_path):
    deliver_site(pages(one="1", two="2", index="a"), tmp_path)
    kept = (tmp_path / "one.html").stat()
    placed = deliver_site(pages(one="1", index="b"), tmp_path)

    assert (placed.written, placed.kept, placed.removed) == (1, 1, 1)
    assert (tmp_path / "one.html").stat().st_ino == kept.st_ino
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "one.html", "site.json"]
    files = json.loads((tmp_path / "site.json").read_text())["files"]
    assert files == {item.name: item.digest for item in pages(one="1", index="b")}


def test_a_page_that_was_damaged_is_written_again(tmp_path):
    deliver_site(pages(index="a"), tmp_path)
    (tmp_path / "index.html").write_text("damaged")
    assert deliver_site(pages(index="a"), tmp_path).written == 1
    assert (tmp_path / "index.html").read_text() == "a"


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        "not json",
        "[]",
        '{"schema": "another", "files": {}}',
        '{"schema": "netattest/site/v1", "files": {"../victim.html": ""}}',
    ],
)
def test_a_foreign_folder_is_refused_and_left_alone(tmp_path, manifest):
    folder = tmp_path / "site"
    folder.mkdir()
    (tmp_path / "victim.html").write_text("mine")
    (folder / "mine.txt").write_text("mine")
    if manifest is not None:
        (folder / "site.json").write_text(manifest)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(InputError, match="holds no site"):
        deliver_site(pages(index="a"), folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert (tmp_path / "victim.html").exists()


def test_files_of_others_in_a_site_stay(tmp_path):
    deliver_site(pages(index="a"), tmp_path)
    (tmp_path / "robots.txt").write_text("mine")
    deliver_site(pages(index="b"), tmp_path)
    assert (tmp_path / "robots.txt").read_text() == "mine"
