"""Options that several commands share. Every command takes the four common ones after its name."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from app.errors import InputError
from app.model.fields import decimal

_HIDDEN = "[]..."
_LONGEST_NAME = 100  # of a cluster; it becomes part of file names


class PlainCommand(TyperCommand):
    """A command whose usage line is silent about hidden arguments."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Pieces of the usage line."""
        return [piece for piece in super().collect_usage_pieces(ctx) if piece != _HIDDEN]


class SeveralCommand(PlainCommand):
    """A command with more than one option that takes several values: `--apply a b --from c d`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each further value, which is what the parser understands."""
        several = {name for item in self.params if getattr(item, "multiple", False) for name in item.opts}
        written: list[str] = []
        option = ""
        for number, text in enumerate(args):
            if text.startswith("-") and text != "-":
                option = text if text in several else ""
            elif option and number and args[number - 1] != option:
                written.append(option)
            written.append(text)
        return super().parse_args(ctx, written)


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Settings file.  [default: config/netattest.yaml, if present]"
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="PostgreSQL to use.  [default: NETATTEST_DATABASE_URL, else the embedded database]",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show tracebacks and debug log lines.")]

ClusterOption = Annotated[str | None, typer.Option("--cluster", metavar="NAME", help="Name of the cluster.")]
ScanOption = Annotated[str, typer.Option("--scan", metavar="ID|latest", help="Number of a stored scan.")]
FromOption = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="PATH...", help="Folders or files of manifests; - reads standard input."),
]
# `--from a b c`: an option takes one value, so the rest arrives as arguments.
MoreArgument = Annotated[list[str] | None, typer.Argument(hidden=True, metavar="")]
KubeconfigOption = Annotated[
    Path | None,
    typer.Option("--kubeconfig", metavar="FILE", help="Kubeconfig to use.  [default: as kubectl]"),
]
ContextOption = Annotated[
    str | None,
    typer.Option("--context", metavar="NAME", help="Context of the kubeconfig.  [default: the current one]"),
]
InClusterOption = Annotated[
    bool, typer.Option("--in-cluster", help="Use the service account of the pod that this runs in.")
]


def gathered(first: list[str] | None, more: list[str] | None, option: str) -> tuple[str, ...]:
    """Values of an option that takes several, wherever they stood on the command line.

    Raises:
        InputError: there are arguments, but the option that would take them was not given.
    """
    if more and not first:
        raise InputError(f"unexpected argument {more[0]!r}", advice=f"did you mean {option} {more[0]}?")
    return (*(first or ()), *(more or ()))


def split(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values that may also be written with commas, each once, in order."""
    return tuple(dict.fromkeys(part for value in values for part in value.split(",") if part))


def moment(text: str | None, option: str) -> datetime | None:
    """A date or time in ISO 8601; without an offset it is UTC."""
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # an offset may lead out of the years that there are
        raise InputError(
            f"{option} {text!r} is not a time", advice="write 2026-11-22 or 2026-11-22T02:15:00Z"
        ) from error


def scan_number(text: str) -> int | None:
    """The number of a scan, None for the latest."""
    if text == "latest":
        return None
    if number := decimal(text):
        return number
    raise InputError(f"--scan {text!r} is not a scan", advice="give its number, or latest")


def required(cluster: str | None) -> str:
    """The cluster's name, where a command cannot do without."""
    if not cluster:
        raise InputError("no cluster is named", advice="add --cluster NAME")
    return cluster


def new_name(cluster: str) -> str:
    """The name that a cluster's scans are stored under: it stands in tables, file names and links."""
    if len(cluster) > _LONGEST_NAME or not cluster.isprintable() or "/" in cluster or cluster.startswith("."):
        raise InputError(
            f"{cluster[:_LONGEST_NAME]!a} cannot be the name of a cluster",
            advice=f"give --cluster a name of at most {_LONGEST_NAME} printable characters, without / and not beginning with .",
        )
    return cluster
