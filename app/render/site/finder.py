"""What the search looks through: scripts that hand rows to the page, so that they load from a disk as from a server."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from app.model.canonical import canonical_json, digest
from app.model.connections import Connections
from app.model.history import FindingLife
from app.model.reachability import Connection
from app.model.report import Artefact
from app.model.transit import PathVerdict
from app.render.claims import claim
from app.render.signs import upright
from app.render.site.record import Overview
from app.render.transit import AUTHENTICATION_WORDS, LABEL_WORDS, STRENGTH_WORDS
from app.render.wording import SEVERITY_WORDS

T = TypeVar("T")
Path = tuple[Connection, Sequence[PathVerdict]]
Fact = tuple[str, str, str]  # ports with what qualifies them, encryption, authentication
MOST_PATHS: Final = 100_000  # of one cluster
SHARD: Final = 10_000  # rows of one file


def finding_shards(row: Overview, findings: Sequence[FindingLife]) -> Iterator[Artefact]:
    """Open findings: severity, day of opening, check, subject, sentence, fingerprint."""
    rows = [
        [SEVERITY_WORDS[item.severity], item.opened_at.date().isoformat(), item.check, item.subject.id, claim(item.result), item.fingerprint]
        for item in findings
    ]  # fmt: skip
    for number, part in enumerate(_parts(rows)):
        yield _shard(row, "findings", number, {"rows": part})


def path_shards(row: Overview, paths: Iterable[Path], notes: Sequence[str]) -> Iterator[Artefact]:
    """Allowed connections with what protects them, as positions in the names and facts of the same file.

    `notes` qualify all of them.
    """
    some, told_of = iter(paths), _Facts()
    for number, part in enumerate(_parts(islice(some, MOST_PATHS))):
        names, facts = _Places[str](), _Places[Fact]()
        rows = [
            [names[item.source], names[item.destination], facts[told_of(item, verdicts)]]
            for item, verdicts in part
        ]
        last = (number + 1) * SHARD >= MOST_PATHS
        yield _shard(
            row,
            "paths",
            number,
            {
                "names": list(names),
                "facts": list(facts),
                "rows": rows,
                "notes": list(notes),
                "cut": last and next(some, None) is not None,
            },
        )


class _Places(dict[T, int]):
    """Values by the place at which they were met first."""

    def __missing__(self, value: T) -> int:
        place = self[value] = len(self)
        return place


class _Facts:
    """What rows say, worked out once for rows that share their ports and their verdicts."""

    def __init__(self) -> None:
        # kept with both, so that no others can take their place in memory
        self._known: dict[tuple[int, int, tuple[str, ...]], tuple[Fact, object]] = {}

    def __call__(self, item: Connection, verdicts: Sequence[PathVerdict]) -> Fact:
        key = (id(item.allowed), id(verdicts), item.notes)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _fact(item, verdicts), (item.allowed, verdicts)
        return known[0]


def _fact(item: Connection, verdicts: Sequence[PathVerdict]) -> Fact:
    return (
        "; ".join((str(item.allowed), *item.notes)),
        _by_ports(verdicts, _encryption),
        _by_ports(verdicts, _authentication),
    )


def _by_ports(verdicts: Sequence[PathVerdict], say: Callable[[PathVerdict], str]) -> str:
    """What verdicts say, weakest first, with their ports where they do not all say the same."""
    said: dict[str, Connections] = {}
    for item in verdicts:
        said[say(item)] = said.get(say(item), Connections()) | item.ports
    if len(said) == 1:
        return next(iter(said))
    return "; ".join(f"{ports}: {words}" for words, ports in said.items())


def _encryption(verdict: PathVerdict) -> str:
    return f"{LABEL_WORDS[verdict.label]} ({STRENGTH_WORDS[verdict.strength]})"


def _authentication(verdict: PathVerdict) -> str:
    """Who proves who they are, and what the mesh's own policies say of the caller."""
    words, own = AUTHENTICATION_WORDS[verdict.label], verdict.authorisation
    return f"{words}; mesh policies: {own.decision.value}" if own else words


def _parts(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while part := list(islice(left, SHARD)):
        yield part


def _shard(row: Overview, kind: str, number: int, body: dict[str, Any]) -> Artefact:
    whole = {"kind": kind, "cluster": row.cluster, "page": row.page, **body}
    script = b"netattest.take(" + upright(canonical_json(whole).decode()).encode() + b");\n"
    return Artefact(f"{kind}-{row.slug}-{number:02}-{digest(script)[:16]}.js", "text/javascript", script)
