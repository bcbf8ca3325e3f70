"""Whether a rule matches a caller, when some of what it asks for cannot be told from objects.

A match is no, unknown, or yes under conditions that only a request fulfils (a method, a path, a claim).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.detect.meshes.common.logic import every
from app.model.encryption import Known


@dataclass(frozen=True, slots=True)
class Match:
    """`conditions` stand beside YES alone, one sentence each."""

    answer: Known
    conditions: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Matches whatever the request."""
        return self.answer is Known.YES and not self.conditions


ALWAYS = Match(Known.YES)
NEVER = Match(Known.NO)
UNCLEAR = Match(Known.UNKNOWN)


def all_of(matches: Iterable[Match]) -> Match:
    """Every part must match; matches when there is none."""
    found = tuple(matches)
    answer = every(item.answer for item in found)
    if answer is not Known.YES:
        return Match(answer)
    return Match(answer, tuple(dict.fromkeys(text for item in found for text in item.conditions)))


def any_of(matches: Iterable[Match]) -> Match:
    """One part that matches is enough; never when there is none. What is unknown may match without any condition."""
    found = tuple(matches)
    if any(item.certain for item in found):
        return ALWAYS
    if any(item.answer is Known.UNKNOWN for item in found):
        return UNCLEAR
    conditional = [text for item in found if item.answer is Known.YES for text in item.conditions]
    return Match(Known.YES, tuple(dict.fromkeys(conditional))) if conditional else NEVER
