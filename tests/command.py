"""`netattest` as a shell runs it, inside of the test's own process.

A process reads the whole program before it does anything, which takes longer than most commands. Arguments, folder,
environment, streams and exit code are the same here, so only tests about processes have to start them: those that kill one,
give it another user or language, or ask what two of them make.
"""

import gc
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

import pytest

from app.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended; the names are those of `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def run(
    *arguments: object, folder: Path, standard_input: bytes = b"", settings: Mapping[str, str] | None = None
) -> Ended:
    """Run one command to its end, in a folder and with more in its environment."""
    out, errors = _stream(), _stream()
    environment = {"COLUMNS": "80", **(settings or {})}  # as where the output is no terminal
    with (
        chdir(folder),
        patch.dict(os.environ, environment),
        patch.object(sys, "stdin", _stream(standard_input)),
        redirect_stdout(out),
        redirect_stderr(errors),
        _looks_for_cycles_as_before(),
        pytest.raises(SystemExit) as ended,
    ):
        main([str(item) for item in arguments])
    return Ended(int(ended.value.code or 0), _written(out), _written(errors))


@contextmanager
def _looks_for_cycles_as_before() -> Iterator[None]:
    """The program changes this of its whole process."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def _stream(content: bytes = b"") -> TextIOWrapper:
    """What a pipe is to a program."""
    return TextIOWrapper(BytesIO(content), encoding="utf-8")


def _written(stream: TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, BytesIO)
    return written.getvalue().decode()
