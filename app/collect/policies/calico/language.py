"""Calico's selector language: what an expression is, its parser, and its canonical form.

Upstream: projectcalico/calico `libcalico-go/lib/selector/parser`. `||` binds weakest, then `&&`, then `!`. An empty
selector is `all()`. The canonical form is upstream's text, which felix hashes; reading it again gives an equal meaning.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from app.collect.policies.calico.tokens import Kind, SelectorError, Token, tokens

_DEEPEST = 64  # parentheses within one another; nobody writes that, and every level costs stack


@dataclass(frozen=True, slots=True)
class Everything:
    """`all()` or `global()`: holds for everything; where a namespace is selected, the two mean opposite things."""

    name: Literal["all", "global"] = "all"

    def __str__(self) -> str:
        """Write it canonically."""
        return f"{self.name}()"


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on one label: `has(key)`, or `key operator value(s)`. Values of a set are sorted and distinct."""

    key: str
    operator: str  # has, ==, !=, in, not in, contains, starts with, ends with
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write it canonically."""
        match self.operator:
            case "has":
                return f"has({self.key})"
            case "in" | "not in":
                return f"{self.key} {self.operator} {{{', '.join(_quoted(value) for value in self.values)}}}"
            case _:
                return f"{self.key} {self.operator} {_quoted(self.values[0])}"


@dataclass(frozen=True, slots=True)
class Negation:
    """`! part`."""

    part: "Expression"

    def __str__(self) -> str:
        """Write it canonically."""
        return f"!{self.part}"


@dataclass(frozen=True, slots=True)
class Group:
    """Two or more parts between `&&` or between `||`."""

    sign: Literal["&&", "||"]
    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        """Write it canonically, in parentheses."""
        return f"({f' {self.sign} '.join(str(part) for part in self.parts)})"


Expression = Everything | Term | Negation | Group


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read a selector; the same few stand in many policies.

    Raises:
        SelectorError: what was expected, and at which character.
    """
    found = tokens(text)
    return _Reader(found).whole() if len(found) > 1 else Everything()


def both(*parts: Expression | None) -> Expression | None:
    """All given parts together; None when none is given."""
    given = tuple(part for part in parts if part is not None)
    return Group("&&", given) if len(given) > 1 else next(iter(given), None)


def prefixed(expression: Expression, prefix: str) -> Expression:
    """The same expression over labels whose names begin with a prefix."""
    match expression:
        case Everything():
            return expression
        case Term():
            return replace(expression, key=prefix + expression.key)
        case Negation():
            return Negation(prefixed(expression.part, prefix))
        case Group():
            return Group(expression.sign, tuple(prefixed(part, prefix) for part in expression.parts))


def matches(expression: Expression, labels: Mapping[str, str]) -> bool:
    """Whether something with these labels is selected."""
    match expression:
        case Everything():
            return True
        case Term():
            return _holds(expression, labels.get(expression.key))
        case Negation():
            return not matches(expression.part, labels)
        case Group("&&"):
            return all(matches(part, labels) for part in expression.parts)
        case Group():
            return any(matches(part, labels) for part in expression.parts)


def _holds(term: Term, value: str | None) -> bool:
    """`!=` and `not in` hold for a label that is missing; nothing else does."""
    if term.operator in ("!=", "not in"):
        return value not in term.values
    return value is not None and _HOLDS[term.operator](value, term.values)


_HOLDS: Mapping[str, Callable[[str, tuple[str, ...]], bool]] = {
    "has": lambda _value, _values: True,
    "==": lambda value, values: value in values,
    "in": lambda value, values: value in values,
    "contains": lambda value, values: values[0] in value,
    "starts with": lambda value, values: value.startswith(values[0]),
    "ends with": lambda value, values: value.endswith(values[0]),
}


def _quoted(value: str) -> str:
    """There are no escapes: a value with a double quote stands between single ones."""
    return f"'{value}'" if '"' in value else f'"{value}"'


class _Reader:
    """Goes through the tokens from left to right; one method for each level of binding."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def whole(self) -> Expression:
        expression = self._either(0)
        if self.next.kind is not Kind.END:
            raise SelectorError(f"expected `&&`, `||` or the end instead of {self.next}", self.next.at)
        return expression

    def _either(self, depth: int) -> Expression:
        parts = [self._all_of(depth)]
        while self._take("||"):
            parts.append(self._all_of(depth))
        return Group("||", tuple(parts)) if len(parts) > 1 else parts[0]

    def _all_of(self, depth: int) -> Expression:
        parts = [self._operand(depth)]
        while self._take("&&"):
            parts.append(self._operand(depth))
        return Group("&&", tuple(parts)) if len(parts) > 1 else parts[0]

    def _operand(self, depth: int) -> Expression:
        """A term, a function or parentheses, after any number of `!`, of which pairs cancel out."""
        negated = False
        while self._take("!"):
            negated = not negated
        part = self._plain(depth)
        return Negation(part) if negated else part

    def _plain(self, depth: int) -> Expression:
        token = self.next
        if token.kind is Kind.LABEL:
            self._at += 1
            return self._term(token.text)
        if token.kind is Kind.CALL:
            self._at += 1
            return _function(token)
        if self._take("("):
            return self._parentheses(depth + 1, token.at)
        raise SelectorError(f"expected a label, a function or `(` instead of {token}", token.at)

    def _parentheses(self, depth: int, at: int) -> Expression:
        if depth > _DEEPEST:
            raise SelectorError(f"parentheses are nested more than {_DEEPEST} deep", at)
        inside = self._either(depth)
        self._expect(")")
        return inside

    def _term(self, label: str) -> Term:
        operator = self.next
        if operator.kind is not Kind.OPERATOR:
            raise SelectorError(f"expected an operator after `{label}` instead of {operator}", operator.at)
        self._at += 1
        if operator.text in ("in", "not in"):
            return Term(label, operator.text, self._set())
        return Term(label, operator.text, (self._string(),))

    def _set(self) -> tuple[str, ...]:
        """`{"a", "b"}`; a comma may stand before the closing brace, and nothing need be between the braces."""
        self._expect("{")
        values: set[str] = set()
        while self.next.kind is Kind.TEXT:
            values.add(self._string())
            if not self._take(","):
                break
        self._expect("}")
        return tuple(sorted(values))

    def _string(self) -> str:
        token = self.next
        if token.kind is not Kind.TEXT:
            raise SelectorError(f"expected a quoted string instead of {token}", token.at)
        self._at += 1
        return token.text

    def _take(self, sign: str) -> bool:
        taken = self.next.kind is Kind.SIGN and self.next.text == sign
        self._at += taken
        return taken

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise SelectorError(f"expected `{sign}` instead of {self.next}", self.next.at)


def _function(token: Token) -> Expression:
    match token.text:
        case "has":
            return Term(token.argument, "has")
        case "global":
            return Everything("global")
        case _:
            return Everything()
