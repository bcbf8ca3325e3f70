"""What a plain YAML scalar means to Kubernetes.

`kubectl` and the API server read YAML as JSON by the rules of YAML 1.1 with Go's exceptions: `yes` and `on` are
booleans and `0777` is octal, but dates and sexagesimal numbers are text. Python's own rules would turn a label value
`2024-01-01` into a date and `22:30` into 1350. Source: sigs.k8s.io/yaml, `goyaml.v2/resolve.go`.
"""

import math
import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_MAYBE_NUMBER = re.compile(r"[-+]?[.\d]")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_OLD_OCTAL = re.compile(r"\A([-+]?)0([0-7]+)\Z")
_INT64 = 2**63
_LONGEST_INTEGER = len("-0b") + 64  # longer ones do not fit 64 bits in any base


def plain_scalar(text: str) -> Scalar:
    """Read an unquoted scalar without a tag."""
    if text in _WORDS:
        return _WORDS[text]
    if not _MAYBE_NUMBER.match(text):
        return text
    digits = text.replace("_", "")
    if len(digits) <= _LONGEST_INTEGER and _INTEGER.match(digits):
        number = int(_OLD_OCTAL.sub(r"\g<1>0o\g<2>", digits), 0)
        if -_INT64 <= number < 2 * _INT64:
            return number
    if _FLOAT.match(digits):
        value = float(digits)
        return value if math.isfinite(value) else text
    return text


def tagged_scalar(tag: str, text: str) -> Scalar:
    """Read a scalar with a tag: `!!str` is text, the other types of YAML are what they look like, others are text."""
    if tag.rpartition(":")[2] in ("int", "float", "bool", "null"):
        return plain_scalar(text)
    return text


def key_text(key: Scalar) -> str:
    """Write a mapping key as the text that JSON needs, as Go does: `true`, `80`."""
    match key:
        case bool():
            return "true" if key else "false"
        case None:
            return "null"
        case _:
            return str(key)
