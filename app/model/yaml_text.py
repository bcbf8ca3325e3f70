"""YAML that stands as text inside an object: a stranger's, so it is bounded, and no reading of it ends a scan."""

import yaml

UNREADABLE = (
    yaml.YAMLError,
    ValueError,
    LookupError,
    ArithmeticError,
    RecursionError,
    AttributeError,
    TypeError,
)
"""What PyYAML raises for bytes: also for a month 13, `!!bool x`, `!!int ''`, `!!timestamp x`, a number to base 60 that is too
large, and brackets that are too deep."""

LARGEST = 1_000_000  # characters; an API server takes no larger ConfigMap


class UnreadableTextError(ValueError):
    """The text cannot be read as YAML, or not safely."""


def read_text(text: str) -> object:
    """The value of a YAML text; None for an empty one.

    Raises:
        UnreadableTextError: it is not YAML, too large, or has aliases, which unfold to more than is written down.
    """
    if len(text) > LARGEST:
        raise UnreadableTextError
    try:
        # libyaml, which go-yaml, the reader of those whose settings these are, was made from; PyYAML's own parser takes five times
        # as long, and there may be a text of a megabyte for each revision of a mesh.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.CSafeLoader)):
            raise UnreadableTextError
        value: object = yaml.load(text, Loader=yaml.CSafeLoader)
    except UNREADABLE as error:
        raise UnreadableTextError from error
    return value
