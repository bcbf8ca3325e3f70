"""What a change would do, for a terminal, a pull request and a program; `whatif` and `fix` print the same."""

from collections.abc import Iterable, Iterator, Sequence

from app.cli.endpoints import Names
from app.cli.output import clean, heading, say
from app.cli.shapes import plural, result_shape
from app.model.change import Consequences, EncryptionChange, PathDelta
from app.model.finding import CheckResult
from app.model.history import Move
from app.model.reachability import Workload

_TOLD = 25


def shape(found: Consequences) -> dict[str, object]:
    """All of it as JSON values."""
    return {
        "objects": [{"object": str(item.ref), "change": item.kind.value} for item in found.objects],
        "paths": [
            {
                "source": item.source,
                "destination": item.destination,
                "change": "opens" if item.opened else "closes",
                "ports": item.ports.to_json(),
                "because": list(item.because),
            }
            for item in found.paths
        ],
        "findings": {
            "opened": [result_shape(item) for item in found.opened],
            "closed": [result_shape(item) for item in found.closed],
            "undecided": [result_shape(item) for item in found.undecided],
        },
        "controls": [
            {
                "framework": item.framework,
                "control": item.control,
                "before": item.before.value,
                "after": item.after.value,
            }
            for item in found.flips
        ],
        "moves": moves_shape(found.moves),
        "notes": list(found.notes),
    }


def moves_shape(moves: Sequence[Move]) -> list[dict[str, str]]:
    """Workloads that are in another zone or boundary, as JSON objects."""
    return [
        {"workload": item.workload, "field": item.field, "before": item.before, "after": item.after}
        for item in moves
    ]


def tell(found: Consequences, workloads: Sequence[Workload]) -> None:
    """All of it for a person; long lists are cut, and say so."""
    names = Names(workloads)
    _part("Objects", [f"{item.kind.value:<8} {item.ref}" for item in found.objects])
    for opened, word in ((True, "open"), (False, "close")):
        paths = [item for item in found.paths if item.opened is opened]
        _part(f"Paths that {word}", [_path(names, item) for item in paths])
    _part("Findings that open", [_finding(item) for item in found.opened])
    _part("Findings that close", [_finding(item) for item in found.closed])
    if found.undecided:
        _part("No longer decided", [_finding(item) for item in found.undecided])
    if found.moves:
        _part("Places of workloads", [_move(item) for item in found.moves])
    _part("Controls", [f"{i.framework} {i.control}: {i.before.value} → {i.after.value}" for i in found.flips])
    for note in found.notes:
        say(f"note: {note}")


def markdown(found: Consequences, workloads: Sequence[Workload]) -> str:
    """The same as a comment on a pull request."""
    names = Names(workloads)
    opened = [item for item in found.paths if item.opened]
    closed = [item for item in found.paths if not item.opened]
    lines = [
        "### What this change does to the network",
        "",
        (
            f"{plural(len(opened), 'path')} would open and {len(closed)} would close; "
            f"{plural(len(found.opened), 'finding')} would open and {len(found.closed)} would close; "
            f"{plural(len(found.flips), 'control')} would change state."
        ),
        *_list("Paths that open", (_path_md(names, item) for item in opened)),
        *_list("Paths that close", (_path_md(names, item) for item in closed)),
        *_list(
            "Findings that open",
            (f"**{i.severity.value}** {_md(i.says)} (`{i.check}`)" for i in found.opened),
        ),
        *_list(
            "Findings that close",
            (f"**{i.severity.value}** {_md(i.says)} (`{i.check}`)" for i in found.closed),
        ),
        *_list("No longer decided", (f"{_md(i.says)} (`{i.check}`)" for i in found.undecided)),
        *_list(
            "Controls",
            (f"{i.framework} {i.control}: {i.before.value} → {i.after.value}" for i in found.flips),
        ),
        *_list("Places of workloads", (_md(_move(item)) for item in found.moves)),
        *_list("Notes", (_md(note) for note in found.notes)),
    ]
    return "\n".join(lines)


def encryption_shape(found: Sequence[EncryptionChange] | None) -> list[dict[str, str]] | None:
    """Pairs whose protection differs, as JSON values; null where they were too many to compare."""
    return None if found is None else [_encryption(item) for item in found]


def _encryption(item: EncryptionChange) -> dict[str, str]:
    return {
        "source": item.source,
        "destination": item.destination,
        "change": "lost" if item.lost else "won",
        "before": item.before.value,
        "after": item.after.value,
    }


def tell_encryption(found: Sequence[EncryptionChange] | None, workloads: Sequence[Workload]) -> None:
    """The same for a person."""
    if found is None:
        say("note: the cluster is too large to compare encryption pair by pair")
        return
    names = Names(workloads)
    for lost, title in ((True, "Encryption that is lost"), (False, "Encryption that is won")):
        pairs = [item for item in found if item.lost is lost]
        _part(title, [f"{_pair(names, item)}: {item.before.value} → {item.after.value}" for item in pairs])


def encryption_markdown(found: Sequence[EncryptionChange] | None, workloads: Sequence[Workload]) -> str:
    """The same below a comment on a pull request; empty where nothing differs."""
    names = Names(workloads)
    lines = (
        f"**{'lost' if item.lost else 'won'}** `{clean(_pair(names, item))}`: {item.before.value} → {item.after.value}"
        for item in found or ()
    )
    return "\n".join(_list("Encryption", lines))


def _pair(names: Names, item: EncryptionChange) -> str:
    return f"{names.one(item.source)} → {names.one(item.destination)}"


def _part(title: str, lines: Sequence[str]) -> None:
    heading(f"{title}: {len(lines)}" if lines else f"{title}: none")
    for line in lines[:_TOLD]:
        say(f"  {line}")
    if len(lines) > _TOLD:
        say(f"  … and {len(lines) - _TOLD} more; --json lists all")


def _path(names: Names, item: PathDelta) -> str:
    because = f"  ({'; '.join(item.because)})" if item.because else ""
    return f"{names.one(item.source)} → {names.one(item.destination)}: {item.ports}{because}"


def _finding(item: CheckResult) -> str:
    return f"{item.severity.value:<8} {item.check}: {item.says}"


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if not found:
        return
    yield from (
        "",
        f"<details{' open' if 'open' in title else ''}><summary>{title}: {len(found)}</summary>",
        "",
    )
    yield from (f"- {line}" for line in found[:_TOLD])
    if len(found) > _TOLD:
        yield f"- … and {len(found) - _TOLD} more"
    yield from ("", "</details>")


def _path_md(names: Names, item: PathDelta) -> str:
    because = f" because of {_md('; '.join(item.because))}" if item.because else ""
    return (
        f"`{clean(names.one(item.source))}` → `{clean(names.one(item.destination))}`: {item.ports}{because}"
    )


def _md(text: str) -> str:
    """Text from a cluster inside Markdown: nothing in it is markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in clean(text))


def _move(item: Move) -> str:
    return f"{item.workload} {item.field}: {item.before} → {item.after}"
