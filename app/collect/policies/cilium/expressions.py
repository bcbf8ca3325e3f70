"""Regular expressions as Go reads them, from texts that anyone may have written."""

import re
import warnings


def expression(text: str) -> re.Pattern[str] | None:
    """A compiled expression; None where it is none. The dialects of Go and Python agree on what nearly every rule is written with."""
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # `[[:alpha:]]`
            return re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return None
