"""Where in a file an entry stands: the line of a place such as `rules[0].zone`, of `certificates: C-1`, or of an id."""

import re
from collections.abc import Iterator

import yaml

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


def line_of(body: bytes, place: str) -> int:
    """The line, counted from 1, of the deepest part of a place that the file has; 0 where it has none of it.

    Args:
        body: the file; only its layout is read, no value is made of it.
        place: keys and numbers as a mistake names them, or an id, with or without the list that holds it.
    """
    try:
        root = yaml.compose(body, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return 0
    register, _, name = place.rpartition(": ")
    if register:
        root = _child(root, register) or root
    found = next(_named(root, name), None) if root and name else None
    return found.start_mark.line + 1 if found else _walked(root, place)


def _walked(node: yaml.Node | None, place: str) -> int:
    line = 0
    for key, number in _STEP.findall(place):
        node = _child(node, int(number) if number else key)
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]  # type: ignore[no-any-return]  # PyYAML's stubs leave it open
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _named(node: yaml.Node, name: str) -> Iterator[yaml.Node]:
    """Every entry with this `id`, in file order."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "id" and value.value == name:
                yield node
            yield from _named(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _named(item, name)
