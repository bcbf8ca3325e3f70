"""An end for the command that a kubeconfig names for credentials (`exec`): the client library waits for it for ever."""

import shutil
import sys
from typing import Any

from kubernetes.config import kube_config
from kubernetes.config.exec_provider import ExecProvider

SECONDS = 120  # each time it is run; what is killed ends with 124, and the server then refuses the missing credentials
_KILL_AFTER = 5
_module: Any = kube_config  # the package says that it is typed and leaves this without types
_Base: Any = ExecProvider


class _Bounded(_Base):  # type: ignore[misc]
    args: list[str]

    """Runs the command under coreutils' `timeout`; on a terminal a person may be asked, and takes their time."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        program = shutil.which("timeout")
        if program and not sys.stdout.isatty():
            self.args = [program, f"--kill-after={_KILL_AFTER}", str(SECONDS), *self.args]


def bound() -> None:
    """Let the library use it, also where it asks for a new token in the middle."""
    _module.ExecProvider = _Bounded
