"""What the search looks through: scripts that hand rows to the page, so that they load from a disk as from a server."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from app.model.canonical import canonical_json, digest
from app.model.history import FindingLife
from app.model.reachability import Connection
from app.model.report import Artefact
from app.render.site.record import Overview

T = TypeVar("T")
MOST_PATHS: Final = 100_000  # of one cluster
SHARD: Final = 10_000  # rows of one file


def finding_shards(row: Overview, findings: Sequence[FindingLife]) -> Iterator[Artefact]:
    """Open findings: severity, day of opening, check, subject, sentence, fingerprint."""
    rows = [
        [item.severity.value, item.opened_at.date().isoformat(), item.check, item.subject.id, item.result.says, item.fingerprint]
        for item in findings
    ]  # fmt: skip
    for number, part in enumerate(_parts(rows)):
        yield _shard(row, "findings", number, {"rows": part})


def path_shards(row: Overview, connections: Iterable[Connection], notes: Sequence[str]) -> Iterator[Artefact]:
    """Allowed connections, as positions in the names and facts of the same file; `notes` qualify all of them."""
    some = iter(connections)
    for number, part in enumerate(_parts(islice(some, MOST_PATHS))):
        names = sorted({name for item in part for name in (item.source, item.destination)})
        facts = sorted({_fact(item) for item in part})
        at, fact_at = ({name: place for place, name in enumerate(found)} for found in (names, facts))
        rows = [[at[item.source], at[item.destination], fact_at[_fact(item)]] for item in part]
        last = (number + 1) * SHARD >= MOST_PATHS
        yield _shard(
            row,
            "paths",
            number,
            {
                "names": names,
                "facts": facts,
                "rows": rows,
                "notes": list(notes),
                "cut": last and next(some, None) is not None,
            },
        )


def _fact(item: Connection) -> str:
    """Ports, and what qualifies them: part of the row."""
    return "; ".join((str(item.allowed), *item.notes))


def _parts(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while part := list(islice(left, SHARD)):
        yield part


def _shard(row: Overview, kind: str, number: int, body: dict[str, Any]) -> Artefact:
    whole = {"kind": kind, "cluster": row.cluster, "page": row.page, **body}
    script = b"netattest.take(" + canonical_json(whole) + b");\n"
    return Artefact(f"{kind}-{row.slug}-{number:02}-{digest(script)[:16]}.js", "text/javascript", script)
