"""Middlewares of Traefik: whether those before a router answer every request by a redirect to https.

A Middleware can hold credentials, so of each no more is read than its kind, `redirectScheme`, `chain` and the headers of HSTS.
Source: Traefik's reference of Middleware (`traefik.io/v1alpha1`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.evaluate.edges.traefik_objects import doubtful, items, named
from app.evaluate.edges.world import Item, World, objects
from app.model.encryption import Known
from app.model.fields import mapping, text
from app.model.platform import Sign

_PROVIDER = "kubernetescrd"
# Kinds that may answer with a redirect by rules that are not read here; the rest hands on or refuses.
_MAY_REDIRECT = ("redirectRegex", "plugin", "errors", "forwardAuth")


@dataclass(frozen=True, slots=True)
class Reference:
    """A Middleware as something names it; `home` is empty where another provider has it."""

    home: str
    name: str

    @property
    def shown(self) -> str:
        """For a sentence."""
        return f"{self.home}/{self.name}" if self.home else self.name


def by_names(world: World, names: Iterable[str]) -> tuple[Reference, ...]:
    """References written `namespace-name@kubernetescrd`, as annotations and entry points have them."""
    known = world.once("middlewares of Traefik", _by_name)
    found = []
    for said in names:
        name, _, provider = said.strip().partition("@")
        item = known.get(name) if provider == _PROVIDER else None
        if name:
            found.append(Reference(item.namespace, item.name) if item else Reference("", said.strip()))
    return tuple(found)


def _by_name(world: World) -> Mapping[str, Item]:
    found = (item for item in items(world, "Middleware") if not doubtful(world, item))
    return {f"{item.namespace}-{item.name}": item for item in found}


def by_objects(item: Item, value: object) -> tuple[Reference, ...]:
    """References of a router or of a chain: a name, and a namespace where it is another one."""
    return tuple(
        Reference(text(entry.get("namespace")) or item.namespace, text(entry.get("name")))
        for entry in objects(value)
    )


def redirected(world: World, references: Iterable[Reference]) -> tuple[Known, str, tuple[Sign, ...]]:
    """Whether one of them redirects every request to https, a clause that says which, and the deciding fields."""
    open_ended: list[str] = []
    for reference, item in _resolved(world, references):
        if item is None:
            open_ended.append(f"Middleware {reference.shown} was not read")
            continue
        if text(mapping(item.spec.get("redirectScheme")).get("scheme")).lower() == "https":
            sign = item.sign("spec.redirectScheme.scheme", "https", "plain text is redirected")
            return Known.YES, f"{item.ref} redirects to https", (sign,)
        if kind := next((name for name in _MAY_REDIRECT if name in item.spec), ""):
            open_ended.append(f"{item.ref} is a {kind}, which may redirect")
    if open_ended:
        return Known.UNKNOWN, open_ended[0], ()
    return Known.NO, "no middleware of it redirects", ()


def hsts_of(world: World, references: Iterable[Reference]) -> str:
    """The first of them that sends HSTS (`headers.stsSeconds`), as a sentence; empty where none was read that does."""
    for _, item in _resolved(world, references):
        seconds = mapping(item.spec.get("headers")).get("stsSeconds") if item else None
        if item and isinstance(seconds, int) and seconds > 0:
            return f"Answers over TLS carry Strict-Transport-Security for {seconds} seconds ({item.ref})."
    return ""


def _resolved(world: World, references: Iterable[Reference]) -> Iterator[tuple[Reference, Item | None]]:
    """Each Middleware once, those of chains in place of the chain: chains may name one another, and themselves."""
    waiting, seen = list(references)[::-1], set[Reference]()
    while waiting:
        reference = waiting.pop()
        if reference in seen:
            continue
        seen.add(reference)
        item = named(world, "Middleware", reference.home, reference.name) if reference.home else None
        chain = mapping(item.spec.get("chain")).get("middlewares") if item else None
        if item and chain:
            waiting += by_objects(item, chain)[::-1]
        else:
            yield reference, item
