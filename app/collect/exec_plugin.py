"""An end for the command that a kubeconfig names for credentials (`exec`): the client library waits for it for ever."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from kubernetes.config import exec_provider
from kubernetes.config.config_exception import ConfigException

SECONDS = 120  # each time it is run; the library logs the error, and the server then refuses the missing credentials
KILL_AFTER = 5
_module: Any = exec_provider  # the package says that it is typed and leaves this without types


class _Bounded(subprocess.Popen[str]):
    """A command with an end, and what it started with it; on a terminal a person may be asked, and takes their time."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self._asks = sys.stdout.isatty()
        super().__init__(*given, **named, process_group=None if self._asks else 0)

    def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[str, str]:  # noqa: A002  the base class's name
        """What it wrote; see the base class.

        Raises:
            ConfigException: it did not end in time, and was ended.
        """
        try:
            return super().communicate(input, timeout if self._asks else SECONDS)
        except subprocess.TimeoutExpired:
            self._end()
            raise ConfigException(f"exec: the command did not end within {SECONDS} s and was ended") from None

    def _end(self) -> None:
        """Ask the whole group to end, and make it. What left the group may hold the pipes open: nobody waits for their end."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.wait(KILL_AFTER)
        self._signal(signal.SIGKILL)
        self.wait()
        for pipe in (self.stdout, self.stderr):
            if pipe:
                pipe.close()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def bound() -> None:
    """Let the library use it, also where it asks for a new token in the middle."""
    _module.subprocess = SimpleNamespace(Popen=_Bounded, PIPE=subprocess.PIPE)
