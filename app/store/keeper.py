"""Runs one embedded PostgreSQL server for as long as some process uses it; started as a script by `local.py`.

Every user holds a shared lock on a file; the kernel gives it back however the user ends, SIGKILL included. When this
process gets that lock for itself nobody is left, and it stops the server. It holds the lock until the server is
down, so that a newcomer waits instead of meeting a server that is about to stop. Standard library only: it runs
isolated, and starts in 20 ms.

Usage: keeper.py USERS_FILE LOCK_FD UID GID PROGRAM ARGUMENT...
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.1


def _end_with_keeper() -> None:
    """Ask Linux to shut the server down (fast, SIGINT) should the keeper itself be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _unused(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main(users_file: str, lock: int, uid: int, gid: int, command: list[str]) -> int:
    """Start the server in the background, wait until nobody uses it, stop it; returns its exit status.

    Args:
        users_file: file on which each user holds a shared lock.
        lock: descriptor of the lock that says "this server runs". The server inherits it, so it says so even when
            this process is gone.
        uid: user that runs the server.
        gid: its group.
        command: the server and its arguments.
    """
    if os.fork():  # whoever starts this waits for this exit only, and never has a child to look after
        return 0
    users = os.open(users_file, os.O_RDWR)
    identity = (uid, gid, ()) if os.geteuid() != uid else (None, None, None)
    user, group, extra_groups = identity
    server = subprocess.Popen(  # noqa: S603  the command comes from the launcher
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=(lock,),
        preexec_fn=_end_with_keeper,  # noqa: PLW1509  this process has one thread
        user=user,
        group=group,
        extra_groups=extra_groups,
    )
    while server.poll() is None and not _unused(users):
        time.sleep(_POLL_SECONDS)
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    return server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]))
