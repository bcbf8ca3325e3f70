"""Two spellings of one name are one person: nobody approves what is their own by a sign that is not seen."""

import pytest

from app.model.approval import same_person


@pytest.mark.parametrize(
    "other",
    [
        "JANE  DOE", " Jane\u00a0Doe\t", "\uff2aane Doe", "Jane Doe.", "jane-doe", "(Jane Doe)", "Jane\u200b Doe", "Jane Doe\u3164",
        "Jane\ufe0f Doe", "J\u034fane Doe", "Jané Doe", "Jane\u0301 Doe", "Jane Doe \u2713", "\U0001d409ane Doe", "Jane Doe\u2800",
    ],
)  # fmt: skip
def test_one_person(other):
    assert same_person("Jane Doe", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane Doe", "Jane Roe"),
        ("Jane Doe", "JaneDoe"),
        ("Jane Doe", "Doe, Jane"),
        ("राम", "रमा"),
        ("jane1", "jane2"),
        ("สม", "สุม"),
    ],
)
def test_two_people(one, other):
    assert not same_person(one, other)


@pytest.mark.parametrize("name", ["", " ", "-", "—", "n/a"[1:2], "\u3164", "\u200b", "?", "\u2713"])
def test_what_names_nobody(name):
    assert same_person(name, "")
