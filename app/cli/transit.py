"""Encryption in transit, told on a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from app.cli.endpoints import Names
from app.cli.output import say
from app.model.connections import Connections
from app.model.encryption import Label, Mesh
from app.model.links import Links
from app.model.platform import Sign
from app.model.reachability import Connection
from app.model.transit import Encryption, PathVerdict

_LEFT = "  "
_DIGITS = 12

_Told = tuple[
    tuple[str, str, str, str, str], ...
]  # ports, label, strength, sentence, what the mesh authorises


def in_transit(encryption: Encryption, names: Names, rows: Iterable[Connection]) -> Iterator[str]:
    """Destinations of one source: those with the same ports and the same verdicts together, each verdict on a line."""
    groups: dict[tuple[str, _Told, tuple[str, ...]], list[Connection]] = {}
    for row, found in encryption.along(rows):
        told = _told(found)
        groups.setdefault((str(row.allowed), told, row.notes), []).append(row)
    for (ports, told, notes), alike in groups.items():
        for line in names.grouped(alike[0].source, alike):
            yield line.removesuffix(ports) if line.strip() == ports else line
        for shown, label, strength, says, authorised in told:
            yield f"{_LEFT}{_line((shown, label, strength, says), ports)}"
            if authorised:
                yield f"{_LEFT}{'' if shown == ports else f'{shown}: '}{authorised}"
        yield from (f"{_LEFT}note: {note}" for note in notes if not alike[0].notes)


def _told(found: Sequence[PathVerdict]) -> _Told:
    """Verdicts as a list shows them; those that differ only in what it leaves out are one."""
    alike: dict[tuple[str, str, str, str], Connections] = {}
    for item in found:
        key = (item.label.value, item.strength.value, item.says, _authorised(item))
        alike[key] = alike.get(key, Connections()) | item.ports
    return tuple((str(ports), *key) for key, ports in alike.items())


def _authorised(item: PathVerdict) -> str:
    """The mesh's own answer, beside the network's; empty where none is asked."""
    found = item.authorisation
    return f"mesh authorisation: {found.decision.value}: {found.says}" if found else ""


def verdict_lines(found: Sequence[PathVerdict], allowed: Connections) -> Iterator[str]:
    """One line for each verdict, its ports where they are not all of them, and one for each field that decided."""
    for item in found:
        yield _line((str(item.ports), item.label.value, item.strength.value, item.says), str(allowed))
        yield from (f"witness: {_witness(sign)}" for sign in item.signs)
        yield from (f"weak: {weak}" for weak in item.weak)
        if item.authorisation:
            yield _authorised(item)
            yield from (f"mesh authorisation: {limit}" for limit in item.authorisation.restrictions)


def _line(item: tuple[str, str, str, str], allowed: str) -> str:
    ports, label, strength, says = item
    where = "" if ports == allowed else f"{ports}: "
    return f"encryption: {where}{label} ({strength}): {says}"


def _witness(sign: Sign) -> str:
    """Object, field and value; the beginning of the stored object's digest, which `--json` has in full."""
    digest = f" (sha256 {sign.digest[:_DIGITS]}…)" if sign.digest else ""
    return f"{sign.ref}, {sign.field} = {sign.value or '(empty)'}{digest}"


def tell_protection(encryption: Encryption) -> None:
    """What was found that could encrypt, and how many pairs of workloads get which label."""
    protection = encryption.protection
    systems: tuple[Mesh | Links, ...] = (*protection.meshes, *protection.links)
    found = [item.name for item in systems]
    say(f"Found that could encrypt: {', '.join(found) if found else 'nothing that is recognised'}.")
    counts = encryption.tally()
    if counts:
        say(f"Pairs of workloads by their weakest label: {', '.join(_count(*item) for item in counts)}.")
    for system in systems:
        for caution in system.cautions:
            say(f"note: {system.name}: {caution}")
    for caution in encryption.protection.cautions:
        say(f"note: {caution}")


def _count(label: Label, number: int) -> str:
    return f"{label.value} {number}"
