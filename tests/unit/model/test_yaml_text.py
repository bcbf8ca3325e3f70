"""YAML inside a text of somebody else's."""

import pytest

from app.model.yaml_text import LARGEST, UnreadableTextError, read_text


@pytest.mark.parametrize(
    ("text", "value"),
    [("", None), ("a: 1", {"a": 1}), ('{"deny": "info"}', {"deny": "info"}), ("- x", ["x"])],
)
def test_plain_values_are_read(text, value):
    assert read_text(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: 2026-13-45",
        "!!int x",
        "!!timestamp x",
        "!!bool x",
        "!!float ''",
        f"a: {'1:' * 250}1.5",
        "!!python/object:os.system x",
        "{a: &a [1], b: *a}",
        "[" * 3000 + "]" * 3000,
        "? {a: 1}\n: 2",
        "x" * (LARGEST + 1),
    ],
    ids=lambda text: text[:20],
)
def test_what_cannot_be_read_is_one_error(text):
    with pytest.raises(UnreadableTextError):
        read_text(text)
