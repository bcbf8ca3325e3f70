"""What is wrong with one object, field by field; violations become gaps that name the object and its origin."""

from dataclasses import dataclass
from typing import TypeVar

import msgspec

from app.model.identity import ObjectRef
from app.model.snapshot import CollectionGap, GapReason, SnapshotObject

T = TypeVar("T", bound=msgspec.Struct)

_LONGEST = 300  # of what a message quotes from an object


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that the API server would refuse. `field` is a JSON path such as `spec.ingress[0].ports[1].port`."""

    field: str
    problem: str


class InvalidObjectError(Exception):
    """An object that cannot be used; carries every violation that was found, in the order of the document."""

    def __init__(self, *violations: Violation) -> None:
        super().__init__("; ".join(f"{item.field}: {item.problem}" for item in violations))
        self.violations = violations


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode one object into its wire form.

    Raises:
        InvalidObjectError: a field has the wrong type; the JSON path is kept.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        raise InvalidObjectError(Violation(_path(path), _lower(problem))) from None


def gaps_of(item: SnapshotObject, error: InvalidObjectError) -> list[CollectionGap]:
    """One gap for each violation of one object."""
    return [_gap(item.ref, item.origin, violation) for violation in error.violations]


def _gap(ref: ObjectRef, origin: str, violation: Violation) -> CollectionGap:
    place = f" ({origin})" if origin else ""
    where = f"{violation.field}: " if violation.field else ""
    problem = violation.problem
    if len(problem) > _LONGEST:
        problem = f"{problem[: _LONGEST // 2]} … {problem[-_LONGEST // 2 :]}"
    return CollectionGap(
        ref.group_kind,
        GapReason.INVALID,
        f"{ref}{place} was left out: {where}{problem}",
        advice="Correct the field; the API server would refuse this object as well.",
        namespace=ref.namespace,
        name=ref.name,
        field=violation.field,
    )


def _path(path: str) -> str:
    """Turn `$.spec.from[0]`` into `spec.from[0]`; map keys are written `[...]` by the decoder."""
    return path.rstrip("`").removeprefix("$").removeprefix(".")


def _lower(problem: str) -> str:
    return problem[:1].lower() + problem[1:]
