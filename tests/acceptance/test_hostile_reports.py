"""Files that were made to hurt whoever verifies them: each ends in a sentence, in bounded time and memory."""

import io
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pikepdf
import pytest

from app import __version__
from app.cli import main
from app.errors import EvidenceError, NotFoundError
from app.model.bundle import MANIFEST, pack, unpack
from app.model.canonical import canonical_json
from app.model.verification import Trust, Verdict
from app.reperform import Means, verify
from app.verify import bounded, bounds
from tests import command
from tests import sealed as s

ROOT = Path(__file__).resolve().parents[2]
MEANS = Means(s.RENDERER, __version__, s.Silent(), pages=False)


@cache
def files() -> dict[str, bytes]:
    """A genuine bundle without its PDF, unpacked."""
    return {name: body for name, body in unpack(s.nights()[0].bundle).items() if not name.endswith(".pdf")}


def with_files(**changed: bytes) -> bytes:
    return pack({**files(), **{name.replace("__", "/"): body for name, body in changed.items()}})


def naming_nothing() -> bytes:
    manifest = json.loads(files()[MANIFEST])
    return pack({MANIFEST: canonical_json({**manifest, "files": []})})


def zipped(*names: str, comment: bytes = b"", extra: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.comment, entry.extra = comment, extra
            archive.writestr(entry, b"x")
    return out.getvalue()


DATED = b"UT\x05\x00\x01" + bytes(4)
FIELD = b"XX\x04\x00fine"


def resized(body: bytes) -> bytes:
    """Whoever reads a ZIP from its beginning sees another size than whoever reads its directory."""
    return body[:18] + struct.pack("<I", 2) + body[22:]


def packed(body: bytes) -> bytes:
    return body[:8] + b"\x08" + body[9:]


def flagged(body: bytes) -> bytes:
    return body[:6] + b"\x08" + body[7:]


def renamed(body: bytes) -> bytes:
    return body[:30] + b"b" + body[31:]


def declared(body: bytes, size: int) -> bytes:
    """A ZIP whose directory says that each file has `size` bytes (APPNOTE 4.3.12, offset 24)."""
    at = 0
    while (at := body.find(b"PK\x01\x02", at)) >= 0:
        body = body[: at + 24] + struct.pack("<I", size) + body[at + 28 :]
        at += 4
    return body


def streamed(body):
    """The first block of the first file is of a type that deflate does not have."""
    at = 30 + len("a") + body[28]
    return body[:at] + b"\x07" + body[at + 1 :]


def commented(body: bytes) -> bytes:
    out = io.BytesIO(body)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"reviewed and found to be fine"
    return out.getvalue()


def encrypted(body: bytes) -> bytes:
    at = body.find(b"PK\x01\x02")
    return body[: at + 8] + b"\x01\x00" + body[at + 10 :]


def pdf_of(*objects: str, trailer: str = "/Root 1 0 R") -> bytes:
    """A small PDF by hand."""
    body, offsets = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(body)
    trailer = trailer.replace("SELF", str(start))
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} {trailer} >>\nstartxref\n{start}\n%%EOF\n"
    return body + end.encode()


def with_stream(data: bytes, extra: str = "") -> bytes:
    packed = zlib.compress(data, 1).decode("latin-1")
    return pdf_of(
        "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(a) << /UF (a) /EF << /F 3 0 R >> >>] >> >> >>",
        "<< /Type /Pages /Kids [] /Count 0 >>",
        f"<< /Length {len(packed)} /Filter /FlateDecode {extra} >>\nstream\n{packed}\nendstream",
    )


CATALOGUE = "<< /Type /Catalog /Pages 2 0 R >>"
PAGES = "<< /Type /Pages /Kids [] /Count 0 >>"
LOOP = "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles 3 0 R >> >>"


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], bytes]
    says: str


CASES = [
    Case("nothing at all", lambda: b"", "is empty"),
    Case("a text", lambda: b"all is well", "neither a PDF nor a bundle"),
    Case("a name above the folder", lambda: zipped("../../etc/passwd"), "a name that no bundle has"),
    Case("a name from the root", lambda: zipped("/etc/passwd"), "a name that no bundle has"),
    Case("a name out of a folder", lambda: zipped("evidence/../../x"), "a name that no bundle has"),
    Case("a name of Windows", lambda: zipped("C:\\x"), "a name that no bundle has"),
    Case("a hidden name", lambda: zipped(".netattest"), "a name that no bundle has"),
    Case("a name with a line break", lambda: zipped("a\nb"), "a name that no bundle has"),
    Case("more files than a bundle has", lambda: zipped(*(f"x{n}" for n in range(1001))), "holds 1001 files"),
    Case(
        "a ZIP that says it has gigabytes",
        lambda: declared(zipped("a", "b"), 3 << 30),
        "nothing was unpacked",
    ),
    Case(
        "a ZIP that says less than it has",
        lambda: declared(pack({"a": bytes(1 << 20)}), 10),
        "bytes beside its files",
    ),
    Case("a ZIP with a broken stream", lambda: streamed(pack({"a": bytes(999)})), "not a whole ZIP"),
    Case("an encrypted ZIP", lambda: encrypted(zipped("a")), "encrypted"),
    Case(
        "a ZIP behind something else", lambda: b"PK<html>fine</html>" + zipped("a"), "bytes beside its files"
    ),
    Case("a ZIP before something else", lambda: zipped("a") + bytes(9), "bytes beside its files"),
    Case("a ZIP with a comment", lambda: commented(zipped("a")), "bytes beside its files"),
    Case("a ZIP with a comment on a file", lambda: zipped("a", comment=b"fine"), "bytes beside its files"),
    Case("a field of a kind that no tool writes", lambda: zipped("a", extra=FIELD), "bytes beside its files"),
    Case("more fields than a file needs", lambda: zipped("a", extra=DATED * 9), "bytes beside its files"),
    Case(
        "a field longer than its entry",
        lambda: zipped("a", extra=DATED + b"UT\x09"),
        "bytes beside its files",
    ),
    Case("a folder that is a file", lambda: zipped("report/"), "a name that no bundle has"),
    Case("a file that says other sizes of itself", lambda: resized(zipped("a")), "bytes beside its files"),
    Case("a file that says another packing of itself", lambda: packed(zipped("a")), "bytes beside its files"),
    Case("a name twice", lambda: zipped("aaa", "aab").replace(b"aab", b"aaa"), "holds 'aaa' twice"),
    Case("a file that says it is a stream", lambda: flagged(zipped("a")), "bytes beside its files"),
    Case("a file that says another name of itself", lambda: renamed(zipped("a")), "bytes beside its files"),
    Case("a ZIP without manifest", lambda: zipped("a"), "has no manifest.json: it is no bundle of netattest"),
    Case("a manifest that names nothing", naming_nothing, "no manifest names any file of it"),
    Case(
        "numbers beyond all bounds",
        lambda: with_files(
            **{MANIFEST: b'{"schema":"netattest/bundle/v1","scan":{"number":' + b"9" * 5000 + b"}}"}
        ),
        "manifest",
    ),
    Case("a manifest nested deeply", lambda: with_files(**{MANIFEST: b"[" * 200_000}), "manifest"),
    Case("a manifest that is no text", lambda: with_files(**{MANIFEST: b'{"schema": "\xff"}'}), "manifest"),
    Case("evidence that is no text", lambda: deep("evidence/chain.json", b'"\xff"'), "chain.json"),
    Case("evidence nested deeply", lambda: deep("evidence/snapshot.json", b'{"a":' * 200_000), "snapshot"),
    Case("evidence that is a number", lambda: deep("evidence/chain.json", b"1e999"), "chain.json"),
    Case("a PDF that ends at once", lambda: b"%PDF-1.7\n", "cannot be read"),
    Case(
        "a PDF of noise",
        lambda: b"%PDF-1.7\n" + os.urandom(5000) + b"\nstartxref\n12\n%%EOF",
        "cannot be read",
    ),
    Case(
        "a PDF whose table of objects goes round",
        lambda: pdf_of(CATALOGUE, PAGES, trailer="/Root 1 0 R /Prev SELF"),
        "",
    ),
    Case(
        "a PDF whose attachments go round",
        lambda: pdf_of(LOOP, PAGES, "<< /Kids [3 0 R] >>"),
        "nested too deeply",
    ),
    Case("a PDF whose root is itself", lambda: pdf_of("1 0 R"), "nested too deeply"),
    Case("a PDF without attachments", lambda: pdf_of(CATALOGUE, PAGES), "no evidence"),
    Case(
        "a PDF with huge numbers",
        lambda: pdf_of(CATALOGUE, PAGES, trailer=f"/Root {'9' * 4000} 0 R"),
        "cannot be read",
    ),
    Case(
        "an attachment packed oddly",
        lambda: with_stream(b"x", "/DecodeParms << /Predictor 12 >>"),
        "which netattest does not write",
    ),
]


def deep(name: str, body: bytes) -> bytes:
    changed = {**files(), name: body}
    s.freshly_digested(changed)
    return pack(changed)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_file_ends_in_a_sentence(case, tmp_path):
    path = tmp_path / "report"
    path.write_bytes(case.make())
    try:
        with bounded(60):
            (found,) = verify(path, Trust(now=s.NOW), MEANS)
    except EvidenceError as error:
        said = str(error)
    else:
        said = " / ".join(item.says for item in found.statements)
        assert found.scan is None, "nothing was read from it"
    assert case.says in said
    assert len(said) < 2000


def test_an_attachment_that_unpacks_without_end_is_read_to_the_bound_only(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_BYTES", 1 << 20)
    path = tmp_path / "bomb.pdf"
    path.write_bytes(with_stream(bytes(64 << 20)))
    with pytest.raises(EvidenceError, match="unpack to more than 1 MiB: reading stopped there"):
        verify(path, Trust(now=s.NOW), MEANS)


def test_links_and_devices_are_not_followed(tmp_path):
    (tmp_path / MANIFEST).write_bytes(files()[MANIFEST])
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence/snapshot.json").symlink_to("/etc/passwd")
    with pytest.raises(EvidenceError, match=r"snapshot\.json is a link"):
        verify(tmp_path, Trust(now=s.NOW), MEANS)
    with pytest.raises(EvidenceError, match="is not a plain file"):
        verify(Path("/dev/zero"), Trust(now=s.NOW), MEANS)
    with pytest.raises(NotFoundError, match="does not exist"):
        verify(tmp_path / "nowhere", Trust(now=s.NOW), MEANS)


def test_time_is_bounded():
    def for_ever() -> None:
        while True:
            with suppress(Exception):  # as a parser that goes on whatever happens
                sum(range(10_000))

    with pytest.raises(EvidenceError, match="took more than 1 s"), bounded(1):
        for_ever()


def test_depth_is_bounded():
    def down(n: int) -> int:
        return down(n + 1)

    with pytest.raises(EvidenceError, match="nested too deeply"), bounded():
        down(0)


def test_a_gigabyte_in_the_table_of_objects_is_refused_before_it_is_unpacked(tmp_path):
    packed = zlib.compress(bytes(1 << 30), 1)
    head = f"3 0 obj\n<< /Type /XRef /Size 4 /W [1 2 1] /Root 1 0 R /Length {len(packed)} /Filter /FlateDecode >>\nstream\n"
    path = tmp_path / "bomb.pdf"
    path.write_bytes(b"%PDF-1.7\n" + head.encode() + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n")
    ended = in_process("bounded(120, 700 << 20)", f"open_packages(pathlib.Path({str(path)!r}))")
    assert "EvidenceError: bomb.pdf is a PDF that cannot be read" in ended, ended[-800:]


def test_memory_is_bounded():
    assert "EvidenceError: reading it needs more than 700 MiB" in in_process(
        "bounded(120, 700 << 20)", "bytearray(1 << 30)"
    )


def in_process(bound: str, work: str) -> str:
    """Standard error of a process of its own, since the bound is the process's."""
    script = f"import pathlib\nfrom app.verify import bounded, open_packages\nwith {bound}: {work}"
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return ended.stderr


def test_the_command_says_it_in_one_line_and_ends_with_5(tmp_path):
    for name, body in (("a.zip", zipped("../x")), ("b.pdf", b"%PDF-1.7\n")):
        (tmp_path / name).write_bytes(body)
        ended = command.run("verify", tmp_path / name, folder=tmp_path)
        assert ended.returncode == 5
        assert re.search(
            r"^netattest: .*(a name that no bundle has|cannot be read)", ended.stderr, re.MULTILINE
        )
        assert "Traceback" not in ended.stderr


def without_evidence() -> bytes:
    """A genuine bundle without its evidence, whose manifest was made to agree."""
    manifest = json.loads(files()[MANIFEST])
    left = [item for item in manifest["files"] if item["name"] in files() and "evidence/" not in item["name"]]
    kept = {item["name"]: files()[item["name"]] for item in left}
    return pack({MANIFEST: canonical_json({**manifest, "files": left}), **kept})


def of_folder(name: str, body: bytes) -> Callable[[Path], Path]:
    """A folder with one file."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(body)
        return folder

    return make


def of_file(name: str, make: Callable[[], bytes]) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        (folder / name).write_bytes(make())
        return folder / name

    return made


def stripped() -> bytes:
    """A genuine report whose attachments were taken out."""
    with pikepdf.open(io.BytesIO(s.nights()[0].pdf)) as pdf:
        for name in list(pdf.attachments):
            del pdf.attachments[name]
        pdf.save(out := io.BytesIO())
    return out.getvalue()


PROVES_NOTHING = "if this is what was handed over as evidence, ask for it again: as it is, it proves nothing"
NO_REPORTS = [
    ("an empty file", of_file("r.pdf", lambda: b""), 5, PROVES_NOTHING),
    ("a text", of_file("r.txt", lambda: b"all is well"), 5, PROVES_NOTHING),
    ("another PDF", of_file("r.pdf", lambda: pdf_of(CATALOGUE, PAGES)), 5, PROVES_NOTHING),
    ("a report without its attachments", of_file("r.pdf", stripped), 5, PROVES_NOTHING),
    ("another ZIP", of_file("r.zip", lambda: zipped("a")), 5, PROVES_NOTHING),
    ("a bundle that names nothing", of_file("r.zip", naming_nothing), 5, "it proves nothing"),
    ("a bundle without its evidence", of_file("r.zip", without_evidence), 5, PROVES_NOTHING),
    ("pages whose manifest is gone", of_folder("r.html", b"<html>Supported</html>"), 5, "it proves nothing"),
    ("a folder of other things", of_folder("notes.txt", b"x"), 2, "name the folder that `netattest report`"),
    ("no file", lambda folder: folder / "nowhere.pdf", 2, "check the path"),
]


@pytest.mark.parametrize(
    ("make", "code", "says"), [pytest.param(*case[1:], id=case[0]) for case in NO_REPORTS]
)
def test_what_is_no_report_is_answered_as_a_report_is_whose_evidence_was_taken_out(
    make, code, says, tmp_path, capsys
):
    path = make(tmp_path)

    with pytest.raises(SystemExit) as ended:
        main(["verify", str(path), "--no-pages"])
    said = capsys.readouterr()
    assert ended.value.code == code
    assert says in said.out + said.err
    assert path.name in said.out + said.err
    assert "0 files match" not in said.out, "of nothing nothing is shown"


def test_a_document_that_multiplies_itself_is_bounded_in_time(tmp_path):
    """Everything about the bundle agrees with itself; only judging it would take for ever."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    changed = {**files(), "evidence/scope.yaml": "\n".join(lines).encode()}
    manifest = json.loads(changed["evidence/manifest.json"])
    name = "scope.yaml"
    new = s.digest(changed["evidence/scope.yaml"])
    documents = [[item[0], new if item[0] == name else item[1]] for item in manifest["scan"]["documents"]]
    s.scan_edit(documents=documents)(changed)
    chain = json.loads(changed["evidence/chain.json"])
    chain["links"][-1]["scan"]["documents"] = documents
    changed["evidence/chain.json"] = canonical_json(chain)
    s.freshly_digested(changed)
    path = tmp_path / "x.zip"
    path.write_bytes(pack(changed))
    said = ""
    try:
        with bounded(20):
            (found,) = verify(path, Trust(now=s.NOW), MEANS)
        said = " / ".join(item.says for item in found.statements if item.verdict is Verdict.FAILS)
    except EvidenceError as error:
        said = str(error)
    assert "scope.yaml: not readable as YAML: it unfolds to more than" in said
