"""`netattest whatif`: what a change would open, close and flip, before it is made."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.baseline import baseline
from app.cli.changes import encryption_markdown, encryption_shape, markdown, shape, tell, tell_encryption
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    FromOption,
    JsonOption,
    MoreArgument,
    ScanOption,
    SeveralCommand,
    gathered,
)
from app.cli.output import emit, say
from app.cli.progress import reporting
from app.cli.session import begin
from app.cli.shapes import gap_shape, tell_gaps
from app.errors import ExitCode, InputError
from app.model.finding import Severity

if TYPE_CHECKING:
    from app.model.change import WhatIf

_EPILOG = """\b
Examples:
  netattest whatif --apply new-policy.yaml --from manifests/
  netattest whatif --apply pr/ --remove NetworkPolicy/shop/old --cluster prod --fail-on new-path
  netattest whatif --apply pr/ --cluster prod --format markdown > comment.md

An object in FILE replaces the one of the same kind, namespace and name. Nothing is stored, and
nothing is sent to a cluster. Exit code 3 (something was not read) comes before 1 (--fail-on).
"""
_NEW_PATH = "new-path"


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    MARKDOWN = "markdown"


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "whatif", cls=SeveralCommand, short_help="What a change would open, close and flip.", epilog=_EPILOG
    )(whatif)


def whatif(
    *,
    apply: Annotated[
        list[str] | None,
        typer.Option("--apply", metavar="FILE...", help="Manifests to apply; - reads standard input."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="KIND/NAMESPACE/NAME...", help="Objects to take away."),
    ] = None,
    paths: FromOption = None,
    more: MoreArgument = None,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="SEVERITY|new-path",
            help="Exit with 1 when such a finding (or worse) would open unaccepted or be no longer decided, or any path open.",
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="Text, or a comment for a pull request.")
    ] = Format.TEXT,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Which paths a change would open or close, and which findings and controls would flip, before it is made."""
    from app import collect, proposal

    session = begin(config, database_url, as_json=as_json, debug=debug)
    files, gone = tuple(apply or ()), tuple(remove or ())
    if not files and not gone:
        raise InputError(
            "no change is named", advice="add --apply FILE... or --remove Kind/namespace/name..."
        )
    threshold = _threshold(fail_on)
    with reporting() as progress:
        base = baseline(session, gathered(paths, more, "--from"), cluster, scan, progress)
        applied = bootstrap.manifests(files).collect() if files else None
        refs = [collect.find_object(base.snapshot, text) for text in gone]
        progress.stage("judge", objects=len(base.snapshot.objects))
        changed = collect.overlay(
            base.snapshot, applied.objects if applied else (), refs, applied.gaps if applied else ()
        )
        result = proposal.what_if(base.snapshot, base.documents, changed)
    met = _met(result, threshold)
    if as_json:
        emit(_document(result, fail_on, met))
    elif form is Format.MARKDOWN:
        workloads = result.after.reachability.workloads
        print(markdown(result.consequences, workloads))  # noqa: T201  already cleaned
        print(encryption_markdown(result.encryption, workloads))  # noqa: T201  as above
    else:
        tell(result.consequences, result.after.reachability.workloads)
        tell_encryption(result.encryption, result.after.reachability.workloads)
        tell_gaps(result.snapshot.gaps)
        if fail_on:
            say()
            say(f"--fail-on {fail_on}: {'met' if met else 'not met'}")
    if result.snapshot.gaps:
        raise typer.Exit(ExitCode.INCOMPLETE)
    raise typer.Exit(ExitCode.FINDINGS if met else ExitCode.DONE)


def _threshold(text: str | None) -> Severity | str | None:
    if text is None or text == _NEW_PATH:
        return text
    try:
        return Severity(text)
    except ValueError:
        known = ", ".join((*(item.value for item in Severity), _NEW_PATH))
        raise InputError(f"--fail-on {text!r} is not known", advice=f"use one of {known}") from None


def _met(result: "WhatIf", threshold: Severity | str | None) -> bool:
    if isinstance(threshold, Severity):
        return any(item.severity.rank <= threshold.rank for item in result.unaccepted)
    return threshold == _NEW_PATH and result.consequences.opens_paths


def _document(result: "WhatIf", fail_on: str | None, met: bool) -> dict[str, object]:
    return {
        "schema": "netattest/whatif/v1",
        **shape(result.consequences),
        "encryption": encryption_shape(result.encryption),
        "gaps": [gap_shape(gap) for gap in result.snapshot.gaps],
        "fail_on": {"threshold": fail_on, "met": met} if fail_on else None,
    }
