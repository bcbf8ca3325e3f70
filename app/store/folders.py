"""Folders and private files of the embedded server, and who owns them."""

import os
import secrets
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.errors import StoreError
from app.store.binaries import Account

_LONGEST_SOCKET_FOLDER = 90  # sun_path has 108 bytes on Linux, 104 on macOS; "/.s.PGSQL.5432" takes 14


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Everything that one embedded server keeps. `postgres/` belongs to its user, the rest to whoever runs netattest."""

    root: Path
    account: Account

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.root / "postgres" / "data"

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.root / "log"

    def prepare(self) -> None:
        """Make what is missing.

        Raises:
            StoreError: a folder cannot be made, or not be entered by the server's user.
        """
        try:
            _make_reachable(self.root)
            if not self.account.can_enter(self.root):
                raise StoreError(
                    f"the data folder {self.root} cannot be entered by user {self.account.name}, "
                    "who runs the database",
                    advice="choose another folder with NETATTEST_DATA_DIR (for root /var/lib/netattest), "
                    "another user with NETATTEST_PG_USER, or give a database URL",
                )
            private_folder(self.data.parent, self.account)
        except OSError as error:
            raise StoreError(
                f"the data folder {self.root} cannot be used: {error.strerror}",
                advice="choose another folder with NETATTEST_DATA_DIR, or give a database URL",
            ) from error

    def socket_folder(self) -> Path:
        """A folder for the socket; a long path gets a short one in the temporary folder, the same at each start."""
        folder = self.data.with_name("socket")
        if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
            name = sha256(os.fsencode(self.root)).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"netattest-{self.account.uid}-{name}"
        private_folder(folder, self.account)
        return folder

    def password(self) -> str:
        """The superuser's password; made by whoever asks first, which is whoever makes the data folder."""
        path = self.root / "password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path.read_text(encoding="ascii")

    def last_words(self) -> str:
        """The end of the log, in one line."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return "no log was written"
        return " / ".join(line for line in lines[-3:] if line) or "the log is empty"


def default_data_dir() -> Path:
    """`$NETATTEST_DATA_DIR`, else `/var/lib/netattest` for root, else the user's data folder (XDG base directories)."""
    if named := os.environ.get("NETATTEST_DATA_DIR"):
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/netattest")
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "netattest"


def private_folder(folder: Path, account: Account) -> None:
    """Make a folder that only the account can enter; one that somebody else made in a shared place is refused.

    Raises:
        StoreError: it is there, and belongs to another user or is open to others.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, account.uid, account.gid)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid or status.st_mode & 0o077:
        raise StoreError(
            f"{folder} is not a folder that only user {account.name} can enter",
            advice="remove it if nothing in it is needed, or choose another folder with NETATTEST_DATA_DIR",
        )


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Write a file of mode 0600, for another account where one is given; it is never there half-written."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        if account is not None:
            os.chown(descriptor, account.uid, account.gid)
        file.write(text)
    unfinished.rename(path)


def _make_reachable(folder: Path) -> None:
    """Make a folder and what leads to it, such that other users may pass through what was made but not look."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(exist_ok=True)
        missing.chmod(0o711)  # whatever the umask is
