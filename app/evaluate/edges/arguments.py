"""Command lines of containers → flags. One parser for every form that manifests have.

`--flag=value`, `--flag value`, `-flag=value`, a flag alone, a flag given twice (the last counts, as in Go's flag packages),
one shell script in a single word, a wrapper with flags of its own before the program (kops runs `go-runner … kube-apiserver`).
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.world import words

_PROGRAMS = ("bin", "/ko-app")  # directories of programs; the second is where `ko` builds them into an image
_ALONE = "true"  # the value of a flag without one


@dataclass(frozen=True, slots=True)
class Argument:
    """One flag: name without dashes, value, and where it stands in the container (`command[2]`)."""

    name: str
    value: str
    path: str


Word = tuple[str, str]  # text and path


def command_line(container: Mapping[str, Any]) -> tuple[Word, ...]:
    """Words of command and arguments, with their paths; a script is split the way a shell does."""
    found: list[Word] = []
    for part in ("command", "args"):
        for index, word in enumerate(words(container.get(part))):
            found += [(piece, f"{part}[{index}]") for piece in _pieces(word)]
    return tuple(found)


def _pieces(word: str) -> Sequence[str]:
    """A word is a script when it holds blanks and a flag after one of them."""
    if " -" not in word and "\n" not in word:
        return (word,)
    text = word.replace("\\\n", " ")
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def runs(container: Mapping[str, Any], program: str) -> bool:
    """The command line starts the program."""
    return _start(command_line(container), program) is not None


def _start(line: Sequence[Word], program: str) -> int | None:
    """Where a command line starts a program.

    A flag or its value may end in the program's name without starting it, as `--data-dir=/var/lib/etcd` and `--data-dir /var/lib/etcd`
    do. So a path counts only below the root or a directory of programs, and a bare name only where no flag stands before it.
    """
    before = ""
    for index, (word, _) in enumerate(line):
        home, mark, name = word.rpartition("/")
        if name == program and not word.startswith("-"):
            is_path = bool(mark) and (home in ("", ".") or home.endswith(_PROGRAMS))
            if is_path or (not mark and ("=" in before or not before.startswith("-"))):
                return index
        before = word
    return None


def base(word: str) -> str:
    """The last part of a path."""
    return word.rpartition("/")[2]


def arguments(container: Mapping[str, Any], program: str = "") -> Mapping[str, Argument]:
    """Flags of a program by name; those of a wrapper before it are left out. Without a name, all flags count."""
    line = command_line(container)
    start = _start(line, program) if program else None
    return {item.name: item for item in _flags(line if start is None else line[start + 1 :])}


def _flags(line: Sequence[Word]) -> Iterable[Argument]:
    position = 0
    while position < len(line):
        word, path = line[position]
        position += 1
        if not word.startswith("-") or word in ("-", "--"):
            continue
        name, mark, value = word.lstrip("-").partition("=")
        if not mark:
            following = line[position][0] if position < len(line) else "-"
            value = _ALONE if following.startswith("-") else following
        yield Argument(name, value.strip("\"'"), path)
