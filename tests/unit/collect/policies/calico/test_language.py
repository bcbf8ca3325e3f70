"""Calico's selector language, as upstream's parser has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collect.policies.calico.language import Everything, both, matches, parse
from app.collect.policies.calico.tokens import SelectorError

MATCHES = {
    "all()": ([{}, {"a": "b"}], []),
    "": ([{}, {"a": "b"}], []),
    " \t": ([{}], []),
    "global()": ([{}], []),
    "a == 'b'": ([{"a": "b"}], [{}, {"a": "c"}]),
    'a == "b"': ([{"a": "b"}], [{}]),
    "a != 'b'": ([{}, {"a": "c"}], [{"a": "b"}]),
    "a in {'b', 'c'}": ([{"a": "b"}, {"a": "c"}], [{}, {"a": "d"}]),
    "a in {}": ([], [{}, {"a": ""}]),
    "a in {'b',}": ([{"a": "b"}], [{}]),
    "a not in {'b'}": ([{}, {"a": "c"}], [{"a": "b"}]),
    "a notin {'b'}": ([{}], [{"a": "b"}]),
    "a not in {}": ([{}, {"a": "b"}], []),
    "has(a)": ([{"a": ""}], [{}]),
    "!has(a)": ([{}], [{"a": ""}]),
    "! !has( a )": ([{"a": ""}], [{}]),
    "a contains 'b'": ([{"a": "abc"}], [{}, {"a": "ac"}]),
    "a starts with 'b'": ([{"a": "bc"}], [{}, {"a": "ab"}]),
    "a startswith 'b'": ([{"a": "bc"}], [{"a": "ab"}]),
    "a ends with 'b'": ([{"a": "ab"}], [{}, {"a": "bc"}]),
    "a endswith'b'": ([{"a": "ab"}], [{"a": "bc"}]),
    "a contains ''": ([{"a": ""}], [{}]),
    "has(a) || has(b) && has(c)": ([{"a": ""}, {"b": "", "c": ""}], [{"b": ""}, {"c": ""}]),
    "(has(a) || has(b)) && has(c)": ([{"a": "", "c": ""}], [{"a": ""}]),
    "!has(a) && has(b)": ([{"b": ""}], [{}, {"a": "", "b": ""}]),
    "! (has(a) && has(b))": ([{}, {"a": ""}], [{"a": "", "b": ""}]),
    "in == 'x' && not != 'y'": ([{"in": "x"}], [{"in": "x", "not": "y"}]),
    "k8s.io/a-b_c == '\"'": ([{"k8s.io/a-b_c": '"'}], [{}]),
    r"a == '\'": ([{"a": "\\"}], [{}]),
    "a == 'é\n'": ([{"a": "é\n"}], [{}]),
}


@pytest.mark.parametrize("text", MATCHES)
def test_what_a_selector_matches(text):
    selected, others = MATCHES[text]
    assert [matches(parse(text), labels) for labels in selected] == [True] * len(selected)
    assert [matches(parse(text), labels) for labels in others] == [False] * len(others)


CANONICAL = {
    "": "all()",
    "((has( a)))": "has(a)",
    "a=='b'": 'a == "b"',
    "a == '\"'": "a == '\"'",
    "a in {'c','b','c'}": 'a in {"b", "c"}',
    "a in {}": "a in {}",
    "a notin {'c'}": 'a not in {"c"}',
    "a startswith 'b'": 'a starts with "b"',
    "!!!has(a)": "!has(a)",
    "!a == 'b'": '!a == "b"',
    "has(a)||has(b)&&!has(c)": "(has(a) || (has(b) && !has(c)))",
    "has(a) && (has(b) && has(c))": "(has(a) && (has(b) && has(c)))",
}


@pytest.mark.parametrize("text", CANONICAL)
def test_the_canonical_form(text):
    assert str(parse(text)) == CANONICAL[text]


REFUSED = {
    "a == b": "expected a quoted string instead of `b` at character 6",
    "a": "expected an operator after `a` instead of the end at character 2",
    "a b": "expected an operator after the label at character 3",
    "a inn {'b'}": "expected an operator after the label at character 3",
    "a == 'b": "the string that begins here is not closed at character 6",
    "a = 'b'": "expected `==` at character 3",
    "has(a) & has(b)": "expected `&&` at character 8",
    "has(a) has(b)": "expected `&&`, `||` or the end instead of `has` at character 8",
    "has(": "expected a label name at character 5",
    "has(a": "expected `)` to close has( at character 6",
    "all(x)": "expected `)` to close all( at character 5",
    "a in ['b']": "expected a label name at character 6",
    "a in 'b'": 'expected `{` instead of `"b"` at character 6',
    "a in {'b' 'c'}": 'expected `}` instead of `"c"` at character 11',
    "a in {,}": "expected `}` instead of `,` at character 7",
    "(has(a)": "expected `)` instead of the end at character 8",
    "has(a))": "expected `&&`, `||` or the end instead of `)` at character 7",
    "!": "expected a label, a function or `(` instead of the end at character 2",
    "has(a) &&\nhas(b)": "expected a label name at character 10",
    "'a' == 'b'": 'expected a label, a function or `(` instead of `"a"` at character 1',
    "é == 'b'": "expected a label name at character 1",
    "(" * 65 + "has(a)" + ")" * 65: "parentheses are nested more than 64 deep at character 65",
    f"{'a' * 513} == 'b'": "the label name is longer than 512 characters at character 1",
}


@pytest.mark.parametrize("text", REFUSED, ids=[text[:20] for text in REFUSED])
def test_what_is_no_selector_is_refused_with_the_place(text):
    with pytest.raises(SelectorError) as refused:
        parse(text)
    assert str(refused.value) == REFUSED[text]


@given(st.text(alphabet="ab(){}!&|=',\" \tinothasll", max_size=30) | st.text(max_size=20))
def test_any_text_is_read_or_refused_within_it(text):
    assert 0 <= place_of_refusal(text) <= len(text) + 1


def place_of_refusal(text):
    try:
        parse(text)
    except SelectorError as refused:
        return refused.at
    return 0


def test_parts_together():
    one = parse("has(a)")
    assert (both(), both(None, one)) == (None, one)
    assert both(one, Everything()) == parse("has(a) && all()")
