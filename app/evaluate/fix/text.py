"""Proposed objects as YAML, ready for `kubectl apply`."""

from collections.abc import Iterable

import yaml

from app.model.fix import Proposed

_WIDTH = 110


def as_yaml(objects: Iterable[Proposed]) -> str:
    """One document for each object, with its reason as a comment above it."""
    return "---\n".join(_document(item) for item in objects)


def _document(item: Proposed) -> str:
    body: str = yaml.dump(
        dict(item.body),
        Dumper=_Plain,
        sort_keys=False,
        width=_WIDTH,
        allow_unicode=True,
        default_flow_style=False,
    )
    return f"# {item.why}\n{body}"


class _Plain(yaml.SafeDumper):
    """The safe writer without anchors, and with lists indented below their key, as manifests are written."""

    def ignore_aliases(self, data: object) -> bool:
        """Write a value out wherever it stands."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists."""
        del indentless
        super().increase_indent(flow, False)
