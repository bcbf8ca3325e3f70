"""A bound for what has none of its own: the client library waits for a credential plugin for ever."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class PluginHangsError(Exception):
    """It did not end in time; what it had started was killed."""


def bounded(act: Callable[[], T], seconds: float) -> T:
    """Do something that may start a process, in a thread of its own; on a terminal a person may take their time.

    Raises:
        PluginHangsError: it took longer. The thread ends with the processes that it waited for.
    """
    if sys.stdout.isatty():
        return act()
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(act())
        except BaseException as error:  # noqa: BLE001  it is raised where it was asked for
            failed.append(error)

    thread = Thread(target=run, name="credentials", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        _kill_children(thread.native_id)
        raise PluginHangsError
    if failed:
        raise failed[0]
    return done[0]


def _kill_children(thread: int | None) -> None:
    """Of one thread: other threads of this process have children of their own. Where Linux does not list them they are left."""
    with suppress(OSError):
        for number in Path(f"/proc/self/task/{thread}/children").read_text(encoding="ascii").split():
            with suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)
