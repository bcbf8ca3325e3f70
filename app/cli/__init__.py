"""The command line: one module per group of commands. Only this package prints; only `main` catches.

Standard output carries results, standard error carries progress, log lines and errors. Exit codes are a contract
(`app.errors.ExitCode`); 130 is added for Ctrl-C, as shells expect.
"""

import gc
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

from app.cli.output import clean
from app.cli.program import build
from app.errors import ExitCode, NetattestError

__all__ = ["look_for_cycles_rarely", "main"]

_INTERRUPTED = 130  # 128 + SIGINT
_NEW_OBJECTS = 100_000  # between two looks for cycles; Python itself looks every 700


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit code; `arguments` default to the process's own.

    An error that nobody foresaw ends with 4, "another part could not be reached": it must not look like findings (1),
    wrong usage (2) or an incomplete collection (3).
    """
    look_for_cycles_rarely()
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # names of a cluster may not fit the terminal's encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        build()(given, prog_name="netattest")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except NetattestError as error:
        _trace(given)
        sys.exit(_tell(str(error), error.advice, error.exit_code))
    except Exception as error:  # noqa: BLE001  the one place where everything ends up
        _trace(given)
        problem = f"internal error: {type(error).__name__}: {_masked(' '.join(str(error).split()))[:300]}"
        sys.exit(_tell(problem, "run it again with --debug and report what it prints", ExitCode.UNREACHABLE))
    sys.exit(ExitCode.DONE)


def look_for_cycles_rarely() -> None:
    """Run Python's cycle collector less often: it took a quarter of the time that judging a large cluster takes.

    Values of the model are trees, which reference counting frees at once; peak memory stays the same.
    """
    gc.set_threshold(_NEW_OBJECTS)


def _trace(arguments: Sequence[str]) -> None:
    if "--debug" in arguments:
        sys.stderr.write(_masked(traceback.format_exc()))


def _masked(text: str) -> str:
    """Words of libraries, without what looks like a secret."""
    from app.collect.masking import masked_text

    return masked_text(text)


def _tell(message: str, advice: str, code: ExitCode) -> ExitCode:
    """Print an error and what to do next on the standard error stream."""
    lines = [f"netattest: {message}", *([f"next step: {advice}"] if advice else [])]
    sys.stderr.write("".join(f"{clean(line)}\n" for text in lines for line in text.split("\n")))
    return code
