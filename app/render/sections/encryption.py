"""Encryption in transit: what encrypts the connections that policies allow, and what ports accept plain text from whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.model.encryption import OWN_PORT, Known, Label
from app.model.reachability import Workload
from app.model.transit import Inflow, ListenerVerdict
from app.render.charts import Segment, StackedBar
from app.render.content import Column, Entry, Row, SectionPage, Stack, Table, capped
from app.render.dossier import Dossier, Section
from app.render.transit import (
    LABEL_MARKS,
    LABEL_MEANING,
    LABEL_WORDS,
    PLAIN_MARKS,
    deciding,
    label_mark,
    nodes_table,
    systems_table,
)
from app.render.wording import count, number, sentence

_MOST_WORKLOADS: Final = 300
_MOST_REASONS: Final = 40
_EXAMPLES: Final = 1
_TOGETHER: Final = "\N{NO-BREAK SPACE}"
_PORTS_OF_A_ROW: Final = 12  # a row that is much longer than its reason breaks badly between pages
_STRONG: Final = (Label.MTLS_ENFORCED, Label.TLS_APP, Label.NODE_TUNNEL_STRICT, Label.REFUSED)
_EXPOSED: Final[Mapping[str, str]] = {
    "nobody": "nobody that policies admit",
    "its namespace": "its own namespace",
    "the cluster": "other namespaces",
    "outside": "addresses outside the cluster",
}
_NOT_SHOWN: Final = (
    "No packet was captured and no handshake tried: a verdict says what objects and agents show, not what was on the wire.",
    "TLS that a program does by itself is not visible from the cluster. Where somebody declared it, the tests say so.",
    "Pods on one node exchange traffic inside its kernel; encryption between nodes does nothing for that.",
    "Encryption below the cluster, by the provider’s network or hardware, counts only by a statement on file.",
    "Paths to and from addresses outside the cluster are judged at the ways in, not here.",
    "Validated cryptographic modules cannot be told from a cluster; WireGuard’s algorithms are not FIPS-approved.",
)


@dataclass(frozen=True)
class EncryptionPage(SectionPage):
    """`bar` is of pairs of workloads in the whole cluster; the tables below it are of this framework's boundary."""

    bar: StackedBar
    labels: Table
    reasons: Table
    listeners: Table
    systems: Table
    nodes: Table
    not_shown: tuple[str, ...]


def build(dossier: Dossier) -> EncryptionPage:
    """Build the section."""
    found = dossier.report.judgement.encryption
    counts = found.tally()
    inside = _inside(dossier)
    return EncryptionPage(
        id="encryption",
        title="Encryption in transit",
        lede=(
            (
                "What encrypts the connections that policies allow between workloads, layer by layer: the mesh from end to end,"
                " then the link between nodes. A pair of workloads has the label of its weakest pair of pods on its weakest"
                " port. Being encrypted on a path and refusing plain text at a port are two questions with two tables."
            ),
        ),
        entries=(
            Entry("Paths that show least", "encryption-paths", 2),
            Entry("What ports accept", "encryption-listeners", 2),
            Entry("What could encrypt", "encryption-systems", 2),
            Entry("What this does not show", "encryption-limits", 2),
        ),
        bar=_bar(counts),
        labels=_labels(counts),
        reasons=_reasons(dossier, inside),
        listeners=_listeners(dossier, inside),
        systems=systems_table(found.protection.meshes, found.protection.links),
        nodes=nodes_table(found.nodes()),
        not_shown=(*map(sentence, found.protection.cautions), *_NOT_SHOWN),
    )


def _inside(dossier: Dossier) -> tuple[Workload, ...]:
    """Workloads that are in the boundary or may be: sensitive ones first."""
    found = [
        item
        for item in dossier.report.judgement.reachability.workloads
        if dossier.placements[item.id].inside(dossier.boundary) is not False
    ]
    return tuple(sorted(found, key=lambda item: (not dossier.sensitive(item), item.id)))


def _bar(counts: Sequence[tuple[Label, int]]) -> StackedBar:
    return StackedBar(
        "bar-encryption",
        "Pairs of workloads by label, weakest first",
        tuple(Segment(LABEL_MARKS[label].value, LABEL_WORDS[label], size) for label, size in counts),
        width=482,
        height=8,
    )


def _labels(counts: Sequence[tuple[Label, int]]) -> Table:
    return Table(
        caption="Allowed pairs of workloads in the whole cluster, by label",
        columns=(Column("Label", 28, "mark"), Column("Pairs", 12, "number"), Column("What it says")),
        rows=tuple(Row((label_mark(label), number(size), LABEL_MEANING[label])) for label, size in counts),
        empty="No pair of workloads may connect, or encryption was not worked out.",
    )


def _reasons(dossier: Dossier, inside: Sequence[Workload]) -> Table:
    """Paths into workloads of the boundary by what decided them, weakest first; strong ones are counted above."""
    encryption = dossier.report.judgement.encryption
    everyone = dict.fromkeys((item.id for item in dossier.report.judgement.reachability.workloads), "")
    groups: dict[tuple[Label, str], list[tuple[str, Inflow]]] = {}
    for workload in inside[:_MOST_WORKLOADS]:
        for flow in encryption.into(workload.id, everyone):
            if flow.verdict.label not in _STRONG:
                groups.setdefault((flow.verdict.label, flow.verdict.says), []).append((workload.id, flow))
    ordered = sorted(groups.items(), key=lambda item: (_weakness(item[0][0]), -_size(item[1]), item[0][1]))
    note = capped(min(len(ordered), _MOST_REASONS), len(ordered), "reasons", "reachability.json")
    if len(inside) > _MOST_WORKLOADS:
        note = f"{note} Paths into the first {_MOST_WORKLOADS} of {count(len(inside), 'workload')} were worked out.".strip()
    return Table(
        caption="Paths into this framework’s workloads that show least, by what decided them",
        columns=(
            Column("Label", 22, "mark"),
            Column("Paths", 10, "number"),
            Column("For example", 28, "code"),
            Column("Decided by"),
        ),
        rows=tuple(_reason(label, found) for (label, _), found in ordered[:_MOST_REASONS]),
        note=note,
        empty=(
            "Every path into these workloads has a label of the strongest three, or is refused."
            if inside
            else "No workload is, or may be, inside this framework’s boundary."
        ),
    )


def _weakness(label: Label) -> int:
    """What is shown to be open first, then what cannot be told, then by rank, weakest first."""
    first = (Label.PLAINTEXT, Label.AUTH_ONLY, Label.UNKNOWN)
    return first.index(label) if label in first else len(Label) - label.rank + len(first)


def _size(found: Sequence[tuple[str, Inflow]]) -> int:
    return sum(flow.count for _, flow in found)


def _reason(label: Label, found: Sequence[tuple[str, Inflow]]) -> Row:
    shown = [(source, target) for target, flow in found for source in flow.examples[:1]][:_EXAMPLES]
    total, verdict = _size(found), found[0][1].verdict
    more = (f"and {number(total - len(shown))} more",) if total > len(shown) else ()
    return Row(
        (
            label_mark(label),
            number(total),
            Stack(tuple(f"{source} → {target}" for source, target in shown), (*more, str(verdict.ports))),
            deciding(verdict.signs, verdict.says, verdict.strength),
        )
    )


def _listeners(dossier: Dossier, inside: Sequence[Workload]) -> Table:
    """Ports that a mesh guards, or leaves out at a workload that is in one; those that accept plain text first."""
    encryption = dossier.report.judgement.encryption
    meshed = [
        item
        for item in inside[:_MOST_WORKLOADS]
        if any(member.enrolled is not Known.NO for _, member in encryption.memberships(item.id))
    ]
    heard = [listener for item in meshed for listener in encryption.listeners(item.id)]
    found = [item for item in heard if item.mode != OWN_PORT]
    order = (Known.YES, Known.UNKNOWN, Known.NO)
    found.sort(key=lambda item: (order.index(item.plain), item.workload, item.protocol, item.port))
    shown = found[: dossier.definition.rows]
    outside = len(inside) - len(meshed)
    note = capped(len(shown), len(found), "ports", "populations.csv")
    if outside and meshed:
        note = f"{note} {count(outside, 'workload')} of this boundary {'is' if outside == 1 else 'are'} in no mesh.".strip()
    note = f"{note} {_own_ports(heard)}".strip()
    return Table(
        caption="What ports of workloads in a mesh accept, and who could be served in plain text",
        columns=(
            Column("Workload and port", 36, "code"),
            Column("Ports", 8, "number"),
            Column("Plain text", 14, "mark"),
            Column("Could be served", 16),
            Column("Decided by"),
        ),
        rows=tuple(_listening(shown)),
        note=note,
        empty="No workload of this boundary is seen in a service mesh, so no mesh guards any of its ports.",
    )


def _listening(shown: Sequence[ListenerVerdict]) -> Iterator[Row]:
    """Ports of which the same is said, for the same reason, share a row."""
    groups: dict[tuple[Known, str, Stack], list[str]] = {}
    for item in shown:
        exposed = "–" if item.plain is Known.NO else _EXPOSED.get(item.exposed_to, item.exposed_to)
        mode = item.says if not item.mode or item.mode in item.says else f"{item.mode}: {item.says}"
        port = f"{item.protocol.value} {item.port}" if item.port else f"{item.protocol.value}, all"
        key = item.plain, exposed, deciding(item.signs, mode, item.strength)
        groups.setdefault(key, []).append(f"{item.workload} {port.replace(' ', _TOGETHER)}")
    for (plain, exposed, why), places in groups.items():
        for first in range(0, len(places), _PORTS_OF_A_ROW):
            part = tuple(places[first : first + _PORTS_OF_A_ROW])
            yield Row((Stack(part), number(len(part)), PLAIN_MARKS[plain], exposed, why))


def _own_ports(heard: Sequence[ListenerVerdict]) -> str:
    """Three ports of every proxy would bury those of the workloads, so they are told once."""
    ports = sorted({item.port for item in heard if item.mode == OWN_PORT})
    if not ports:
        return ""
    listed = ", ".join(str(port) for port in ports)
    return f"Not listed: TCP {listed}, where proxies serve their own metrics and health in plain text."


SECTION = Section("encryption", "Encryption in transit", build)
