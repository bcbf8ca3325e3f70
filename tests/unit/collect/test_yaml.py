import string
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.collect.scalars import plain_scalar
from app.collect.yaml_reader import MAX_DEPTH, YamlError, YamlTooLargeError, read_yaml

# What sigs.k8s.io/yaml, and with it kubectl and the API server, make of a plain scalar.
SCALARS = {
    "yes": True,
    "on": True,
    "y": True,
    "off": False,
    "N": False,
    "True": True,
    "~": None,
    "": None,
    "null": None,
    "nUlL": "nUlL",
    "80": 80,
    "-1": -1,
    "+7": 7,
    "0": 0,
    "0777": 511,
    "0o17": 15,
    "0x1F": 31,
    "0b101": 5,
    "0888": 888.0,
    "1_000": 1000,
    "1.": 1.0,
    ".5": 0.5,
    "1e3": 1000.0,
    "18446744073709551615": 2**64 - 1,
    "18446744073709551616": 2.0**64,
    "2024-01-01": "2024-01-01",
    "2024-01-01T00:00:00Z": "2024-01-01T00:00:00Z",
    "22:30": "22:30",
    "1:2:3": "1:2:3",
    "1.2.3": "1.2.3",
    "10.0.0.0/8": "10.0.0.0/8",
    "0x": "0x",
    ".": ".",
    "-": "-",
    ".inf": ".inf",
    "1e999": "1e999",
}


@pytest.mark.parametrize("text", SCALARS)
def test_a_plain_scalar_means_what_it_means_to_kubernetes(text):
    value = plain_scalar(text)
    assert (value, type(value)) == (SCALARS[text], type(SCALARS[text]))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: '80'", {"a": "80"}),
        ('a: "yes"', {"a": "yes"}),
        ("a: !!str 80", {"a": "80"}),
        ('a: !!int "80"', {"a": 80}),
        ("a: !vault x", {"a": "x"}),
        ("a: !!timestamp 2024-01-01", {"a": "2024-01-01"}),
        ("80: x", {"80": "x"}),
        ("on: x", {"true": "x"}),
        ("a: |\n  yes\n", {"a": "yes\n"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}", {"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}}),
        ("b: {<<: [{k: 1}, {k: 2, m: 4}]}", {"b": {"k": 1, "m": 4}}),
        ("'<<': 1", {"<<": 1}),
        ("", None),
        ("# nothing", None),
    ],
)
def test_a_document_is_read_as_json_values(text, value):
    assert read_yaml(text).value == value


def test_keys_that_stand_twice_are_named():
    document = read_yaml("spec:\n  ingress: []\n  ingress: [{}]\nkind: x\n")
    assert (document.value, document.repeated) == (
        {"spec": {"ingress": [{}]}, "kind": "x"},
        ("spec.ingress",),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1,\n b: }", "line 11: did not find expected node content while parsing a flow node"),
        ("x: 1\na: *nothing", "line 11: alias `*nothing` stands for nothing"),
        ("a: &a [*a]", "line 10: alias `*a` contains itself"),
        ("[a]: 1", "line 10: a mapping key is not a plain value"),
        (
            "a: 1\n\tb: 2",
            "line 11: found a tab character that violates indentation while scanning a plain scalar",
        ),
        ("{<<: 1}", "`<<` stands for something that is no mapping"),
        ("a\x00b", "unacceptable character #x0000: control characters are not allowed"),
    ],
)
def test_what_is_not_yaml_is_explained_with_its_line(text, message):
    with pytest.raises(YamlError) as error:
        read_yaml(text, first_line=10)
    assert message in str(error.value)


def test_an_alias_bomb_is_refused_before_it_unfolds():
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    for level in range(1, 40):
        bomb += f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n"
    with pytest.raises(YamlTooLargeError, match="aliases stand for more than 100,000 values"):
        read_yaml(bomb)


def test_merge_keys_count_as_aliases_too():
    bomb = "a0: &a0 {x: [1,2,3,4,5,6,7,8,9]}\n"
    for level in range(1, 40):
        bomb += f"a{level}: &a{level} {{p: *a{level - 1}, q: *a{level - 1}, <<: *a{level - 1}}}\n"
    with pytest.raises(YamlTooLargeError):
        read_yaml(bomb)


def test_a_document_may_be_deep_but_not_endless():
    read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(YamlTooLargeError, match=f"nested deeper than {MAX_DEPTH} levels"):
        read_yaml("[" * 5000)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(string.printable, max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(string.ascii_letters, min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_what_is_written_as_yaml_is_read_back(value):
    text = yaml.safe_dump(value, default_style='"')
    assert read_yaml(text).value == value


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    with suppress(YamlError):
        read_yaml(text)
