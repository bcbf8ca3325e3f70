"""`netattest policies`: what is odd about the policies themselves."""

from typing import Annotated

import typer

from app.cli.baseline import baseline
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
    split,
)
from app.cli.output import emit, heading, say
from app.cli.progress import reporting
from app.cli.session import begin
from app.cli.shapes import gap_shape, plural, tell_gaps
from app.errors import ExitCode, InputError
from app.model.decision import RuleRef
from app.model.hygiene import Flaw, Hygiene, PolicyRemarks, Remark
from app.model.identity import ObjectRef
from app.model.snapshot import Snapshot

_EPILOG = """\b
Examples:
  netattest policies --from manifests/
  netattest policies --cluster prod --scan 14 --json
  netattest policies --from manifests/ --fail-on deny-without-effect label-near-another

What is said is advice: no check and no control depends on it. Exit code 3 (something was not
read) comes before 1 (--fail-on).
"""
_ANY = "any"


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "policies",
        cls=SeveralCommand,
        short_help="What is odd about the policies themselves.",
        epilog=_EPILOG,
    )(policies)


def policies(
    *,
    paths: FromOption = None,
    more: MoreArgument = None,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    fail_on: Annotated[
        list[str] | None,
        typer.Option("--fail-on", metavar="KIND...|any", help="Exit with 1 when there is such a remark."),
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Policies and rules that do nothing, undo others, or were meant otherwise; and all the others."""
    from app import judging

    session = begin(config, database_url, as_json=as_json, debug=debug)
    wanted = _wanted(split(tuple(fail_on or ())))
    with reporting() as progress:
        base = baseline(session, gathered(paths, more, "--from"), cluster, scan, progress)
        progress.stage("judge", objects=len(base.snapshot.objects))
        judgement = judging.judge(base.snapshot, base.documents)
        found = judging.policy_hygiene(base.snapshot, judgement)
    met = any(remark.flaw in wanted for _, remark in found.remarks())
    if as_json:
        emit(_document(found, base.snapshot, sorted(wanted, key=lambda item: item.rank), met=met))
    else:
        _tell(found)
        tell_gaps(base.snapshot.gaps)
    if base.snapshot.gaps:
        raise typer.Exit(ExitCode.INCOMPLETE)
    raise typer.Exit(ExitCode.FINDINGS if met else ExitCode.DONE)


def _wanted(texts: tuple[str, ...]) -> frozenset[Flaw]:
    if _ANY in texts:
        return frozenset(Flaw)
    kinds = [item.value for item in Flaw]
    for text in texts:
        if text not in kinds:
            raise InputError(
                f"--fail-on {text!r} is no kind of remark",
                advice=f"use one or more of {', '.join((_ANY, *kinds))}",
            )
    return frozenset(Flaw(text) for text in texts)


def _tell(found: Hygiene) -> None:
    odd = [item for item in found.policies if item.remarks]
    plain = len(found.policies) - len(odd)
    named = "policy" if len(found.policies) == 1 else "policies"
    say(f"{len(found.policies)} {named}: {len(odd)} with remarks, {plain} without.")
    for flaw in Flaw:
        here = [(item, remark) for item, remark in found.remarks() if remark.flaw is flaw]
        if here:
            heading(f"{flaw.heading} ({flaw.value}): {plural(len(here), 'remark')}")
        for _, remark in here:
            say(f"  {remark.says}")
        for advice in dict.fromkeys(remark.advice for _, remark in here if remark.advice):
            say(f"    → {advice}")
    unjudged = [(item, text) for item in found.policies for text in item.unjudged]
    if unjudged:
        heading("Not judged in full")
        for item, text in unjudged:
            say(f"  {item.ref}: {text}")
    for note in found.notes:
        say(f"note: {note}")


def _document(found: Hygiene, snapshot: Snapshot, wanted: list[Flaw], *, met: bool) -> dict[str, object]:
    return {
        "schema": "netattest/policies/v1",
        "policies": [_shape(item) for item in found.policies],
        "notes": list(found.notes),
        "gaps": [gap_shape(gap) for gap in snapshot.gaps],
        "fail_on": {"kinds": [item.value for item in wanted], "met": met} if wanted else None,
    }


def _shape(item: PolicyRemarks) -> dict[str, object]:
    return {
        "object": str(item.ref),
        "part": item.part,
        "workloads": item.workloads,
        "rules": item.rules,
        "remarks": [_remark(remark) for remark in item.remarks],
        "unjudged": list(item.unjudged),
    }


def _remark(remark: Remark) -> dict[str, object]:
    return {
        "kind": remark.flaw.value,
        "path": remark.path,
        "says": remark.says,
        "because": [_cause(item) for item in remark.because],
        "advice": remark.advice,
    }


def _cause(item: RuleRef | ObjectRef) -> dict[str, str]:
    ref, path = (item.policy, item.path) if isinstance(item, RuleRef) else (item, "")
    return {"object": str(ref), "path": path}
