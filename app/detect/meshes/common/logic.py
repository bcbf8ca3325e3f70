"""Answers with three values (Kleene): unknown decides nothing, and hides nothing that is decided without it."""

from collections.abc import Iterable

from app.model.encryption import Known


def known(value: bool) -> Known:
    """A plain yes or no."""
    return Known.YES if value else Known.NO


def every(answers: Iterable[Known]) -> Known:
    """NO as soon as one is no; YES when all are yes, and when there is none."""
    found = set(answers)
    if Known.NO in found:
        return Known.NO
    return Known.UNKNOWN if Known.UNKNOWN in found else Known.YES


def some(answers: Iterable[Known]) -> Known:
    """YES as soon as one is yes; NO when all are no, and when there is none."""
    return negated(every(negated(item) for item in answers))


def negated(answer: Known) -> Known:
    """The opposite; unknown stays unknown."""
    match answer:
        case Known.YES:
            return Known.NO
        case Known.NO:
            return Known.YES
        case Known.UNKNOWN:
            return Known.UNKNOWN
