"""Which fields of a policy are kept word for word although a secret could hide behind their names.

A pod selector such as `token-client: "true"` decides who may connect: masked, it would select someone else, and the verdict
would be wrong without anyone seeing it. Everything beside selectors is masked as in any custom resource.
"""

from collections.abc import Callable
from typing import Any

SELECTORS = frozenset({"matchLabels", "matchExpressions"})

Redact = Callable[[dict[str, Any]], dict[str, Any]]


def keeping_selectors(redact: Redact, value: dict[str, Any]) -> dict[str, Any]:
    """Redact a policy and put its selectors back as they were.

    Args:
        redact: what is done to any custom resource; it may drop fields.
        value: the object as JSON values.
    """
    redacted: dict[str, Any] = _restored(redact(value), value)
    return redacted


def _restored(redacted: Any, original: Any) -> Any:
    match redacted, original:
        case dict(), dict():
            return {
                key: original[key] if key in SELECTORS else _restored(item, original.get(key))
                for key, item in redacted.items()
            }
        case list(), list() if len(redacted) == len(original):
            return [_restored(item, whole) for item, whole in zip(redacted, original, strict=True)]
        case _:
            return redacted
