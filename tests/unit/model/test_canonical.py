import pytest

from app.model.canonical import canonical_json, digest_of


def test_order_of_keys_does_not_change_the_bytes():
    assert canonical_json({"b": 1, "a": [2, {"d": None, "c": "x"}]}) == b'{"a":[2,{"c":"x","d":null}],"b":1}'
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})


def test_order_of_items_does_change_the_digest():
    assert digest_of([1, 2]) != digest_of([2, 1])


def test_a_digest_is_sha256_of_the_bytes():
    assert digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize("value", [2**70, "\ud800"])
def test_what_json_cannot_carry_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)
