"""A folder of pages over several publications."""

import json

import pytest

from app.deliver import Piece, deliver_site
from app.errors import DeliveryError, InputError
from app.model.canonical import digest
from app.model.report import Artefact


def pages(**bodies):
    """A piece for each page, whose key is its body."""
    return [piece(f"{name}.html", body, body) for name, body in bodies.items()]


def piece(name, key, body):
    return Piece(name, key, lambda: [Artefact(name, "text/html", body.encode())])


def test_only_what_differs_is_written_and_what_vanished_is_removed(tmp_path):
    deliver_site(pages(one="1", two="2", index="a"), tmp_path)
    kept = (tmp_path / "one.html").stat()
    placed = deliver_site(pages(one="1", index="b"), tmp_path)

    assert (placed.written, placed.kept, placed.removed) == (1, 1, 1)
    assert (tmp_path / "one.html").stat().st_ino == kept.st_ino
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "one.html", "site.json"]
    named = json.loads((tmp_path / "site.json").read_text())["pieces"]
    assert {name: found["files"] for name, found in named.items()} == {
        "one.html": {"one.html": digest(b"1")},
        "index.html": {"index.html": digest(b"b")},
    }


def test_a_piece_is_made_only_when_its_key_differs(tmp_path):
    def never():
        raise AssertionError("it was made again")

    deliver_site(pages(index="a"), tmp_path)
    assert deliver_site([Piece("index.html", "a", never)], tmp_path).kept == 1
    with pytest.raises(AssertionError):
        deliver_site([Piece("index.html", "b", never)], tmp_path)


def test_a_run_that_was_cut_off_is_repeated_and_leaves_nothing_behind(tmp_path):
    def cut():
        yield Artefact("rows-1.js", "text/javascript", b"1")
        raise OSError("the disk is gone")

    deliver_site(pages(index="a"), tmp_path)
    with pytest.raises(OSError, match="gone"):
        deliver_site([Piece("rows", "1", cut), *pages(index="b")], tmp_path)
    assert (tmp_path / "rows-1.js").exists()
    assert (tmp_path / "index.html").read_text() == "a"
    assert deliver_site(pages(index="b"), tmp_path).removed == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "site.json"]


def test_reports_have_a_folder_that_goes_with_the_last_of_them(tmp_path):
    deliver_site([piece("reports/prod-1/A.pdf", "1", "a"), *pages(index="a")], tmp_path)
    assert (tmp_path / "reports/prod-1/A.pdf").read_text() == "a"
    deliver_site(pages(index="a"), tmp_path)
    assert not (tmp_path / "reports/prod-1").exists()


@pytest.mark.parametrize(
    "name", ["../x.html", "reports/../x.pdf", "reports/a/..", "/x.html", "a/b.html", ".x.html"]
)
def test_no_file_is_written_outside(tmp_path, name):
    with pytest.raises(DeliveryError, match="no name of a site's file"):
        deliver_site([piece(name, "1", "a")], tmp_path / "site")
    assert list(tmp_path.rglob("x*")) == []


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
        '{"schema": "another", "pieces": {}}',
        '{"schema": "netattest/site/v1", "files": {}}',
        '{"schema": "netattest/site/v1", "pieces": {"a": {"key": "", "files": {"../victim.html": ""}}}}',
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
