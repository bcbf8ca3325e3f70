"""One input for one target: it is read, or refused by an error that is meant, and neither takes long."""

import faulthandler

from tests.fuzz.targets import Target

LONGEST = 60  # seconds; a reader that hangs ends the process with a traceback of where


def attempt(target: Target, value: object) -> None:
    """Read an input. Raises whatever the target does not expect."""
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    try:
        target.read(value)
    except target.expected as error:
        if not str(error):
            raise AssertionError(f"{type(error).__name__} says nothing") from error
    finally:
        faulthandler.cancel_dump_traceback_later()
