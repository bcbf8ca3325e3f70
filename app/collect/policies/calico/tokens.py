"""Calico's selector language: text → tokens.

Upstream: projectcalico/calico `libcalico-go/lib/selector/tokenizer`. What is peculiar there is kept: only blanks and tabs
separate, a string has no escapes, an operator in words is looked for right after a label and nowhere else, and
`startswith`, `endswith` and `notin` may be written together.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_LONGEST_LABEL = 512


class Kind(StrEnum):
    """What a token is; the value is how a message names it."""

    LABEL = "a label name"
    TEXT = "a quoted string"
    CALL = "a function"  # all(), global(), has(label)
    OPERATOR = "an operator"
    SIGN = "a sign"  # ( ) { } , ! && ||
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `at` counts characters from 1. `text` is the label, string, operator or sign itself.

    A call's text is its name, and `argument` the label of `has()`.
    """

    kind: Kind
    text: str
    at: int
    argument: str = ""

    def __str__(self) -> str:
        """Name it in a message."""
        if self.kind is Kind.END:
            return self.kind
        return f'`"{self.text}"`' if self.kind is Kind.TEXT else f"`{self.text}`"


class SelectorError(ValueError):
    """A text that is no selector; says what was expected and at which character."""

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(f"{problem} at character {at}")
        self.at = at


_BLANK = re.compile(r"[ \t]*")
_LABEL = re.compile(r"[A-Za-z0-9_./-]+")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'", re.DOTALL)
_SIGN = re.compile(r"&&|\|\||[(){},!]")
_COMPARISON = re.compile(r"==|!=")
_WORDS = re.compile(
    r"(?:(contains)|(starts)[ \t]*with|(ends)[ \t]*with|(not)[ \t]*in|(in))(?![A-Za-z0-9_./-])"
)
_OPERATORS = {"starts": "starts with", "ends": "ends with", "not": "not in"}
_CALL = re.compile(r"(has|all|global)\(")


def tokens(text: str) -> list[Token]:
    """Cut a selector into tokens; the last one is the end.

    Raises:
        SelectorError: where no token begins.
    """
    found: list[Token] = []
    at = _skip_blank(text, 0)
    while at < len(text):
        after_label = bool(found) and found[-1].kind is Kind.LABEL
        token, at = _token(text, at, after_label=after_label)
        found.append(token)
        at = _skip_blank(text, at)
    return [*found, Token(Kind.END, "", at + 1)]


def _token(text: str, at: int, *, after_label: bool) -> tuple[Token, int]:
    if match := _COMPARISON.match(text, at):
        return Token(Kind.OPERATOR, match[0], at + 1), match.end()
    if match := _SIGN.match(text, at):
        return Token(Kind.SIGN, match[0], at + 1), match.end()
    if text[at] in "\"'":
        return _quoted(text, at)
    if text[at] in "=&|":
        raise SelectorError(f"expected `{text[at] * 2}`", at + 1)
    return _operator(text, at) if after_label else _name(text, at)


def _quoted(text: str, at: int) -> tuple[Token, int]:
    match = _QUOTED.match(text, at)
    if match is None:
        raise SelectorError("the string that begins here is not closed", at + 1)
    return Token(Kind.TEXT, match[0][1:-1], at + 1), match.end()


def _operator(text: str, at: int) -> tuple[Token, int]:
    match = _WORDS.match(text, at)
    if match is None:
        raise SelectorError("expected an operator after the label", at + 1)
    word = next(group for group in match.groups() if group)
    return Token(Kind.OPERATOR, _OPERATORS.get(word, word), at + 1), match.end()


def _name(text: str, at: int) -> tuple[Token, int]:
    if match := _CALL.match(text, at):
        return _call(match[1], text, match.end())
    label, end = _label(text, at)
    return Token(Kind.LABEL, label, at + 1), end


def _call(name: str, text: str, inside: int) -> tuple[Token, int]:
    argument, end = "", _skip_blank(text, inside)
    if name == "has":
        argument, end = _label(text, end)
        end = _skip_blank(text, end)
    if not text.startswith(")", end):
        raise SelectorError(f"expected `)` to close {name}(", end + 1)
    return Token(Kind.CALL, name, inside - len(name), argument), end + 1


def _label(text: str, at: int) -> tuple[str, int]:
    match = _LABEL.match(text, at)
    if match is None:
        raise SelectorError("expected a label name", at + 1)
    if len(match[0]) > _LONGEST_LABEL:
        raise SelectorError(f"the label name is longer than {_LONGEST_LABEL} characters", at + 1)
    return match[0], match.end()


def _skip_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at
