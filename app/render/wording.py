"""How numbers, dates and states are written, in one place, whatever the machine's language is."""

from datetime import UTC, date, datetime
from typing import Final

from app.model.control import ControlState
from app.model.finding import Outcome, Severity, Strength
from app.model.months import MONTHS
from app.model.platform import Enforcement
from app.model.scope import Boundary, Zone
from app.model.snapshot import Coverage, GapReason

THIN_SPACE: Final = "\u202f"  # the narrow one that no line breaks at
ELLIPSIS: Final = "…"
SHORT_NUMBER: Final = 9
"""Signs of `11.4.5` or `A.8.24` fit a narrow column, and `164.308(a)(1)` does not; what is saved goes to the sentences."""

_SMALL: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_IRREGULAR: Final = {"policy": "policies", "entry": "entries", "night": "nights", "is": "are", "has": "have"}

STATE_WORDS: Final[dict[ControlState, str]] = {
    ControlState.SUPPORTED: "Supported",
    ControlState.EXCEPTION: "Exception noted",
    ControlState.PARTIAL: "Exception accepted",
    ControlState.INSUFFICIENT: "Insufficient evidence",
    ControlState.MANUAL: "Manual evidence needed",
    ControlState.NOT_APPLICABLE: "Not applicable",
}
"""Words beside the marks, in the order in which bars and legends show the states."""

OUTCOME_WORDS: Final[dict[Outcome, str]] = {
    Outcome.FAIL: "Exception",
    Outcome.INSUFFICIENT: "Not determined",
    Outcome.ERROR: "Check ended in an error",
    Outcome.PASS: "No exception",
    Outcome.NOT_APPLICABLE: "Not applicable",
}
"""Words for one subject of a check, worst first."""

OUTCOME_MARKS: Final[dict[Outcome, ControlState]] = {
    Outcome.FAIL: ControlState.EXCEPTION,
    Outcome.INSUFFICIENT: ControlState.INSUFFICIENT,
    Outcome.ERROR: ControlState.INSUFFICIENT,
    Outcome.PASS: ControlState.SUPPORTED,
    Outcome.NOT_APPLICABLE: ControlState.NOT_APPLICABLE,
}

SEVERITY_WORDS: Final[dict[Severity, str]] = {item: item.value.capitalize() for item in Severity}

STRENGTH_WORDS: Final[dict[Strength, str]] = {
    Strength.DECLARED: "declared, by an object that says so",
    Strength.EFFECTIVE: "effective, worked out over all objects on a data plane known to enforce them",
    Strength.OBSERVED: "observed, that is seen to happen",
}

ENFORCEMENT_WORDS: Final[dict[Enforcement, str]] = {
    Enforcement.ENFORCED: "Enforced",
    Enforcement.NOT_ENFORCED: "Not enforced",
    Enforcement.DEGRADED: "Degraded",
    Enforcement.UNKNOWN: "Unknown",
}

ENFORCEMENT_MARKS: Final[dict[Enforcement, ControlState]] = {
    Enforcement.ENFORCED: ControlState.SUPPORTED,
    Enforcement.NOT_ENFORCED: ControlState.EXCEPTION,
    Enforcement.DEGRADED: ControlState.PARTIAL,
    Enforcement.UNKNOWN: ControlState.INSUFFICIENT,
}

COVERAGE_WORDS: Final[dict[Coverage, str]] = {
    Coverage.COMPLETE: "Complete",
    Coverage.PARTIAL: "Partial",
    Coverage.REFUSED: "Refused",
    Coverage.ABSENT: "Not served",
}

COVERAGE_MARKS: Final[dict[Coverage, ControlState]] = {
    Coverage.COMPLETE: ControlState.SUPPORTED,
    Coverage.PARTIAL: ControlState.INSUFFICIENT,
    Coverage.REFUSED: ControlState.INSUFFICIENT,
    Coverage.ABSENT: ControlState.NOT_APPLICABLE,
}

GAP_WORDS: Final[dict[GapReason, str]] = {
    GapReason.FORBIDDEN: "permission missing",
    GapReason.NOT_SERVED: "not served",
    GapReason.UNREACHABLE: "API did not answer",
    GapReason.TRUNCATED: "list cut short",
    GapReason.UNREADABLE: "document not readable",
    GapReason.INVALID: "field not valid",
    GapReason.DUPLICATE: "identity used twice",
    GapReason.TOO_LARGE: "document too large",
    GapReason.UNCLEAR: "policy not understood",
    GapReason.UNKNOWN_KIND: "policy kind not evaluated",
}

ZONE_WORDS: Final[dict[Zone, str]] = {
    Zone.CDE: "Cardholder data environment",
    Zone.CONNECTED: "Connected-to",
    Zone.SECURITY: "Security-impacting",
    Zone.OUT: "Out of scope",
    Zone.UNKNOWN: "Unknown",
}

SENSITIVE_WORDS: Final[dict[Boundary | None, str]] = {
    Boundary.PCI: "cardholder data environment",
    Boundary.HIPAA: "part that holds ePHI",
    Boundary.SOC2: "confidential part of the system",
    None: "group of data stores",
}


def number(value: int) -> str:
    """Write `20 000` and `1 125`: groups of three digits with a narrow space that no line breaks at."""
    return f"{value:,}".replace(",", THIN_SPACE)


def plural(noun: str) -> str:
    """The plural of an English noun used in this report."""
    head, _, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        word = _IRREGULAR[last]
    elif last.endswith("y") and last[-2:-1] not in tuple("aeiou"):
        word = f"{last[:-1]}ies"
    elif last.endswith(("s", "x", "ch", "sh")):
        word = f"{last}es"
    else:
        word = f"{last}s"
    return f"{head} {word}".strip()


def count(value: int, noun: str) -> str:
    """Write `1 workload`, `20 000 workloads`."""
    return f"{number(value)} {noun if value == 1 else plural(noun)}"


def spelled(value: int, noun: str) -> str:
    """Write `no finding`, `one finding`, `eleven` and more as figures: for the middle of a sentence."""
    word = _SMALL[value] if value < len(_SMALL) else number(value)
    return f"{word} {noun if value in (0, 1) else plural(noun)}"


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop."""
    return capital(ended(text))


def capital(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]


def said(text: str) -> str:
    """A sentence that may begin with a name, which keeps its letters; any other begins with a capital."""
    first = text.split(" ", 1)[0]
    return ended(text) if any(mark in first for mark in "/=[.:") else sentence(text)


def ended(text: str) -> str:
    """End with a full stop; the first letter stays, since it may be that of a name."""
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?", ":")) else f"{text}."


def moved(opened: int, closed: int, noun: str) -> str:
    """Write `no connection opened or closed`, `2 connections opened and 1 closed`."""
    if not opened and not closed:
        return f"no {noun} opened or closed"
    return f"{count(opened, noun)} opened and {number(closed)} closed"


def joined(items: list[str] | tuple[str, ...]) -> str:
    """Write `a`, `a and b`, `a, b and c`."""
    if len(items) < 2:  # noqa: PLR2004  a pair is the first list
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def day(value: date | datetime) -> str:
    """Write `21 August 2026`; times count in UTC."""
    moment = value.astimezone(UTC) if isinstance(value, datetime) else value
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def stamp(value: datetime) -> str:
    """Write `2026-08-21 06:00:00 UTC`."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def minute(value: datetime) -> str:
    """Write `2026-08-21 06:00 UTC`, for tables."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def iso_day(value: date | datetime) -> str:
    """Write `2026-08-21`; times count in UTC."""
    moment = value.astimezone(UTC) if isinstance(value, datetime) else value
    return f"{moment:%Y-%m-%d}"


def short_digest(digest: str) -> str:
    """Write `9f2c41d7…c3b08e`; anything short, or none, stays as it is."""
    return digest if len(digest) <= 16 else f"{digest[:8]}{ELLIPSIS}{digest[-6:]}"  # noqa: PLR2004  8 + 1 + 6 characters and one more


def clipped(text: str, length: int) -> str:
    """Cut a long name in the middle, where names differ least; the whole one stands elsewhere."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return f"{text[: length - 1 - tail]}{ELLIPSIS}{text[len(text) - tail :]}"
