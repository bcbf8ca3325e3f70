"""Which network plugin runs, how that is known, and what it enforces where: as marks and tables."""

from collections.abc import Iterable, Mapping

from app.model.identity import ObjectRef
from app.model.platform import NodeEnforcement, Plugin, Sign
from app.render.content import Column, Mark, Row, Stack, Table, capped
from app.render.wording import (
    ENFORCEMENT_MARKS,
    ENFORCEMENT_WORDS,
    clipped,
    joined,
    number,
    sentence,
    short_digest,
)

_NODE_NAMES = 6
_SIGN_VALUE = 120


def plugin_mark(plugin: Plugin) -> Mark:
    """A plugin with what it enforces."""
    role = "" if plugin.primary else ", adds policy only"
    name = f"{plugin.name} {plugin.version}".strip()
    return Mark.of(
        ENFORCEMENT_MARKS[plugin.enforcement],
        f"{name}{role}: {ENFORCEMENT_WORDS[plugin.enforcement].lower()}",
    )


def signs_table(signs: list[Sign]) -> Table:
    """Objects and fields that tell which plugin runs."""
    return Table(
        caption="How the network plugin is known",
        columns=(
            Column("Object", 26, "code"),
            Column("Field and value", 0, "code"),
            Column("What it says", 32),
        ),
        rows=tuple(
            Row(
                (
                    _sign_object(item),
                    Stack((item.field, clipped(item.value, _SIGN_VALUE))),
                    sentence(item.says),
                )
            )
            for item in signs
        ),
        empty="Nothing that was read tells which network plugin runs.",
    )


def _sign_object(item: Sign) -> Stack:
    return Stack((str(item.ref),), (f"sha256 {short_digest(item.digest)}",) if item.digest else ())


def nodes_table(nodes: Iterable[NodeEnforcement], most: int) -> Table:
    """Enforcement by node, `most` rows; nodes whose reasons differ only in the object that shows it share a row."""
    groups: dict[tuple[str, str], list[NodeEnforcement]] = {}
    for item in nodes:
        groups.setdefault((item.enforcement.value, _common_reason(item)), []).append(item)
    shown = list(groups.values())[:most]
    return Table(
        caption="Enforcement by node",
        columns=(
            Column("Nodes", 10, "number"),
            Column("Names", 24, "code"),
            Column("Why"),
            Column("Enforcement", 18, "mark"),
        ),
        rows=tuple(_node_row(items) for items in shown),
        note=capped(len(shown), len(groups), "rows", "snapshot.json"),
        empty="No node was read: enforcement is judged for the cluster as a whole.",
    )


def _node_row(items: list[NodeEnforcement]) -> Row:
    first, names = items[0], [item.node for item in items]
    more = (f"and {number(len(names) - _NODE_NAMES)} more",) if len(names) > _NODE_NAMES else ()
    mark = Mark.of(ENFORCEMENT_MARKS[first.enforcement], ENFORCEMENT_WORDS[first.enforcement])
    reason = first.reason if len(items) == 1 else _common_reason(first)
    return Row((number(len(names)), Stack((", ".join(names[:_NODE_NAMES]),), more), sentence(reason), mark))


def _common_reason(item: NodeEnforcement) -> str:
    """The reason without the object of this one node: every node has an agent of its own, and there may be thousands."""
    reason = item.reason
    for sign in item.signs:
        reason = reason.replace(f", {sign.ref},", "")
    return reason


def uncovered_table(exceptions: Mapping[ObjectRef, str]) -> Table:
    """Pods that the plugin never covers, with why."""
    groups: dict[str, list[str]] = {}
    for ref, why in sorted(exceptions.items()):
        groups.setdefault(why, []).append(f"{ref.namespace}/{ref.name}")
    return Table(
        caption="Pods that the network plugin never covers",
        columns=(Column("Pods", 10, "number"), Column("Names", 44, "code"), Column("Why")),
        rows=tuple(
            Row(
                (
                    number(len(names)),
                    joined(names[:_NODE_NAMES]) + ("" if len(names) <= _NODE_NAMES else " …"),
                    sentence(why),
                )
            )
            for why, names in groups.items()
        ),
        empty="No pod is known that the network plugin never covers.",
    )
