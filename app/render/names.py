"""Names in other people's forms: tokens, lines and UUIDs that are the same each time they are made from the same thing."""

import re
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from app.model.report import ReportDefinition

NAMESPACE: Final = "urn:netattest:evidence:v1"
"""Namespace of our properties, and the name under which our UUIDs are derived (RFC 9562, version 5)."""

_ROOT: Final[UUID] = uuid5(NAMESPACE_URL, NAMESPACE)
_LONGEST_NAME: Final = 100
_USUAL_PAPER: Final = "A4"
_NO_FILE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_NO_TOKEN: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_NO_LINE: Final = re.compile(r"\s+")


def derived(*parts: object) -> str:
    """A version 5 UUID for a thing named by its parts."""
    return str(uuid5(_ROOT, "\x1f".join(str(part) for part in parts)))


def token(text: str) -> str:
    """A token as OSCAL wants it: begins with a letter, no parentheses; `164.312(e)(1)` becomes `164.312-e-1`."""
    plain = _NO_TOKEN.sub("-", text).strip("-")
    return plain if plain[:1].isalpha() or plain.startswith("_") else f"id-{plain}"


def line(text: str) -> str:
    """One line that is not empty and neither begins nor ends with a space."""
    return _NO_LINE.sub(" ", text).strip() or "(none)"


def usual_stem(cluster: str, framework: str, days: str) -> str:
    """What the names of all reports of one cluster, framework and time begin with, and the whole of the usual one's.

    Whatever could leave a folder or surprise a shell becomes a hyphen.
    """
    name = _NO_FILE.sub("-", cluster).strip(".-")[:_LONGEST_NAME] or "cluster"
    return f"{name}-{framework}-{days}"


def file_stem(cluster: str, framework: str, days: str, shape: ReportDefinition, usual: str) -> str:
    """Name of a report's files without ending.

    A definition other than the `usual` one, and a paper other than A4, are named, so that reports of one scan never
    replace each other. The paper follows a dot, which no definition's part has: `…-executive.letter`.
    """
    definition = _NO_FILE.sub("-", shape.id).replace(".", "-").strip("-")[:_LONGEST_NAME] or "definition"
    own = "" if shape.id == usual else f"-{definition}"
    paper = "" if shape.paper == _USUAL_PAPER else f".{shape.paper.lower()}"
    return f"{usual_stem(cluster, framework, days)}{own}{paper}"
