"""What holds for every format: the same bytes anywhere, no promise that only an assessor may make, and a twin without names."""

import hashlib
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from app import pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.history import Document
from app.model.snapshot import Snapshot
from app.model.verification import Trust
from app.render import FORMATS, PERIOD_FORMATS, load_definition
from app.render.own_texts import own_texts
from app.reperform import Means, verify
from app.resources import resource
from app.settings import load_settings
from tests import sealed as s
from tests.fakes import InMemoryStore
from tests.texts import assert_no_promise, misplaced, readable

ROOT = Path(__file__).resolve().parents[2]
HARBOUR = ROOT / "examples/harbour"
AUDITOR = load_definition("auditor", (resource("reports") / "auditor.yaml").read_bytes())
KEY = bytes(range(32))
HIPAA, PCI, SOC2 = "hipaa-security-rule", "pci-dss-4.0.1", "soc2-tsc-2017"


@cache
def store() -> InMemoryStore:
    """Every configuration of the example cluster, a night for each."""
    made = InMemoryStore()
    for number, folder in enumerate(sorted((HARBOUR / "config").iterdir())):
        own = {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
        shipped = {item.name: item.body for item in documents(load_settings(None))}
        files = tuple(Document(name, body) for name, body in sorted({**shipped, **own}.items()))
        at = s.FIRST.replace(day=s.FIRST.day + number)
        changes = sorted((HARBOUR / "changes").glob("*.yaml"))[:number]
        pipeline.scan(
            pipeline.ScanRequest("harbour", at, files, tool_version="0.1.0"),
            ManifestSource([HARBOUR / "cluster", *changes]),
            made,
            s.Silent(),
        )
    return made


OTHERS = tuple(
    sorted(
        path.parent.name for path in (ROOT / "examples").glob("*/cluster") if path.parent.name != "harbour"
    )
)


@cache
def other(name: str, key: bytes = b"") -> dict[str, bytes]:
    """The report of another example, judged by the packaged documents."""
    made = InMemoryStore()
    request = pipeline.ScanRequest(name, s.FIRST, documents(load_settings(None)), tool_version="0.1.0")
    scan = pipeline.scan(
        request, ManifestSource([ROOT / "examples" / name / "cluster"]), made, s.Silent()
    ).scan
    files = pipeline.report(scan, [PCI], AUDITOR, FORMATS, made, s.RENDERER, s.Silent(), pseudonym_key=key)
    return {item.name: item.body for item in files}


@cache
def report(number: int, framework: str, key: bytes = b"") -> dict[str, bytes]:
    made = pipeline.report(
        store().scan("harbour", number),
        [framework],
        AUDITOR,
        FORMATS,
        store(),
        s.RENDERER,
        s.Silent(),
        pseudonym_key=key,
    )
    return {item.name: item.body for item in made}


@pytest.mark.parametrize(("night", "framework"), [(1, PCI), (-1, PCI), (-1, HIPAA), (-1, SOC2)])
def test_no_format_promises_what_only_an_assessor_may(night, framework):
    number = night if night > 0 else len(store().scans("harbour"))
    assert_no_promise(report(number, framework))


@pytest.mark.parametrize("name", OTHERS)
def test_no_format_of_another_example_promises_it_either(name):
    assert_no_promise(other(name))


def test_the_search_finds_what_it_looks_for():
    texts = readable("x.pdf", s.nights()[0].pdf)

    assert "harbour" in texts["x.pdf/pages"]
    assert "payments" in texts["x.pdf/attached snapshot.json"]
    assert "Network security of harbour" in texts["x.pdf/strings"]
    assert len(readable("x.zip", s.nights()[0].bundle)) > 20


# Each control, in print


BODY = ("-x", "0", "-y", "68", "-W", "596", "-H", "711")
"""A4 without what runs along its head and foot, in points: a row may break over pages."""


def squeezed(markup: str) -> str:
    """Markup or text of a page without anything that breaking lines may add."""
    return re.sub(r"[\s\u00ad\u200b]", "", html.unescape(re.sub(r"<[^>]*>", "", markup))).casefold()


@pytest.mark.parametrize(("night", "framework"), [(1, PCI), (-1, HIPAA), (-1, SOC2)])
def test_the_pdf_says_of_each_control_what_the_page_says(night, framework):
    """What the page says of each control of the catalogue is tested in test_frameworks."""
    files = report(night if night > 0 else len(store().scans("harbour")), framework)
    page, pdf = (
        next(body for name, body in files.items() if name.endswith(end)) for end in (".html", ".pdf")
    )
    printed = squeezed(
        subprocess.run(
            ["pdftotext", "-raw", *BODY, "-", "-"], input=pdf, capture_output=True, check=True
        ).stdout.decode()
    )
    blocks = [item.partition("</tbody>")[0] for item in page.decode().split('<tbody id="control-')[1:]]
    shown = {item.partition('"')[0]: item.partition(">")[2] for item in blocks}
    catalogue = yaml.safe_load((resource("config") / f"frameworks/{framework}.yaml").read_bytes())["controls"]

    assert set(shown) == {item["id"] for item in catalogue}
    for control, block in shown.items():
        for row in block.split("<tr")[1:]:
            text = squeezed(row.partition(">")[2])
            assert text in printed, f"{control}: {text}"


@pytest.mark.parametrize(("night", "framework"), [(1, PCI), (-1, HIPAA), (-1, SOC2)])
def test_no_word_of_the_pdf_lies_on_another_or_beyond_the_margins(night, framework):
    files = report(night if night > 0 else len(store().scans("harbour")), framework)

    assert misplaced(next(body for name, body in files.items() if name.endswith(".pdf"))) == []


# The same bytes anywhere


@dataclass(frozen=True)
class Machine:
    """Where a report is made: everything of a process that must not reach its bytes."""

    environment: Mapping[str, str]
    umask: int
    user: int | None


NOBODY = 65534


def another_user() -> int | None:
    """Somebody else, where the tests may become them and they may run this interpreter."""
    if os.geteuid() != 0:
        return None
    try:
        subprocess.run([sys.executable, "-c", ""], user=NOBODY, cwd="/", check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return NOBODY


MACHINES = (
    Machine({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C"}, 0o077, None),
    Machine(
        {
            "PYTHONHASHSEED": "77",
            "TZ": "America/Lima",
            "LC_ALL": "tr_TR.UTF-8",
            "LANG": "tr_TR.UTF-8",
            "LANGUAGE": "tr:he",
            "COLUMNS": "40",
            "HOME": "/nonexistent",
            "USER": "somebody",
        },
        0o002,
        another_user(),
    ),
)
EVERY_PDF = os.environ.get("NETATTEST_EVERY_PDF") == "1"
"""Long PDFs take minutes in two processes; without this those of few pages and one of each long kind are made."""


def run_on(machine: Machine, cwd: Path, *arguments: str, user: int | None = None, **more: str) -> str:
    cwd.mkdir(exist_ok=True)
    ended = subprocess.run(
        [sys.executable, "-B", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **more, **machine.environment},
        umask=machine.umask,
        user=user,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


COMMANDS = """
import json, sys
from app.cli.program import build

for arguments in json.loads(sys.argv[1]):
    build()(arguments, standalone_mode=False)
"""


def test_two_processes_make_the_same_bytes_of_one_stored_scan(database_url, tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    for path in (HARBOUR / "config/v1").glob("*.yaml"):
        (config / path.name).write_bytes(path.read_bytes())
    (config / "netattest.yaml").write_text("{}\n", encoding="utf-8")
    values = {
        "NETATTEST_DATABASE_URL": database_url.render_as_string(hide_password=False),
        "NETATTEST_DATA_DIR": str(tmp_path / "none"),
    }
    settings = ("--cluster", "harbour", "--config", str(config / "netattest.yaml"))
    for night in ("2026-11-20T01:15:00Z", "2026-11-21T01:15:00Z"):
        source = ("--from", str(HARBOUR / "cluster"), "--taken-at", night)
        run_on(MACHINES[0], tmp_path, "-m", "app", "scan", *source, *settings, **values)
    wanted = (
        ("--format", ",".join(FORMATS)),
        ("--format", ",".join(PERIOD_FORMATS), "--period", "2026-11-20..2026-11-21"),
        ("--format", "html,manifest", "--period", "2026-11-20..2026-11-21", "--paper", "letter"),
    )

    def made(number: int) -> dict[str, str]:
        folder = tmp_path / f"out{number}"
        reports = [
            ["report", "--framework", "hipaa", *each, "--output", str(folder), *settings] for each in wanted
        ]
        run_on(MACHINES[number], tmp_path / f"cwd{number}", "-c", COMMANDS, json.dumps(reports), **values)
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    with ThreadPoolExecutor() as pool:
        first, second = pool.map(made, range(len(MACHINES)))

    assert first == second
    tables = 4  # of a period, in the place of one CSV
    assert len(first) == len(FORMATS) + len(PERIOD_FORMATS) - 1 + tables + len(("html", "manifest"))


EVERY_DEFINITION = """
import hashlib, sys
from dataclasses import replace
from app.render import FORMATS, PERIOD_FORMATS, load_definition
from app.resources import resource
from tests import sealed as s
from tests.report_builder import report_input

for path in sorted(resource("reports").glob("*.yaml")):
    if path.stem != "period":
        definition = load_definition(path.stem, path.read_bytes())
        long = path.stem in ("auditor", "findings") and "full" not in sys.argv
        formats = [name for name in FORMATS if not (long and name in ("pdf", "bundle"))]
        for paper in ("A4", "Letter"):
            report = replace(report_input(), definition=replace(definition, paper=paper))
            for item in s.RENDERER.render(report, formats):
                print(item.name, hashlib.sha256(item.body).hexdigest())
"""


def test_every_definition_on_every_paper_is_the_same_in_two_processes():
    full = ("full",) if EVERY_PDF else ()

    def made(machine: Machine, cwd: str) -> str:
        return run_on(machine, Path(cwd), "-c", EVERY_DEFINITION, *full, user=machine.user)

    with ThreadPoolExecutor() as pool:
        first, second = pool.map(made, MACHINES, ("/", "/tmp"))

    assert first == second
    assert len(set(first.splitlines())) == 4 * 2 * len(FORMATS) - (0 if EVERY_PDF else 2 * 2 * 2)


# The twin


def names(snapshot: Snapshot) -> set[str]:
    """Every name of a cluster that a twin must not carry."""
    refs = [item.ref for item in snapshot.objects if item.ref.kind != "CustomResourceDefinition"]
    found = {snapshot.cluster, *(ref.name for ref in refs), *(ref.namespace for ref in refs)}
    text = "\n".join(item.body.decode() for item in snapshot.objects)
    found |= set(re.findall(r'"(?:host|hostname|matchName|externalName)":"([^"]+)"', text))
    found |= {ip for ip in ADDRESS.findall(text) if ip not in ("0.0.0.0", "127.0.0.1", "255.255.255.255")}
    given = {"", "default", "kube-system", "kube-public", "kube-node-lease", "kubernetes"}
    return {name.lower() for name in found if ":" not in name} - given


ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
FIELD = re.compile(
    r'"[a-z][a-z0-9]*":'
)  # in lower case: keys of JSON forms, some of which are names of objects as well


@cache
def own_words() -> str:
    """What a report says by itself: the twin of another cluster, in lower case."""
    return "\n".join(
        text.lower() for name, body in report(1, PCI, KEY).items() for text in readable(name, body).values()
    )


@cache
def known_texts() -> str:
    """Texts that a twin keeps, in lower case; names that are words of them are test_twin_of_words' matter."""
    return "\n".join({text for found in own_texts().places.values() for text, _ in found}).lower()


def said(name: str, text: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def assert_no_name(hidden: set[str], files: dict[str, bytes], public: tuple[str, ...] = ()) -> None:
    public = (*(item["id"] for item in _checks()), *public)
    longest_first = sorted(hidden, key=len, reverse=True)
    pattern = re.compile(r"(?<![a-z0-9])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![a-z0-9])")
    for name, body in files.items():
        assert not pattern.search(name)
        for part, text in readable(name, body).items():
            if part.endswith((".yaml",)) and ("frameworks-" in part or "checks.yaml" in part):
                continue  # published files, which are the same for everyone
            plain = FIELD.sub("", text.lower()) if ".json" in part else text.lower()
            for word in public:
                plain = plain.replace(word, "")
            found = pattern.search(plain)
            assert not found, f"{part}: {plain[max(0, found.start() - 80) : found.end() + 40]!r}"


def test_the_twin_carries_no_original_name_in_any_byte():
    found = names(store().snapshot(store().scan("harbour", 1))) | {"registry.example.com"}
    hidden = {name for name in found if not said(name, known_texts())}
    assert {"card-vault", "worker-1", "storefront", "registry.example.com"} <= hidden
    assert len(hidden) > len(found) / 2, found - hidden
    assert_no_name(hidden, report(1, PCI, KEY))
    with pytest.raises(AssertionError, match="card-vault"):
        assert_no_name({"card-vault"}, report(1, PCI))


FEW = 8  # names, too few to say anything


@pytest.mark.parametrize("name", OTHERS)
def test_the_twin_of_another_example_carries_no_name_either(name):
    collected = ManifestSource([ROOT / "examples" / name / "cluster"]).collect()
    snapshot = Snapshot(name, s.FIRST, collected.source, collected.objects, collected.kinds, collected.gaps)
    words = {item for item in names(snapshot) if said(item, own_words()) or said(item, known_texts())}
    hidden = names(snapshot) - words  # `security` is a tier here, and a word of every report
    assert len(hidden) > FEW, words
    groups = tuple(sorted({item.ref.group for item in snapshot.objects} - {""}, key=len, reverse=True))
    assert_no_name(hidden, other(name, KEY), groups)


def test_original_and_twin_map_one_to_one():
    original, twin = (
        json.loads(next(body for name, body in report(1, "pci-dss-4.0.1", key).items() if _is_report(name)))
        for key in (b"", KEY)
    )
    assert twin["redacted"] is True
    pairs = {}
    for first, second in zip(original["populations"], twin["populations"], strict=True):
        for before, after in zip(first["results"], second["results"], strict=True):
            assert (before["outcome"], before["severity"]) == (after["outcome"], after["severity"])
            assert pairs.setdefault(before["subject"]["id"], after["subject"]["id"]) == after["subject"]["id"]
    assert len(set(pairs.values())) == len(pairs), "two subjects with one pseudonym"
    # duties are named by a framework and a record type, in words of ours that a twin keeps
    records = {
        result["subject"]["id"]
        for run in original["populations"]
        for result in run["results"]
        if result["subject"]["kind"] == "record"
    }
    unchanged = {before for before, after in pairs.items() if before == after} - records
    hidden = names(store().snapshot(store().scan("harbour", 1)))
    assert not [item for item in unchanged if hidden & set(re.split(r"[^a-z0-9.-]+", item))]
    assert len(unchanged) < len(pairs) / 5
    assert original["states"] == twin["states"]


def test_pseudonyms_are_the_same_under_one_key_and_others_under_another():
    again = pipeline.report(
        store().scan("harbour", 1),
        ["pci-dss-4.0.1"],
        AUDITOR,
        ("json",),
        store(),
        s.RENDERER,
        s.Silent(),
        pseudonym_key=KEY,
    )
    other = pipeline.report(
        store().scan("harbour", 1),
        ["pci-dss-4.0.1"],
        AUDITOR,
        ("json",),
        store(),
        s.RENDERER,
        s.Silent(),
        pseudonym_key=KEY[::-1],
    )
    first = next(body for name, body in report(1, "pci-dss-4.0.1", KEY).items() if _is_report(name))

    assert again[0].body == first
    assert set(re.findall(rb"ns_[0-9a-f]{12}", other[0].body)).isdisjoint(
        re.findall(rb"ns_[0-9a-f]{12}", first)
    )


@pytest.mark.parametrize("ending", [".pdf", ".zip"])
def test_a_twin_verifies_as_a_twin(ending, tmp_path):
    body = next(body for name, body in report(1, "pci-dss-4.0.1", KEY).items() if name.endswith(ending))
    path = tmp_path / f"twin{ending}"
    path.write_bytes(body)
    (found,) = verify(path, Trust(now=s.NOW), Means(s.RENDERER, "0.1.0", s.Silent(), pages=False))

    assert found.holds
    assert any("names are pseudonyms" in item.says for item in found.statements)
    path.write_bytes(
        s.bundle_with(body, _other_object)
        if ending == ".zip"
        else s.pdf_with(body, s.attachment_edit("snapshot.json", s.flipped))
    )
    (found,) = verify(path, Trust(now=s.NOW), Means(s.RENDERER, "0.1.0", s.Silent(), pages=False))
    assert not found.holds


def _other_object(files: s.Files) -> None:
    s.json_edit("evidence/snapshot.json", lambda value: value["objects"].pop())(files)


def _is_report(name: str) -> bool:
    return name.endswith(".json") and not name.endswith((".oscal.json", ".ocsf.json", ".manifest.json"))


def _checks() -> list[dict]:
    return yaml.safe_load((resource("config") / "checks.yaml").read_bytes())["checks"]


def test_a_name_that_was_cut_to_fit_a_line_is_replaced_too():
    from app.render.dossier import Dossier
    from app.render.wording import clipped
    from tests.report_builder import report_input

    long = "a-very-long-name-of-a-cluster-that-nobody-outside-may-read-in-full"
    twin = Dossier(replace(report_input(long), pseudonym_key=KEY)).twin
    assert twin is not None

    assert twin.text(f"Scan of {clipped(long, 20)}, done") == f"Scan of {twin.pseudonym(long)}, done"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("PCI DSS 12.5.2.1 and 4.2.1.1", True),
        ("external:0.0.0.0-255.255.255.255", True),
        ("at 2026-08-21T02:00:00+00:00", True),
        ("unrestricted-path-into-cde", True),
        ("external:203.0.113.0-203.0.113.255", False),
        ("external:2001:db8::-2001:db8::ffff", False),
        ("[fd00::1]:443", False),
        ("10.30.40.10:443/TCP", False),
    ],
)
def test_what_tells_nothing_stays(text, kept):
    from app.render.dossier import Dossier
    from tests.report_builder import report_input

    base = report_input()
    twin = Dossier(replace(base, pseudonym_key=KEY)).twin
    assert twin is not None
    twin = replace(twin, public=twin.public | {"12.5.2.1", "4.2.1.1"})

    assert (twin.text(text) == text) is kept
    assert re.search(r"203\.0|2001:db8|fd00|10\.30", twin.text(text)) is None or kept
