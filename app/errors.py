"""One root, one family per stage; each error knows its advice and its exit code.

An error message says what happened and to which object; `advice` says what to do next. Only `app.cli` prints
either and turns `exit_code` into the process's own.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; a stable contract."""

    DONE = 0
    FINDINGS = 1  # done, and the threshold of --fail-on was met
    USAGE = 2  # wrong usage, configuration or input
    INCOMPLETE = 3  # done, but the collection was incomplete
    UNREACHABLE = 4  # a cluster, the database or another part could not be reached
    EVIDENCE = 5  # evidence does not verify


class NetattestError(Exception):
    """Root of all errors that a person is meant to read.

    Args:
        message: What happened, naming the object.
        advice: What to do next; empty where nothing can be done.
    """

    exit_code: ExitCode = ExitCode.USAGE

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class ConfigurationError(NetattestError):
    """Settings, scope, schedule, exceptions or framework files that cannot be used."""


class InputError(NetattestError):
    """Manifests or arguments that cannot be used at all; one bad object is a gap instead."""


class CollectError(NetattestError):
    """A cluster could not be reached or refused the credentials."""

    exit_code = ExitCode.UNREACHABLE


class StoreError(NetattestError):
    """The database could not be reached, is not at the expected revision, or refused a write."""

    exit_code = ExitCode.UNREACHABLE


class ScanInProgressError(StoreError):
    """Another run holds the cluster's lock."""


class NotFoundError(NetattestError):
    """A cluster, scan, framework, workload or file that was named does not exist."""


class EvidenceError(NetattestError):
    """Stored evidence does not match its digest or its chain."""

    exit_code = ExitCode.EVIDENCE


class RenderError(NetattestError):
    """A report could not be made; the message names the missing part."""

    exit_code = ExitCode.UNREACHABLE


class SealError(NetattestError):
    """A report could not be signed or time-stamped."""

    exit_code = ExitCode.UNREACHABLE


class DeliveryError(NetattestError):
    """An artefact could not be written where it was asked for."""

    exit_code = ExitCode.UNREACHABLE


class TransientDeliveryError(DeliveryError):
    """The other side did not take it now, and may take it later: a connection, a time-out, a busy server."""


class NightError(NetattestError):
    """A night has no scan, or something that it owes could not be done; what could be was done and recorded."""

    exit_code = ExitCode.UNREACHABLE


class UnusableChannelError(TransientDeliveryError):
    """A channel lacks something on this side, such as its secret; it is tried again, since that may be there later."""

    exit_code = ExitCode.USAGE
