"""`netattest explain`: why a connection is allowed or denied."""

from collections.abc import Iterator
from typing import Annotated

import typer

from app.cli.endpoints import OUTSIDE, Names, resolve
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    FromOption,
    JsonOption,
    MoreArgument,
    PlainCommand,
    ScanOption,
    gathered,
)
from app.cli.output import emit, heading, say
from app.cli.session import begin
from app.cli.shapes import gap_shape, tell_gaps
from app.cli.transit import verdict_lines
from app.cli.view import View, look, reading, tell_notes
from app.cli.witnesses import Answer, answers, witnesses
from app.errors import ExitCode, InputError
from app.model.connections import FIRST_PORT, LAST_PORT, Connections, PortSet, Protocol
from app.model.decision import Decision, HalfDecision, TrailStep
from app.model.fields import decimal
from app.model.policy import Direction
from app.model.reachability import Profile, Reachability
from app.model.transit import PathVerdict

_EPILOG = """\b
Examples:
  netattest explain shop/web shop/cart --port 8080 --from manifests/
  netattest explain analytics/etl payments/vault --cluster prod
  netattest explain external payments/gateway --port 443/TCP --cluster prod --scan 14

SRC and DST are workloads (ns/name[Kind], or shorter where that is clear), pods, IP addresses,
CIDRs, or `external` for all addresses outside.
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "explain", cls=PlainCommand, short_help="Why a connection is allowed or denied.", epilog=_EPILOG
    )(explain)


def explain(
    *,
    source: Annotated[str, typer.Argument(metavar="SRC", help="Where the connection comes from.")],
    destination: Annotated[str, typer.Argument(metavar="DST", help="Where it goes to.")],
    more: MoreArgument = None,
    paths: FromOption = None,
    cluster: ClusterOption = None,
    scan: ScanOption = "latest",
    port: Annotated[
        str | None,
        typer.Option("--port", metavar="N[/PROTO]", help="One port; TCP where no protocol is given."),
    ] = None,
    profile: Annotated[
        Profile, typer.Option("--profile", help="Whose reading holds where the API leaves it open.")
    ] = Profile.AUTO,
    as_declared: Annotated[
        bool,
        typer.Option(
            "--as-declared",
            help="Count policies that the network plugin does not enforce; staged ones never count.",
        ),
    ] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Why SRC may open a connection to DST, or why it may not.

    Without --port, each group of ports that is decided alike is explained.
    """
    session = begin(config, database_url, as_json=as_json, debug=debug)
    wanted = _port(port)
    view = look(
        session, gathered(paths, more, "--from"), cluster, scan, profile=profile, as_declared=as_declared
    )
    found = list(_answers(view, source, destination, wanted))
    if as_json:
        emit(_document(view, found))
    else:
        _tell(view, found)
    raise typer.Exit(ExitCode.INCOMPLETE if view.snapshot.gaps else ExitCode.DONE)


def _port(text: str | None) -> tuple[Protocol, int] | None:
    if text is None:
        return None
    number, _, protocol = text.partition("/")
    name = (protocol or Protocol.TCP.value).upper()
    port = decimal(number) or 0
    if not FIRST_PORT <= port <= LAST_PORT or name not in list(Protocol):
        raise InputError(f"--port {text!r} is not a port", advice="write 443, 443/TCP, 53/UDP or 132/SCTP")
    return Protocol(name), port


def _answers(
    view: View, source: str, destination: str, wanted: tuple[Protocol, int] | None
) -> Iterator[Answer]:
    """Decisions between the two ends; ends that are decided alike are told once."""
    reachability, addresses = view.reachability, _pod_addresses(view)
    told: set[object] = set()
    sources = resolve(reachability, source, addresses)
    destinations = resolve(reachability, destination, addresses)
    if all(end.startswith(OUTSIDE) for end in (*sources, *destinations)):
        raise InputError(
            f"{source} and {destination} both lie outside the cluster, whose policies say nothing about them",
            advice="name a workload of the cluster at one end at least",
        )
    for one in sources:
        for other in destinations:
            for answer in _between(reachability, one, other, wanted):
                key = (witnesses(answer.decision), answer.ports)
                if key not in told:
                    told.add(key)
                    yield answer


def _pod_addresses(view: View) -> dict[str, str]:
    from app import collect

    owner = {ref: workload.id for workload in view.reachability.workloads for ref in workload.pod_refs}
    pods = collect.normalize(view.snapshot.objects).inventory.pods
    return {
        address: owner[pod.ref]
        for pod in pods
        if not pod.host_network and pod.ref in owner
        for address in pod.ips
    }


def _between(
    reachability: Reachability, source: str, destination: str, wanted: tuple[Protocol, int] | None
) -> Iterator[Answer]:
    if wanted:
        protocol, port = wanted
        decision = reachability.decide(source, destination, protocol, port)
        yield Answer(decision, Connections.of({protocol: PortSet.of([(port, port)])}))
        return
    allowed = reachability.between(source, destination)
    yield from answers(reachability, source, destination, allowed)
    yield from answers(reachability, source, destination, Connections.all() - allowed)


def _document(view: View, found: list[Answer]) -> dict[str, object]:
    return {
        "schema": "netattest/explain/v1",
        "profile": view.reachability.profile.value,
        "as_declared": view.reachability.as_declared,
        "answers": [_answer_shape(view, answer) for answer in found],
        "open_to": _exposure_shapes(view, found),
        "gaps": [gap_shape(gap) for gap in view.snapshot.gaps],
        "notes": list(view.reachability.notes),
    }


def _exposure_shapes(view: View, found: list[Answer]) -> list[dict[str, object]]:
    from app import evaluate

    return [
        {
            "workload": workload,
            "direction": direction.value.lower(),
            **evaluate.exposure_shape(view.reachability.open_to(workload, direction)),
        }
        for workload, direction in _ends(found)
    ]


def _answer_shape(view: View, answer: Answer) -> dict[str, object]:
    from app.evaluate.encryption.document import verdict_shape

    decision = answer.decision
    return {
        "source": decision.source,
        "destination": decision.destination,
        "ports": answer.ports.to_json(),
        "allowed": decision.allowed if decision.certain else None,
        "egress": _half_shape(decision.egress),
        "ingress": _half_shape(decision.ingress),
        "steps": _steps(answer),
        "profile_notes": list(decision.profile_notes),
        "unproven": list(decision.unproven),
        "encryption": [verdict_shape(item) for item in _in_transit(view, answer)],
    }


def _in_transit(view: View, answer: Answer) -> tuple[PathVerdict, ...]:
    """What encrypts it; where a policy is certain to deny it, there is no traffic to encrypt."""
    decision = answer.decision
    if decision.certain and not decision.allowed:
        return ()
    return view.encryption.paths(decision.source, decision.destination, answer.ports)


def _half_shape(half: HalfDecision) -> dict[str, object]:
    return {
        "subject": half.subject,
        "reason": half.reason.value,
        "selecting": [str(ref) for ref in half.selecting],
        "rules": [str(rule) for rule in half.rules],
        "misses": [{"rule": str(miss.rule), "what": miss.what, "says": miss.says} for miss in half.misses],
        "note": half.note,
        "trail": [_trail_shape(step) for step in half.trail],
        "conditions": list(half.conditions),
        "idle": list(half.idle),
        "remove": [str(item) for item in half.remove],
    }


def _trail_shape(step: TrailStep) -> dict[str, object]:
    return {
        "stage": step.stage,
        "selecting": [str(ref) for ref in step.selecting],
        "acted": [
            {
                "action": acted.action.value,
                "rules": [str(rule) for rule in acted.rules],
                **({"guess": True} if acted.guess else {}),
            }
            for acted in step.acted
        ],
        "isolating": [str(ref) for ref in step.isolating],
        "default": step.default.value if step.default else None,
    }


def _steps(answer: Answer) -> list[str]:
    """The steps of the decision, which is about one port, told about all ports that are decided alike."""
    from app import evaluate

    return list(evaluate.explain(answer.decision, answer.ports))


def _tell(view: View, found: list[Answer]) -> None:
    names = Names(view.reachability.workloads)
    say(reading(view))
    for answer in found:
        decision = answer.decision
        heading(
            f"{names.one(decision.source)} → {names.one(decision.destination)}, {answer.ports}: {_verdict(decision)}"
        )
        for number, step in enumerate(_steps(answer), start=1):
            say(f"  {number}. {step}")
        for line in verdict_lines(_in_transit(view, answer), answer.ports):
            say(f"     {line}")
    _tell_exposures(view, found)
    tell_notes(view)
    tell_gaps(view.snapshot.gaps)


def _tell_exposures(view: View, found: list[Answer]) -> None:
    """What the two ends are open to beyond what there is today."""
    from app import evaluate

    ends = _ends(found)
    if ends:
        heading("Open to what does not exist yet, as far as the policies at this end go")
    for workload, direction in ends:
        exposure = view.reachability.open_to(workload, direction)
        for step in evaluate.explain_exposure(workload, direction, exposure):
            say(f"  {step}")


def _ends(found: list[Answer]) -> list[tuple[str, Direction]]:
    """Workloads that were asked about, each in its direction."""
    ends = [
        end
        for answer in found
        for end in (
            (answer.decision.source, Direction.EGRESS),
            (answer.decision.destination, Direction.INGRESS),
        )
        if not end[0].startswith(OUTSIDE)
    ]
    return list(dict.fromkeys(ends))


def _verdict(decision: Decision) -> str:
    if not decision.certain:
        return "CANNOT TELL"
    return "ALLOWED" if decision.allowed else "DENIED"
