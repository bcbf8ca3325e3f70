"""Reachability: a matrix of namespaces with the outside world first, then the open paths into the sensitive part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.model.connections import Connections
from app.model.platform import Enforcement
from app.model.policy import Direction
from app.model.reachability import Workload
from app.render.charts import Level, Matrix, MatrixLabel
from app.render.charts.matrix import WORDS
from app.render.content import Column, Entry, Row, SectionPage, Stack, Table, capped
from app.render.dossier import Dossier, Section
from app.render.namespaces import OUTSIDE, Worst, worst_levels
from app.render.own_node import OwnNode
from app.render.wording import SENSITIVE_WORDS, count, ended, number, plural

MOST_NAMESPACES: Final = 30
_MOST_TARGETS: Final = 300
_NAMES: Final = 3
_OUTSIDE_NAME: Final = "outside world"
_RESIDUAL: Final = "own node only (residual)"
_RESIDUAL_NOTE: Final = "Own node only: a hostNetwork pod reaches the pods beside it whatever policies say; a residual, not a missing policy."


_Order = tuple[bool, bool, str, str]
"""Residual, inside the cluster, target, place: sorts paths that policies explain before residual ones."""


@dataclass(frozen=True)
class ReachabilityPage(SectionPage):
    """`matrix` is None when there is nothing to draw; `notes` are sentences on how to take it."""

    matrix: Matrix | None
    legend: tuple[tuple[Level, str], ...]
    notes: tuple[str, ...]
    pairs: Table
    paths: Table


def build(dossier: Dossier) -> ReachabilityPage:
    """Build the section."""
    names, total = _names(dossier)
    worst = worst_levels(dossier.report.judgement.reachability, names) if names else Worst()
    blind = dossier.policies_unread
    keys = (OUTSIDE, *names)
    levels = tuple(tuple(Level.UNKNOWN if blind and a != b else worst.at(a, b) for b in keys) for a in keys)
    return ReachabilityPage(
        id="reachability",
        title="Reachability",
        lede=(
            (
                "Who may open a connection to whom, under all policies together. Rows send, columns receive. A cell shows the"
                " worst case over the pods behind it: one open pod makes the pair open."
            ),
        ),
        entries=(Entry(f"Open paths into the {SENSITIVE_WORDS[dossier.boundary]}", "reachability-paths", 2),),
        matrix=_matrix(dossier, keys, levels) if names else None,
        legend=_LEGEND,
        notes=(*_notes(dossier, len(names), total, worst, blind=blind), *_residual_note(levels)),
        pairs=pairs_table(keys, levels),
        paths=_paths(dossier, blind=blind),
    )


_LEGEND: Final[tuple[tuple[Level, str], ...]] = (
    (Level.OPEN, "every port"),
    (Level.NODE, "own node only (residual)"),
    (Level.PORTS, "some ports"),
    (Level.NONE, "nothing"),
    (Level.UNKNOWN, "could not be told"),
    (Level.SELF, "no pair"),
)


_PAIR_COLUMNS: Final = (
    (Level.OPEN, "Every port"),
    (Level.NODE, "Own node only"),
    (Level.PORTS, "Some ports"),
    (Level.UNKNOWN, "Could not be told"),
)


def _names(dossier: Dossier) -> tuple[tuple[str, ...], int]:
    """Namespaces with workloads: sensitive ones first, then in scope or unknown, then the rest; capped."""
    rank: dict[str, int] = {}
    for item in dossier.report.judgement.reachability.workloads:
        placement = dossier.placements[item.id]
        inside = placement.inside(dossier.boundary)
        own = 0 if placement.sensitive(dossier.boundary) else 2 if inside is None else 1 if inside else 3
        rank[item.namespace] = min(own, rank.get(item.namespace, own))
    ordered = sorted(rank, key=lambda name: (rank[name], name))
    return tuple(ordered[:MOST_NAMESPACES]), len(ordered)


def _matrix(dossier: Dossier, keys: Sequence[str], levels: tuple[tuple[Level, ...], ...]) -> Matrix:
    sensitive = {
        item.namespace for item in dossier.report.judgement.reachability.workloads if dossier.sensitive(item)
    }
    labels = tuple(MatrixLabel(key or _OUTSIDE_NAME, key in sensitive, outside=not key) for key in keys)
    cells = [level for row in levels for level in row]
    described = ", ".join(f"{cells.count(level)} {WORDS[level]}" for level in Level if cells.count(level))
    return Matrix(
        "matrix",
        "Reachability between namespaces",
        f"{len(keys)} rows and columns, the outside world first; cells: {described}. The table below says the same.",
        labels,
        levels,
    )


def _notes(dossier: Dossier, shown: int, total: int, worst: Worst, *, blind: bool) -> tuple[str, ...]:
    platform, snapshot = dossier.report.judgement.platform, dossier.report.snapshot
    said: list[str] = []
    if blind:
        said.append("NetworkPolicy objects could not be listed, so nothing can be said about any pair.")
    elif snapshot.gaps_of("networking.k8s.io", "NetworkPolicy"):
        said.append(
            "Some policies could not be read or understood; see what was not seen. Cells rest on those that were."
        )
    if platform.enforcement is Enforcement.UNKNOWN:
        said.append("As declared: whether the network plugin enforces policies is unknown.")
    elif platform.enforcement is not Enforcement.ENFORCED:
        said.append(f"Policies count only where they are enforced: {ended(platform.reason)}")
    if shown < total:
        said.append(
            f"{number(shown)} of {count(total, 'namespace')} are drawn: the sensitive ones first, then those in scope."
            " The others stand in `reachability.json`."
        )
    if not worst.finished:
        said.append(
            "This cluster has more connections than one report works through; the cells left open are hatched."
        )
    said.append(
        "A filled cell in the row of the outside world says that no policy stands in the way. Whether a route leads there is"
        " a matter of services, load balancers and host ports, which have checks of their own."
    )
    return tuple(said)


def _residual_note(levels: tuple[tuple[Level, ...], ...]) -> tuple[str, ...]:
    if not any(Level.NODE in row for row in levels):
        return ()
    return (
        (
            "An open square says that policies leave at most some ports open, and that a hostNetwork pod reaches the pods"
            " beside it on every port all the same: the API always allows traffic from a pod’s own node, and no"
            " NetworkPolicy can close it. That is a documented residual, not a missing policy."
        ),
    )


def pairs_table(keys: Sequence[str], levels: tuple[tuple[Level, ...], ...]) -> Table:
    """The matrix in words: for each sender, whom it reaches and how; a level that no cell has gets no column.

    Namespaces that reach the same others, and themselves alike, share a row.
    """
    found = {level for row in levels for level in row} | {Level.OPEN, Level.PORTS}
    columns = [(level, title) for level, title in _PAIR_COLUMNS if level in found]
    alike: dict[tuple[str, ...], list[str]] = {}
    for i, key in enumerate(keys):
        reached = tuple(
            ", ".join(_named(j, i, other) for j, other in enumerate(keys) if levels[i][j] is level) or "–"
            for level, _ in columns
        )
        alike.setdefault(reached, []).append(key or _OUTSIDE_NAME)
    return Table(
        caption="The same as a table: whom each namespace may open connections to",
        columns=(Column("From", 20, "code"), *(Column(title) for _, title in columns)),
        rows=tuple(Row((", ".join(names), *reached)) for reached, names in alike.items())
        if len(keys) > 1
        else (),
        empty="No workload was read.",
    )


def _named(receiver: int, sender: int, name: str) -> str:
    return "itself" if receiver == sender else name or _OUTSIDE_NAME


def _paths(dossier: Dossier, *, blind: bool) -> Table:
    targets = [item for item in dossier.report.judgement.reachability.workloads if dossier.sensitive(item)]
    own_node = OwnNode(dossier.report.judgement.reachability)
    examined = () if blind else targets[:_MOST_TARGETS]
    rows = _folded([row for item in examined for row in _paths_into(dossier, item, own_node)])
    shown = rows[: dossier.definition.rows]
    note = capped(len(shown), len(rows), "rows", "reachability.json")
    if len(targets) > _MOST_TARGETS:
        note = f"{note} Paths into the first {_MOST_TARGETS} of {count(len(targets), 'sensitive workload')} were worked out.".strip()
    if any(residual for (residual, *_), _ in shown):
        note = f"{note} {_RESIDUAL_NOTE}".strip()
    part = SENSITIVE_WORDS[dossier.boundary]
    return Table(
        caption=f"Open paths into the {part} from outside it",
        columns=(
            Column("Into", 36, "code"),
            Column("From", 18, "code"),
            Column("Workloads", 28, "code"),
            Column("Ports"),
        ),
        rows=tuple(row for _, row in shown),
        note=note,
        empty=_no_paths(part, blind=blind, targets=len(targets)),
    )


def _folded(rows: list[tuple[_Order, Row]]) -> list[tuple[_Order, Row]]:
    """Workloads of one namespace that the same sources reach on the same ports share a row, in the place of the first."""
    groups: dict[tuple[object, ...], list[tuple[_Order, Row]]] = {}
    for order, row in sorted(rows, key=lambda pair: pair[0]):
        groups.setdefault((order[0], order[2].partition("/")[0], row.cells[1:]), []).append((order, row))
    return [(found[0][0], _shared(found)) for found in groups.values()]


def _shared(found: list[tuple[_Order, Row]]) -> Row:
    first = found[0][1]
    if len(found) == 1:
        return first
    targets = tuple(order[2] for order, _ in found)
    left = len(targets) - _NAMES
    more = (f"and {count(left, 'more workload')} of {targets[0].partition('/')[0]}",) if left > 0 else ()
    return Row((Stack(targets[:_NAMES], more), *first.cells[1:]))


def _no_paths(part: str, *, blind: bool, targets: int) -> str:
    if blind:
        return "Could not be determined: no policy could be listed."
    if not targets:
        return f"No scope rule places a workload in the {part}, so no path into it can be listed."
    return f"No policy lets anything outside the {part} connect to it."


def _paths_into(dossier: Dossier, target: Workload, own_node: OwnNode) -> list[tuple[_Order, Row]]:
    """One row for each namespace that reaches the target from outside the sensitive part, the outside world first.

    Paths that own-node traffic alone explains have rows of their own, after all others.
    """
    engine = dossier.report.judgement.reachability
    if not engine.selecting(target.id, Direction.INGRESS) and len(engine.workloads) > _MOST_TARGETS:
        row = Row(
            (
                target.id,
                "any",
                Stack(("every workload and address that may send",)),
                "every port: no policy isolates it",
            )
        )
        return [((False, False, target.id, ""), row)]
    homes = {item.id: item for item in engine.workloads}
    groups: dict[tuple[bool, str], list[tuple[str, Connections]]] = {}
    for source, allowed in engine.sources(target.id):
        workload = homes.get(source)
        if workload is None or not dossier.sensitive(workload):
            residual = own_node.only(source, target.id, allowed)
            place = workload.namespace if workload else OUTSIDE
            groups.setdefault((residual, place), []).append((source, allowed))
    return [
        ((residual, bool(place), target.id, place), _path(target.id, place, found, residual=residual))
        for (residual, place), found in groups.items()
    ]


def _path(target: str, place: str, found: list[tuple[str, Connections]], *, residual: bool) -> Row:
    union = Connections()
    for _, allowed in found:
        union = union | allowed
    noun = "workload" if place else "address range"
    names = tuple(_short(source, place) for source, _ in found[:_NAMES])
    more = (f"and {number(len(found) - _NAMES)} more {plural(noun)}",) if len(found) > _NAMES else ()
    return Row(
        (
            target,
            place or _OUTSIDE_NAME,
            Stack(names, more),
            Stack((str(union),), (_RESIDUAL,) if residual else ()),
        )
    )


def _short(source: str, place: str) -> str:
    """Leave out what the column beside it says."""
    return (
        source.removeprefix(f"{place}/").removeprefix("external:").replace("-", " – " if not place else "-")
    )


SECTION = Section("reachability", "Reachability", build)
