"""Words and marks for encryption in transit, and the tables about what was found."""

from collections.abc import Sequence
from typing import Final

from app.model.control import ControlState
from app.model.encryption import EvidenceStrength, Known, Label, Mesh
from app.model.links import Links
from app.model.platform import Sign
from app.model.transit import PathVerdict
from app.render.content import Column, Mark, Row, Stack, Table
from app.render.wording import clipped, number, sentence

_NODE_NAMES: Final = 6
_VALUE: Final = 90

LABEL_WORDS: Final[dict[Label, str]] = {
    Label.MTLS_ENFORCED: "Mutual TLS, enforced",
    Label.MTLS_OPPORTUNISTIC: "Mutual TLS, opportunistic",
    Label.TLS_APP: "TLS of the application",
    Label.NODE_TUNNEL_STRICT: "Between nodes, fails closed",
    Label.NODE_TUNNEL: "Between nodes, fails open",
    Label.AUTH_ONLY: "Authenticated only",
    Label.PROVIDER_ATTESTED: "By the provider’s statement",
    Label.PLAINTEXT: "Not proven encrypted",
    Label.UNKNOWN: "Not known",
    Label.REFUSED: "Refused",
    Label.BLOCKED: "Blocked by policy",
}

LABEL_MARKS: Final[dict[Label, ControlState]] = {
    Label.MTLS_ENFORCED: ControlState.SUPPORTED,
    Label.MTLS_OPPORTUNISTIC: ControlState.PARTIAL,
    Label.TLS_APP: ControlState.SUPPORTED,
    Label.NODE_TUNNEL_STRICT: ControlState.SUPPORTED,
    Label.NODE_TUNNEL: ControlState.PARTIAL,
    Label.AUTH_ONLY: ControlState.EXCEPTION,
    Label.PROVIDER_ATTESTED: ControlState.MANUAL,
    Label.PLAINTEXT: ControlState.EXCEPTION,
    Label.UNKNOWN: ControlState.INSUFFICIENT,
    Label.REFUSED: ControlState.NOT_APPLICABLE,
    Label.BLOCKED: ControlState.NOT_APPLICABLE,
}

LABEL_MEANING: Final[dict[Label, str]] = {
    Label.MTLS_ENFORCED: "Both ends prove who they are, and the port refuses plain text from anyone.",
    Label.MTLS_OPPORTUNISTIC: "Both ends prove who they are on this path; the port takes plain text from others.",
    Label.TLS_APP: "An object of the cluster makes this path TLS.",
    Label.NODE_TUNNEL_STRICT: "Encrypted from node to node; what cannot be encrypted is dropped. Nothing within a node.",
    Label.NODE_TUNNEL: "Encrypted from node to node now; in clear where it cannot be. Nothing within a node.",
    Label.AUTH_ONLY: "Both ends prove who they are out of band; no layer is shown to encrypt.",
    Label.PROVIDER_ATTESTED: "A person put a statement of the provider on file; the cluster does not show it.",
    Label.PLAINTEXT: "Every layer was looked at, and none is shown to encrypt. No byte was looked at.",
    Label.UNKNOWN: "A fact that could change the answer could not be read.",
    Label.REFUSED: "The sender is in no mesh, and the port takes mutual TLS alone: no data flows.",
    Label.BLOCKED: "An enforced policy denies it.",
}

AUTHENTICATION_WORDS: Final[dict[Label, str]] = {
    Label.MTLS_ENFORCED: "both ends",
    Label.MTLS_OPPORTUNISTIC: "both ends",
    Label.TLS_APP: "not shown",
    Label.NODE_TUNNEL_STRICT: "nodes, not workloads",
    Label.NODE_TUNNEL: "nodes, not workloads",
    Label.AUTH_ONLY: "both ends, out of band",
    Label.PROVIDER_ATTESTED: "not shown",
    Label.PLAINTEXT: "not shown",
    Label.UNKNOWN: "not known",
    Label.REFUSED: "no data flows",
    Label.BLOCKED: "no data flows",
}

STRENGTH_WORDS: Final[dict[EvidenceStrength, str]] = {
    EvidenceStrength.OBSERVED: "seen on running objects",
    EvidenceStrength.CONFIGURED: "from settings",
    EvidenceStrength.INTENDED: "from templates, or from a setting that is absent",
}

PLAIN_MARKS: Final[dict[Known, Mark]] = {
    Known.NO: Mark.of(ControlState.SUPPORTED, "Refuses"),
    Known.YES: Mark.of(ControlState.EXCEPTION, "Accepts"),
    Known.UNKNOWN: Mark.of(ControlState.INSUFFICIENT, "Not known"),
}


def label_mark(label: Label) -> Mark:
    """A label with its shape."""
    return Mark.of(LABEL_MARKS[label], LABEL_WORDS[label])


def deciding(signs: Sequence[Sign], says: str, strength: EvidenceStrength) -> Stack:
    """Why a verdict is what it is: the sentence, the first field that shows it, and how strong that is."""
    shown = [f"`{item.ref}`: `{item.field}` = `{clipped(item.value, _VALUE)}`" for item in signs[:1]]
    return Stack((sentence(says), *shown), (STRENGTH_WORDS[strength],))


def systems_table(meshes: Sequence[Mesh], links: Sequence[Links]) -> Table:
    """Meshes and links that were found, with their limits."""
    rows = [_system(item, "between workloads", item.version) for item in meshes]
    rows += [_system(item, "between nodes", "") for item in links]
    return Table(
        caption="What was found that could encrypt",
        columns=(
            Column("System", 18),
            Column("Layer", 18),
            Column("Known from", 36, "code"),
            Column("Limits"),
        ),
        rows=tuple(rows),
        empty="No service mesh and no network plugin with a known answer was recognised.",
    )


def _system(item: Mesh | Links, layer: str, version: str) -> Row:
    fips = {
        Known.NO: "Its algorithms are not FIPS-approved.",
        Known.YES: "FIPS mode is shown.",
        Known.UNKNOWN: "",
    }
    limits = tuple(filter(None, (fips[item.fips], *(sentence(text) for text in item.cautions))))
    sign = item.signs[0] if item.signs else None
    known = Stack((str(sign.ref),), (sign.field,)) if sign else "–"
    return Row((f"{item.name} {version}".strip(), layer, known, Stack(limits or ("–",))))


def nodes_table(nodes: Sequence[tuple[str, PathVerdict]]) -> Table:
    """What the link does from each node; nodes with one answer share a row."""
    groups: dict[tuple[Label, str], list[tuple[str, PathVerdict]]] = {}
    for name, found in nodes:
        groups.setdefault((found.label, found.says), []).append((name, found))
    return Table(
        caption="Encryption from node to node",
        columns=(
            Column("Nodes", 8, "number"),
            Column("Names", 22, "code"),
            Column("Link", 22, "mark"),
            Column("Why"),
        ),
        rows=tuple(_nodes(items) for items in groups.values()),
        empty="No pod with a known node was read.",
    )


def _nodes(items: Sequence[tuple[str, PathVerdict]]) -> Row:
    names, found = [name for name, _ in items], items[0][1]
    more = (f"and {number(len(names) - _NODE_NAMES)} more",) if len(names) > _NODE_NAMES else ()
    return Row(
        (
            number(len(names)),
            Stack((", ".join(names[:_NODE_NAMES]),), more),
            label_mark(found.label),
            deciding(found.signs, found.says, found.strength),
        )
    )
