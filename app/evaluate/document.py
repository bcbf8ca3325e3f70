"""The `reach --json` contract: schema `netattest/reach/v1`, as one value or streamed."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import orjson

from app.evaluate.edges.document import exposures_shape
from app.evaluate.encryption.document import VerdictShapes, protection_shape
from app.evaluate.engine import Engine
from app.evaluate.witness import Witness
from app.model.connections import Connections
from app.model.edge import Edges
from app.model.policy import Direction
from app.model.reachability import Connection, Exposure, Openness, Workload
from app.model.snapshot import CollectionGap
from app.model.transit import Encryption, PathVerdict

SCHEMA = "netattest/reach/v1"

_ROWS_AT_ONCE = 1000


def reach_document(
    reachability: Engine,
    gaps: Iterable[CollectionGap],
    *,
    explain: bool = False,
    encryption: Encryption | None = None,
    edges: Edges | None = None,
) -> dict[str, Any]:
    """The whole document as JSON values: `schema`, `profile`, `workloads`, `connections`, `gaps`, `notes`.

    Args:
        reachability: the engine's answers.
        gaps: what was not read.
        explain: add the witnesses `egress` and `ingress` to each row, and to each workload how far it is open to ends that
            do not exist yet.
        encryption: add its verdicts to each row, and what was found that could encrypt to the document.
        edges: add `exposures`, the ways in from outside.
    """
    return {
        **_head(reachability),
        "workloads": [_workload(reachability, item, explain=explain) for item in reachability.workloads],
        "connections": list(_rows(reachability, encryption, explain=explain)),
        **_tail(reachability, gaps, encryption, edges),
    }


def write_reach(
    reachability: Engine,
    gaps: Iterable[CollectionGap],
    write: Callable[[bytes], object],
    *,
    explain: bool = False,
    encryption: Encryption | None = None,
    edges: Edges | None = None,
) -> None:
    """Write the same document piece by piece, so that a large cluster needs no memory for its rows.

    Args:
        reachability: the engine's answers.
        gaps: what was not read.
        write: takes UTF-8 bytes; called many times.
        explain: add the witnesses `egress` and `ingress` to each row, and to each workload how far it is open to ends that
            do not exist yet.
        encryption: as for `reach_document`.
        edges: likewise.
    """
    write(orjson.dumps(_head(reachability))[:-1])
    write(b',\n"workloads":[')
    workloads = (_workload(reachability, item, explain=explain) for item in reachability.workloads)
    for piece in _pieces(workloads):
        write(piece)
    write(b'],\n"connections":[')
    for piece in _pieces(_rows(reachability, encryption, explain=explain)):
        write(piece)
    write(b"],\n")
    write(orjson.dumps(_tail(reachability, gaps, encryption, edges))[1:])
    write(b"\n")


def _pieces(items: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Items as JSON, one a line, separated by commas; many at once, because each write has its price."""
    lines: list[bytes] = []
    separator = b"\n"
    for item in items:
        lines.append(separator + orjson.dumps(item))
        separator = b",\n"
        if len(lines) == _ROWS_AT_ONCE:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)


def _head(reachability: Engine) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "profile": reachability.profile.value,
        "as_declared": reachability.as_declared,
    }


def _tail(
    reachability: Engine,
    gaps: Iterable[CollectionGap],
    encryption: Encryption | None,
    edges: Edges | None,
) -> dict[str, Any]:
    tail: dict[str, Any] = {"gaps": [_gap(gap) for gap in sorted(gaps)], "notes": list(reachability.notes)}
    if edges is not None:
        tail["exposures"] = exposures_shape(edges)
    return tail | ({"protection": protection_shape(encryption)} if encryption else {})


def _workload(reachability: Engine, item: Workload, *, explain: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": item.id,
        "namespace": item.namespace,
        "name": item.key.name,
        "kind": item.key.kind,
        "pods": item.pods,
        "host_network": item.host_network,
    }
    if explain:
        shape["open_to"] = {
            direction.value.lower(): exposure_shape(reachability.open_to(item.id, direction))
            for direction in Direction
        }
    return shape


def exposure_shape(exposure: Exposure) -> dict[str, Any]:
    """How far a workload is open to ends that do not exist yet; namespaces that differ from `anywhere` alone."""
    return {
        "anywhere": _openness(exposure.anywhere),
        "namespaces": {name: _openness(found) for name, found in exposure.namespaces},
        "outside": _openness(exposure.outside),
    }


def _openness(found: Openness) -> dict[str, Any]:
    return {"every": found.every.to_json(), "some": found.some.to_json()}


def _rows(reachability: Engine, encryption: Encryption | None, *, explain: bool) -> Iterator[dict[str, Any]]:
    shapes = VerdictShapes()
    for connection, verdicts in _judged(reachability, encryption):
        row = _row(connection)
        if encryption:
            row["encryption"] = [shapes.of(verdict) for verdict in verdicts]
        if explain:
            egress, ingress = reachability.witnesses(connection)
            row |= {"egress": _witness(egress), "ingress": _witness(ingress)}
        yield row


def _judged(
    reachability: Engine, encryption: Encryption | None
) -> Iterable[tuple[Connection, tuple[PathVerdict, ...]]]:
    if encryption:
        return encryption.along(reachability.connections())
    return ((connection, ()) for connection in reachability.connections())


def _row(connection: Connection) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": connection.source,
        "destination": connection.destination,
        "allowed": _allowed(connection.allowed),
    }
    if connection.notes:
        row["notes"] = list(connection.notes)
    return row


@lru_cache(maxsize=4096)
def _allowed(allowed: Connections) -> dict[str, list[list[int]]]:
    return allowed.to_json()


def _witness(witness: Witness) -> dict[str, Any]:
    result: dict[str, Any] = {"reason": witness.reason.value}
    if witness.selecting:
        result["policies"] = [str(policy) for policy in witness.selecting]
    if witness.rules:
        result["rules"] = [
            {"policy": str(rule.policy), "path": rule.path, "allowed": admitted.to_json()}
            for rule, admitted in witness.rules
        ]
    if witness.note:
        result["note"] = witness.note
    return result


def _gap(gap: CollectionGap) -> dict[str, str]:
    return {
        "kind": str(gap.group_kind),
        "reason": gap.reason.value,
        "namespace": gap.namespace,
        "name": gap.name,
        "field": gap.field,
        "message": gap.message,
        "advice": gap.advice,
    }
