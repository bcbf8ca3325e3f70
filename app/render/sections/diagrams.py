"""Diagrams of the scope: its segments and the connections between them, and where protected data may flow.

Numbers after PCI DSS 4.0.1: 1.2.3 (network diagram) and 1.2.4 (data-flow diagram). What is drawn is the computed part of a
diagram which the entity keeps, approves and completes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.model.approval import unapproved
from app.model.control import ControlState
from app.model.platform import Enforcement
from app.model.registers import ExternalControl
from app.model.scope import Boundary
from app.render.content import Column, Entry, Link, Mark, Row, SectionPage, Table
from app.render.diagrams import Diagram, Transit
from app.render.diagrams.ground import Ground, gather
from app.render.diagrams.levels import Drawing, Subject, data_flow, network
from app.render.diagrams.model import Flow
from app.render.dossier import Dossier, Section
from app.render.wording import SENSITIVE_WORDS, count, ended, iso_day, minute, number, short_digest

_BEARS: Final = ("1.2.3", "1.2.4")
_MARKS: Final = {
    Transit.AUTHENTICATED: ControlState.SUPPORTED,
    Transit.ENCRYPTED: ControlState.SUPPORTED,
    Transit.PLAIN: ControlState.EXCEPTION,
    Transit.UNTOLD: ControlState.INSUFFICIENT,
}
_MEANINGS: Final = {
    Transit.AUTHENTICATED: "Encrypted, and both ends prove who they are.",
    Transit.ENCRYPTED: "Encrypted by TLS of the application or between nodes.",
    Transit.UNTOLD: "Cannot be told from the cluster.",
    Transit.PLAIN: "Not proven encrypted: every layer was looked at, and none is shown to encrypt.",
}
_READING: Final = (
    (
        "A box is a segment: a namespace, a workload, or as many of them as the drawing has room for. The frame around boxes"
        " is a zone; the dark one is the most protected."
    ),
    (
        "An arrow leads to the ports that it may use, with the letter of what is known of its way. Several kinds are several"
        " arrows."
    ),
    "Lines that meet at a dot are one sender’s. Lines that cross without a dot have nothing to do with one another.",
)
_HANDLED: Final[dict[Boundary | None, str]] = {
    None: "sensitive data",
    Boundary.PCI: "account data",
    Boundary.HIPAA: "ePHI",
    Boundary.SOC2: "confidential information",
}
_NOT_SEEN: Final = (
    "Links that the cluster does not show are missing: peered networks, tunnels, networks on the premises, wireless.",
    (
        "Which messages carry protected data is not visible in a cluster. A line says that a connection may be opened, not"
        " what is sent over it."
    ),
    "Traffic from a pod’s own node is always allowed and is not drawn.",
    (
        "A line to or from outside says that the workload’s own policies let the addresses through; whether a route leads"
        " there is not followed. Ways in that objects open are drawn as such."
    ),
)


@dataclass(frozen=True, slots=True)
class LineKey:
    """One kind of line: `state` is its letter."""

    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One diagram; `diagram` is None where nothing can be drawn, and `empty` says why."""

    anchor: str
    title: str
    diagram: Diagram | None
    caption: str
    notes: tuple[str, ...]
    table: Table
    empty: Mark | None = None


@dataclass(frozen=True)
class DiagramsPage(SectionPage):
    """`kept` says that the entity keeps the diagram; `outside` names its controls outside the cluster."""

    kept: Mark
    bears: tuple[Link, ...]
    legend: tuple[LineKey, ...]
    reading: tuple[str, ...]
    figures: tuple[Figure, ...]
    outside: tuple[str, ...]
    not_seen: tuple[str, ...]


def build(dossier: Dossier) -> DiagramsPage:
    """Build the section."""
    figures = _figures(dossier)
    known = {item.control.id for item in dossier.counted}
    return DiagramsPage(
        id="diagrams",
        title="Network and data-flow diagrams",
        lede=(
            (
                "What may connect to what, drawn from the policies of this scan. Every line is a possible flow, none is an"
                " observed one. These drawings are the computed part of diagrams that the entity keeps: it approves them,"
                " adds what a cluster cannot show, and answers for them."
            ),
        ),
        entries=tuple(Entry(item.title, item.anchor, 2) for item in figures),
        kept=Mark.of(ControlState.MANUAL, "Manual evidence needed: the approved diagram and its last review"),
        bears=tuple(dossier.control_link(item) for item in _BEARS if item in known),
        legend=tuple(LineKey(item.value, _MEANINGS[item]) for item in reversed(Transit)),
        reading=_READING,
        figures=figures,
        outside=_outside_controls(dossier),
        not_seen=_NOT_SEEN,
    )


def _figures(dossier: Dossier) -> tuple[Figure, ...]:
    part = _HANDLED[dossier.boundary]
    blind = _blind(dossier)
    ground = Ground((), {}, ()) if blind else gather(dossier)
    net, flow = (
        Subject("diagram-network", "Network diagram"),
        Subject("diagram-data", f"Data-flow diagram: {part}"),
    )
    touched = any(member.touched for member in ground.members.values())
    return (
        _figure(dossier, ground, net, network(ground, net) if ground.members else None, blind),
        _figure(
            dossier,
            ground,
            flow,
            data_flow(ground, flow) if touched else None,
            blind
            or f"No scope rule places a workload in the {SENSITIVE_WORDS[dossier.boundary]}, or calls one a data store.",
        ),
    )


def _blind(dossier: Dossier) -> str:
    """Why nothing can be drawn at all; empty when something can."""
    if dossier.policies_unread:
        return "NetworkPolicy objects could not be listed, so nothing can be said about any flow."
    if not dossier.report.judgement.reachability.workloads:
        return "No workload was read."
    return ""


def _figure(
    dossier: Dossier, ground: Ground, subject: Subject, drawing: Drawing | None, why_not: str
) -> Figure:
    empty = None if drawing else Mark.of(ControlState.INSUFFICIENT, why_not)
    return Figure(
        anchor=f"{subject.id}-figure",
        title=subject.title,
        diagram=drawing.diagram if drawing else None,
        caption=_caption(dossier),
        notes=_notes(dossier, ground, drawing) if drawing else (),
        table=_table(subject, drawing.rows if drawing else (), dossier.definition.rows),
        empty=empty,
    )


def _caption(dossier: Dossier) -> str:
    scan = dossier.report.scan
    return (
        f"Possible flows, not observed ones. Scan {scan.number} of {dossier.cluster}, {minute(scan.taken_at)},"
        f" snapshot SHA-256 {short_digest(scan.digest)}."
    )


def _notes(dossier: Dossier, ground: Ground, drawing: Drawing) -> tuple[str, ...]:
    said = [_capped(drawing)]
    if ground.refused:
        said.append(
            f"{count(ground.refused, 'pair')} that policies allow {'is' if ground.refused == 1 else 'are'} not drawn: the"
            " port takes mutual TLS alone and the sender is in no mesh, so nothing flows."
        )
    platform, snapshot = dossier.report.judgement.platform, dossier.report.snapshot
    if platform.enforcement is Enforcement.UNKNOWN:
        said.append("As declared: whether the network plugin enforces policies is unknown.")
    elif platform.enforcement is not Enforcement.ENFORCED:
        said.append(f"Policies count only where they are enforced: {ended(platform.reason)}")
    if snapshot.gaps_of("networking.k8s.io", "NetworkPolicy"):
        said.append("Some policies could not be read or understood; the drawing rests on those that were.")
    return tuple(said)


def _capped(drawing: Drawing) -> str:
    """How many lines stand for how many pairs, and where the rest is."""
    drawn, between = drawing.drawn, drawing.between
    if drawn < between:
        lines = (
            f"{number(drawn)} of {count(between, 'line')} are drawn, the least protected first; all of them are in the"
            " table below."
        )
    else:
        lines = f"{count(drawn, 'line')} {'is' if drawn == 1 else 'are'} drawn."
    scale = (
        " Boxes stand for whole namespaces or zones where single workloads have no room."
        if drawing.folded
        else ""
    )
    return f"{lines} They and what flows within boxes stand for {count(drawing.pairs, 'allowed pair')} of ends.{scale} Pairs one by one are in `reachability.json`."


def _table(subject: Subject, rows: Sequence[tuple[str, str, Flow]], most: int) -> Table:
    shown = rows[:most]
    note = f"The first {number(len(shown))} of {number(len(rows))} rows." if len(shown) < len(rows) else ""
    return Table(
        caption=f"{subject.title} as a table",
        columns=(
            Column("From", 26, "code"),
            Column("To", 26, "code"),
            Column("Ports"),
            Column("In transit", 24, "mark"),
            Column("Pairs", 8, "number"),
        ),
        rows=tuple(_row(*item) for item in shown),
        note=note,
        empty="No flow is possible between these.",
    )


def _row(source: str, destination: str, flow: Flow) -> Row:
    within = flow.source == flow.destination
    mark = Mark.of(_MARKS[flow.transit], f"{flow.transit.value}: {'; '.join(flow.words)}")
    return Row(
        (
            source,
            "within itself" if within else destination,
            str(flow.ports) if flow.ports else "port not known",
            mark,
            number(flow.pairs),
        )
    )


def _outside_controls(dossier: Dossier) -> tuple[str, ...]:
    """Controls outside the cluster that the entity's register names for this framework, each with what it is worth."""
    known = {item.control.id for item in dossier.assessment.controls}
    on = date.fromisoformat(iso_day(dossier.report.scan.taken_at))
    return tuple(
        _outside_control(item, on)
        for item in dossier.report.judgement.registers.external_controls or ()
        if known.intersection(item.covers)
    )


def _outside_control(item: ExternalControl, on: date) -> str:
    problem = unapproved(item, on)
    doubt = f" It does not count: {problem}." if problem else ""
    return f"`{item.id}` {item.control}, for {', '.join(item.covers)}.{doubt}"


SECTION = Section("diagrams", "Network and data-flow diagrams", build)
