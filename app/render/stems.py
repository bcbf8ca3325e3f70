"""Names that share most of their letters: what they share is printed once."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.model.finding import ARROW


@dataclass(frozen=True, slots=True)
class Names:
    """Names of which `stem` says the rest, with `…` in their place; of names that stand alone it is empty."""

    stem: str
    names: tuple[str, ...]


def stemmed(names: Iterable[tuple[str, str]]) -> tuple[Names, ...]:
    """Put together what is called alike; first come those that share with nobody.

    Args:
        names: each with its namespace, which is empty where there is none.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for whole, namespace in names:
        stem, name = _parted(whole, namespace)
        groups.setdefault(stem, []).append((name, whole))
    shared = {stem: items for stem, items in groups.items() if stem and len(items) > 1}
    alone = tuple(whole for stem, items in groups.items() if stem not in shared for _, whole in items)
    together = tuple(Names(stem, tuple(name for name, _ in items)) for stem, items in shared.items())
    return ((Names("", alone),) if alone else ()) + together


def _parted(whole: str, namespace: str) -> tuple[str, str]:
    """Return what others may be called as well, with `…` where the name stands, and the name.

    That is the source of a path; of an object what stands before and behind its name: `NetworkPolicy shop/…`,
    `shop/…[Deployment]`.
    """
    source, arrow, destination = whole.partition(ARROW)
    if arrow:
        return f"{source}{arrow}…", destination
    before, slash, rest = whole.partition(f"{namespace}/")
    if not (namespace and slash):
        return "", whole
    name, bracket, kind = rest.partition("[") if rest.endswith("]") else (rest, "", "")
    return f"{before}{slash}…{bracket}{kind}", name
