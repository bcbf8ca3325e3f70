"""Bounds on what a hostile file may cost: sizes, memory, time."""

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from app.errors import EvidenceError

MOST_BYTES: Final = 1 << 30
"""Bytes of one package, unpacked; a report of 100,000 pods has about a third of that."""

MOST_FILES: Final = 1_000
MOST_MEMORY: Final = 8 << 30
MOST_SECONDS: Final = 900

_ADVICE = "If it is genuine and merely large, verify it on a larger machine with --limit-seconds."


class _TimeIsUp(BaseException):
    """Not an `Exception`, so that no reader of a broken file takes it for one more broken part."""


@contextmanager
def bounded(seconds: int = MOST_SECONDS, memory: int = MOST_MEMORY) -> Iterator[None]:
    """Give what runs inside a limit of time and of memory.

    Args:
        seconds: of wall time; kept in the main thread only, where signals arrive.
        memory: bytes of address space of the process.

    Raises:
        EvidenceError: a limit was met, or recursion went too deep.
    """
    try:
        with _address_space(memory), _deadline(seconds):
            yield
    except _TimeIsUp:
        raise EvidenceError(f"reading it took more than {seconds} s", advice=_ADVICE) from None
    except MemoryError:
        raise EvidenceError(f"reading it needs more than {memory >> 20} MiB", advice=_ADVICE) from None
    except RecursionError:
        raise EvidenceError("it is nested too deeply to be a report of netattest") from None


@contextmanager
def _address_space(memory: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [value for value in (memory, soft, hard) if value != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def _deadline(seconds: int) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    others = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *others)  # whoever was counting goes on


def _ring(_: int, __: FrameType | None) -> None:
    raise _TimeIsUp
