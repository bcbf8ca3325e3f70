"""Promise 10: no output says of a cluster what only an assessor may. One list of outputs, held against what there is.

A table here that lacks a command, a definition, a framework or a channel fails: who adds an output adds its line. Beside
it every text that the program ships is searched at its source.
"""

import ast
import json
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from app.cli.program import build
from app.render import FORMATS, PERIOD_FORMATS
from app.resources import resource
from app.settings.deliveries import ChannelSettings
from tests.receivers import http_server, mail_server
from tests.texts import PROMISED, assert_no_promise

ROOT = Path(__file__).resolve().parents[2]
HARBOUR = ROOT / "examples/harbour"
NIGHTS = ("2026-11-20T01:15:00Z", "2026-11-21T01:15:00Z")
OPTIONAL = tuple(sorted(path.stem for path in (resource("config") / "frameworks/optional").glob("*.yaml")))
USUAL = ("hipaa-security-rule", "pci-dss-4.0.1", "soc2-tsc-2017")

MANIFESTS = str(HARBOUR / "cluster")
PATHS = ("storefront/web[Deployment]", "payments/card-vault[StatefulSet]")
CHANGE = str(HARBOUR / "changes/sandbox.yaml")

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "scan": (("--from", MANIFESTS, "--cluster", "other", "--taken-at", NIGHTS[0]),),
    "report": (
        (
            "--cluster",
            "harbour",
            "--framework",
            "soc2",
            "--format",
            "json,manifest",
            "--output",
            "{out}/said",
        ),
    ),
    "reach": (("--from", MANIFESTS, "--explain", "--encryption"),),
    "explain": ((*PATHS, "--from", MANIFESTS),),
    "findings": (("--cluster", "harbour"),),
    "policies": (("--from", MANIFESTS),),
    "scope": (("--cluster", "harbour"),),
    "register check": (("--cluster", "harbour"),),
    "register propose": (("--from", MANIFESTS),),
    "frameworks": ((),),
    "fix": (("--cluster", "harbour", "--namespace", "sandbox", "--output", "{out}/fixes"),),
    "whatif": (
        ("--apply", CHANGE, "--cluster", "harbour"),
        ("--apply", CHANGE, "--cluster", "harbour", "--format", "markdown"),
    ),
    "trend": (("--cluster", "harbour"), ("--cluster", "harbour", "--findings")),
    "history": (("--cluster", "harbour"),),
    "diff": (("1", "2", "--cluster", "harbour"),),
    "rebaseline": (("--cluster", "harbour", "--since", "2026-11-01"),),
    "publish": (("{out}/site", "--as-of", "2026-11-21"),),
    "key create": (("--directory", "{out}/keys", "--name", "Acme"),),
    "key show": (("--directory", "{out}/keys"),),
    "key rotate": (("--directory", "{out}/keys", "--name", "Acme"),),
    "verify": (("{out}/said",),),
    "deliver": (
        ("--cluster", "harbour", "--dry-run"),
        ("--cluster", "harbour"),
        ("--cluster", "harbour", "--list"),
    ),
    "schedule list": ((),),
    "schedule next": ((),),
    "schedule pause": (("harbour", "--why", "maintenance"),),
    "schedule resume": (("harbour",),),
    "db upgrade": ((),),
    "db current": ((),),
    "db check": ((),),
    "db prune": (("--dry-run",),),
    "doctor": ((),),
}
"""Every command, as a person calls it; `{out}` is a folder."""

SERVES = {"run": "serves metrics and logs, no page", "schedule run-now": "says what `scan` says"}
"""Commands that are not called here, with the reason."""

CHANNELS = {
    "folder": "{name: a, kind: folder, folder: folder, formats: [json], frameworks: [soc2-tsc-2017]}",
    "grc": "{name: b, kind: grc, folder: grc, formats: [oscal], frameworks: [soc2-tsc-2017]}",
    "mail": "{name: c, kind: mail, host: localhost, port: %(mail)s, from: a@example.com, to: [b@example.com],"
    " security: none, formats: [csv], frameworks: [soc2-tsc-2017]}",
    "webhook": "{name: d, kind: webhook, url: {env: HOOK_URL}, secret: {env: HOOK_SECRET}}",
    "slack": "{name: e, kind: slack, url: {env: HOOK_URL}}",
    "teams": "{name: f, kind: teams, url: {env: HOOK_URL}}",
}
SAY_NOTHING = {
    "s3": "puts the files of a report as they are, and says nothing itself",
    "heartbeat": "posts an empty object",
}

REPORTS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "auditor": (OPTIONAL, "html,oscal", ()),  # the others, in every format: test_every_format
    "executive": (USUAL[1:2], ",".join(FORMATS), ()),
    "engineer": (USUAL[1:2], "html,pdf", ()),
    "findings": (USUAL[1:2], "html,json,csv", ("--redact",)),
}
"""By definition: frameworks, formats, and what else is asked for."""


@dataclass
class Said:
    """A stored cluster of two nights, and everything that is said about it."""

    folder: Path
    url: str

    def __call__(self, *arguments: str) -> str:
        given = [item.format(out=self.folder) for item in arguments]
        values = {"--config": str(self.folder / "netattest.yaml"), "--database-url": self.url}
        known = _options(given)
        more = [part for item in values.items() if item[0] in known for part in item]
        result = CliRunner().invoke(build(), [*given, *more])
        assert result.exit_code in (0, 1, 3), f"{given}: {result.output}{result.exception!r}"
        return result.output


def _commands() -> dict[str, Any]:
    found: dict[str, Any] = {}

    def walk(command: Any, path: str) -> None:
        if isinstance(command, TyperGroup):
            for name, inner in command.commands.items():
                walk(inner, f"{path} {name}".strip())
        else:
            found[path] = command

    walk(typer.main.get_command(build()), "")
    return found


def _options(given: list[str]) -> set[str]:
    known = _commands()
    command = known.get(" ".join(given[:2])) or known[given[0]]
    return {option for parameter in command.params for option in parameter.opts}


@pytest.fixture(scope="module")
def said(shared_engine, tmp_path_factory) -> Said:
    folder = tmp_path_factory.mktemp("said")
    for path in (HARBOUR / "config/v1").glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "netattest.yaml").write_text(f"frameworks: [{', '.join((*USUAL, *OPTIONAL))}]\n")
    (folder / "schedule.yaml").write_text(
        f"clusters: [{{name: harbour, cron: '15 1 * * *', from: [{MANIFESTS}]}}]\n"
    )
    made = Said(folder, shared_engine.url.render_as_string(hide_password=False))
    made("scan", "--cluster", "harbour", "--from", MANIFESTS, "--taken-at", NIGHTS[0])
    made("scan", "--cluster", "harbour", "--from", MANIFESTS, CHANGE, "--taken-at", NIGHTS[1])
    return made


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".crt", ".key", ".p7s")
    }


def test_every_output_has_its_line():
    kinds = {
        kind
        for settings in typing.get_args(typing.get_args(ChannelSettings)[0])
        for kind in typing.get_args(settings.model_fields["kind"].annotation)
    }
    definitions = {path.stem for path in resource("reports").glob("*.yaml")}

    assert {*COMMANDS, *SERVES} == set(_commands())
    assert {*CHANNELS, *SAY_NOTHING} == kinds
    assert {*REPORTS, "period"} == definitions
    assert {item for _, formats, _ in REPORTS.values() for item in formats.split(",")} == set(FORMATS)


@pytest.mark.parametrize("command", [item for item in COMMANDS if item not in ("deliver", "publish")])
def test_no_command_promises_it(said, command):
    texts = [CliRunner().invoke(build(), [*command.split(), "--help"]).output]
    texts += [said(*command.split(), *arguments) for arguments in COMMANDS[command]]
    assert any(texts)
    assert_no_promise({f"{command} {at}": text.encode() for at, text in enumerate(texts)})


@pytest.mark.parametrize("definition", REPORTS)
def test_no_report_promises_it(said, definition, tmp_path):
    frameworks, formats, more = REPORTS[definition]
    said(
        "report", "--cluster", "harbour", "--definition", definition, "--framework", ",".join(frameworks),
        "--format", formats, "--output", str(tmp_path), "--unsigned", *more,
    )  # fmt: skip
    found = files(tmp_path)
    assert len(found) == len(frameworks) * len(formats.split(","))
    assert_no_promise(found)


def test_no_period_promises_it(said, tmp_path):
    said(
        "report", "--cluster", "harbour", "--framework", "pci", "--period", "2026-11-20..2026-11-21",
        "--format", ",".join(PERIOD_FORMATS), "--output", str(tmp_path), "--unsigned",
    )  # fmt: skip
    found = files(tmp_path)
    assert {name.partition("2026-11-21.")[2].rpartition(".")[2] for name in found} >= {
        "pdf",
        "html",
        "json",
        "csv",
        "zip",
    }
    assert_no_promise(found)


def test_no_site_promises_it(said):
    said("publish", *COMMANDS["publish"][0])
    found = files(said.folder / "site")
    assert [name for name in found if name.startswith("cluster-")]
    assert_no_promise(found)


def test_no_channel_promises_it(said, monkeypatch):
    with mail_server() as (box, port), http_server() as hook:
        monkeypatch.setenv("HOOK_URL", hook.url)
        monkeypatch.setenv("HOOK_SECRET", "opensesame-hook")
        lines = "".join(f"  - {item % {'mail': port}}\n" for item in CHANNELS.values())
        (said.folder / "deliveries.yaml").write_text(f"channels:\n{lines}")
        texts = [said("deliver", *arguments) for arguments in COMMANDS["deliver"]]
        told = [body for _, body in hook.requests]
        mails = [
            part.get_content()
            for mail in box.mails
            for part in mail.walk()
            if part.get_content_maintype() == "text"
        ]
    assert len(told) == 3
    assert len(mails) >= 1
    found = {f"told {at}": text.encode() for at, text in enumerate([*texts, *mails])}
    found |= {f"posted {at}": json.dumps(json.loads(body)).encode() for at, body in enumerate(told)}
    found |= files(said.folder / "folder") | files(said.folder / "grc")
    assert_no_promise(found)


# What any output is made of


SUSPECT = re.compile(r"compliant|certified|in[\s\"'f\\]*place", re.IGNORECASE)


def spoken(path: Path) -> Iterator[str]:
    """Texts of a module that may reach a reader: all but docstrings, save those of commands, which are their help.

    A module in which the words stand nowhere, not even over two literals, is not parsed.
    """
    text = path.read_text(encoding="utf-8")
    if not SUSPECT.search(text):
        return
    tree = ast.parse(text)
    silent = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and path.parent.name != "cli"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


def shipped() -> dict[str, bytes]:
    """Texts of the program by file: strings of its modules, templates, frameworks, checks, definitions, deployments, docs."""
    found = {
        str(path.relative_to(ROOT)): "\n".join(spoken(path)).encode() for path in (ROOT / "app").rglob("*.py")
    }
    folders = ("templates", "config", "reports", "deploy", "docs")
    kinds = (".html", ".css", ".js", ".yaml", ".json", ".md")
    inside = (path for name in folders for path in (ROOT / name).rglob("*"))
    # Decisions are for those who work on the program, and not about clusters.
    paths = (path for path in (*inside, ROOT / "README.md", ROOT / "SECURITY.md") if "adr" not in path.parts)
    return found | {
        str(path.relative_to(ROOT)): path.read_bytes()
        for path in paths
        if path.suffix in kinds and "out" not in path.parts
    }


def test_no_text_that_the_program_ships_promises_it():
    texts = shipped()
    assert len(texts) > 500
    for name, body in texts.items():
        found = PROMISED.search(body.decode())
        assert not found, f"{name} says {found[0]!r}"


def test_the_search_sees_what_is_spoken_and_not_what_is_noted(tmp_path):
    (tmp_path / "a.py").write_text(
        '"""In place."""\nTOLD = "is in" " place"\n\ndef f():\n    """In place."""\n'
    )
    assert [item for item in spoken(tmp_path / "a.py") if PROMISED.search(item)] == ["is in place"]
