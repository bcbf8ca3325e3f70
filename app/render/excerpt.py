"""Which lines of an excerpt decide: found by the field's path in the YAML, not by guessing at words."""

import re
from dataclasses import dataclass

import yaml

_TOKEN = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an excerpt; `decides` marks it."""

    text: str
    decides: bool = False


def excerpt_lines(excerpt: str, field: str) -> tuple[Line, ...]:
    """Split an excerpt and mark the lines of `field`; nothing is marked when the field is not in it.

    Args:
        excerpt: a few lines of YAML, whole or a part of the object.
        field: JSON path from the object's root, for example `spec.ingress[0].from`.
    """
    lines = excerpt.rstrip("\n").split("\n")
    first, last = _span(excerpt, field)
    return tuple(Line(text, first <= index < last) for index, text in enumerate(lines))


def _span(excerpt: str, field: str) -> tuple[int, int]:
    """Lines [first, last) of a field, or an empty span."""
    root = _parsed(excerpt)
    tokens = [name or int(index) for name, index in _TOKEN.findall(field)]
    root, tokens = _below_heading(root, field, tokens)
    for start in range(len(tokens)):
        node, key = _walk(root, tokens[start:])
        if node is not None:
            first = (key or node).start_mark.line
            after = node.end_mark.line + (0 if _block(node) else 1)
            return first, max(after, first + 1)
    return 0, 0


def _below_heading(
    root: yaml.Node | None, field: str, tokens: list[str | int]
) -> tuple[yaml.Node | None, list[str | int]]:
    """Step below a first line that is itself a path (`spec.ingress[0]:`), as checks write their excerpts."""
    match root:
        case yaml.MappingNode(value=[(yaml.ScalarNode(value=heading), node)]) if "." in heading:
            if field == heading or field.startswith((f"{heading}.", f"{heading}[")):
                return node, tokens[len(_TOKEN.findall(heading)) :]
    return root, tokens


def _parsed(excerpt: str) -> yaml.Node | None:
    if len(excerpt) > _LONGEST:
        return None
    try:
        return yaml.compose(f"{excerpt.rstrip()}\n", Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None


def _block(node: yaml.Node) -> bool:
    """True for block collections, whose end mark is the start of what follows."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _walk(root: yaml.Node | None, tokens: list[str | int]) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Follow a path; gives the value's node and its key's, or nothing when the path leaves the excerpt."""
    node, key = root, None
    for token in tokens:
        match node:
            case yaml.MappingNode() if isinstance(token, str):
                pair = next(((k, v) for k, v in node.value if k.value == token), None)
                key, node = pair or (None, None)
            case yaml.SequenceNode() if isinstance(token, int) and token < len(node.value):
                key, node = None, node.value[token]
            case _:
                return None, None
    return (node, key) if tokens else (None, None)
