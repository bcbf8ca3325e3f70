"""`netattest fix`: policies that close findings, tried by the engine before they are shown."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import bootstrap
from app.cli.baseline import baseline
from app.cli.changes import shape, tell
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
from app.cli.output import emit, heading, say
from app.cli.progress import reporting
from app.cli.session import begin
from app.cli.shapes import gap_shape, plural, result_shape, tell_gaps
from app.errors import DeliveryError, ExitCode, InputError
from app.model.finding import CheckResult, Outcome
from app.model.fix import FlowLoss, Wanted

if TYPE_CHECKING:
    from app.model.fix import Fix, Proposed
    from app.model.flows import DeclaredFlow
    from app.model.snapshot import Snapshot

_EPILOG = """\b
Examples:
  netattest fix --from manifests/
  netattest fix --namespace shop --cluster prod --output fixes/
  hubble observe --last 50000 -o json | netattest fix --flows - --cluster prod
  netattest fix --workload shop/cart[Deployment] --check pod-without-egress-isolation --from manifests/ --json

What must keep working stands in flows.yaml beside the settings file (config/flows.example.yaml
shows it). --flows adds what was observed: CSV, JSON or YAML rows of source, destination, port and
protocol, or what hubble observe -o json wrote. A plan that would break a flow is shown and never
written to --output.
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "fix", cls=SeveralCommand, short_help="Policies that close findings, proven to.", epilog=_EPILOG
    )(fix)


def fix(
    *,
    paths: FromOption = None,
    more: MoreArgument = None,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    namespace: Annotated[
        list[str] | None, typer.Option("--namespace", metavar="NAME...", help="Only findings there.")
    ] = None,
    workload: Annotated[
        list[str] | None,
        typer.Option("--workload", metavar="ID...", help="Only findings about these workloads."),
    ] = None,
    check: Annotated[
        list[str] | None, typer.Option("--check", metavar="ID...", help="Only findings of these checks.")
    ] = None,
    flows: Annotated[
        str | None,
        typer.Option(
            "--flows",
            metavar="FILE",
            help="Flows that were observed, to keep beside flows.yaml; - reads standard input.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Write one file for each namespace, for kubectl apply."),
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Propose NetworkPolicies that close findings, and prove on the same cluster what they close and what they keep."""
    from app import proposal

    session = begin(config, database_url, as_json=as_json, debug=debug)
    wanted = Wanted(frozenset(namespace or ()), frozenset(workload or ()), frozenset(check or ()))
    _check_known(wanted)
    recording = bootstrap.recording(flows) if flows else None
    with reporting() as progress:
        base = baseline(session, gathered(paths, more, "--from"), cluster, scan, progress)
        progress.stage("judge", objects=len(base.snapshot.objects))
        result = proposal.fix(base.snapshot, base.documents, wanted, recording=recording)
    if as_json:
        emit(_document(result, base.snapshot))
    else:
        _tell(result)
        tell_gaps(base.snapshot.gaps)
    if output and result.plan.objects:
        if result.losses:
            raise InputError("the plan breaks flows, so nothing was written", advice="see the list above")
        _write(output, result)
    raise typer.Exit(ExitCode.INCOMPLETE if base.snapshot.gaps else ExitCode.DONE)


def _check_known(wanted: Wanted) -> None:
    from app.evaluate.fix import MENDABLE

    unknown = sorted(wanted.checks - set(MENDABLE))
    if unknown:
        raise InputError(
            f"--check {unknown[0]!r} is no check that a NetworkPolicy can mend",
            advice=f"there are {', '.join(MENDABLE)}",
        )


def _tell(result: "Fix") -> None:
    from app import evaluate

    plan = result.plan
    if not plan.findings:
        say("No finding that a NetworkPolicy could mend is open where you asked.")
        return
    say(
        f"{plural(len(plan.findings), 'finding')}: the policies below close {len(result.mended)}, {len(result.left)} stay."
    )
    if plan.objects:
        heading(f"To apply: {plural(len(plan.objects), 'object')}")
        say(evaluate.as_yaml(plan.objects).rstrip())
    for note in plan.notes:
        say(f"note: {note}")
    if result.proof:
        heading("Tried on this cluster, with these objects applied:")
        say(_kept(result))
        tell(result.proof.consequences, result.proof.after.reachability.workloads)
    if plan.obstacles:
        heading(f"What no new policy can close: {len(plan.obstacles)}")
        for item in plan.obstacles:
            say(f"  {item.finding.subject}: {item.says}.")
            say(f"      {item.change}")
    stopped = {item.finding.fingerprint for item in plan.obstacles}
    others = [item for item in result.left if item.fingerprint not in stopped]
    _tell_left("Still failing then", [item for item in others if item.outcome is Outcome.FAIL])
    _tell_left(
        "No longer failing, and not shown to pass",
        [item for item in others if item.outcome is not Outcome.FAIL],
    )


def _tell_left(title: str, results: Sequence[CheckResult]) -> None:
    if not results:
        return
    heading(f"{title}: {len(results)}")
    for item in results:
        say(f"  {item.check}: {item.says}")


def _kept(result: "Fix") -> str:
    return "\n".join(_kept_lines(result))


def _kept_lines(result: "Fix") -> Iterator[str]:
    observed = len(result.observed.flows)
    if not result.declared and not observed:
        yield "No flow is declared, so nothing shows that what closes is not needed."
        return
    beside = f" and {plural(observed, 'observed flow')}" if observed else ""
    yield f"{plural(result.declared, 'declared flow')}{beside} checked: {len(result.losses)} would lose something."
    yield from (f"  BREAKS {_loss(item)}" for item in result.losses)
    yield from (f"  closed before and after: {_loss(item)}" for item in result.unmet)
    yield from (f"  nothing of the kind is here: {item}" for item in result.strangers)
    for why, number in result.observed.left_out:
        yield f"  {plural(number, 'observed row')} left out: {why}"


def _loss(item: FlowLoss) -> str:
    kind = "observed flow" if item.observed else "flow"
    return f"{kind} {item.flow}, {item.source} → {item.destination}: {item.ports}"


def _document(result: "Fix", snapshot: "Snapshot") -> dict[str, object]:
    return {
        "schema": "netattest/fix/v1",
        "findings": [result_shape(item) for item in result.plan.findings],
        "objects": [
            {"object": str(item.ref), "why": item.why, "amends": item.amends, "manifest": dict(item.body)}
            for item in result.plan.objects
        ],
        "obstacles": [
            {"finding": item.finding.fingerprint, "says": item.says, "change": item.change}
            for item in result.plan.obstacles
        ],
        "notes": list(result.plan.notes),
        "mended": [item.fingerprint for item in result.mended],
        "left": [{**result_shape(item), "outcome": item.outcome.value} for item in result.left],
        "flows": {
            "declared": result.declared,
            "observed": [_observed(item) for item in result.observed.flows],
            "left_out": [{"rows": number, "why": why} for why, number in result.observed.left_out],
            "unknown": list(result.strangers),
            "broken": [_loss_shape(item) for item in result.losses],
            "closed_already": [_loss_shape(item) for item in result.unmet],
        },
        "consequences": shape(result.proof.consequences) if result.proof else None,
        "gaps": [gap_shape(gap) for gap in snapshot.gaps],
    }


def _loss_shape(item: FlowLoss) -> dict[str, object]:
    return {
        "flow": item.flow,
        "source": item.source,
        "destination": item.destination,
        "ports": item.ports.to_json(),
        "observed": item.observed,
    }


def _observed(item: "DeclaredFlow") -> dict[str, object]:
    return {
        "flow": item.id,
        "source": item.source.text,
        "destination": item.destination.text,
        "ports": item.ports.to_json(),
    }


def _write(folder: Path, result: "Fix") -> None:
    from app import evaluate

    by_namespace: dict[str, list[Proposed]] = {}
    for item in result.plan.objects:
        by_namespace.setdefault(item.ref.namespace, []).append(item)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for namespace, objects in by_namespace.items():
            (folder / f"{namespace}.yaml").write_text(evaluate.as_yaml(objects), encoding="utf-8")
    except OSError as error:
        raise DeliveryError(
            f"{folder} cannot be written: {error.strerror or error}", advice="give --output another folder"
        ) from error
    typer.echo(f"wrote {plural(len(by_namespace), 'file')} to {folder}: kubectl apply -f {folder}", err=True)
