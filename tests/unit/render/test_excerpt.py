import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.excerpt import excerpt_lines

POLICY = """spec:
  podSelector: {}
  ingress:
  - from:
    - namespaceSelector:
        matchLabels: {tier: platform}
  - ports:
    - port: 80
  policyTypes: [Ingress]
"""


def marked(excerpt: str, field: str) -> list[str]:
    return [line.text.strip() for line in excerpt_lines(excerpt, field) if line.decides]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("spec.ingress[0]", ["- from:", "- namespaceSelector:", "matchLabels: {tier: platform}"]),
        ("spec.ingress[1].ports[0].port", ["- port: 80"]),
        ("spec.podSelector", ["podSelector: {}"]),
        ("spec.policyTypes", ["policyTypes: [Ingress]"]),
        ("spec.egress[0]", []),
        ("spec.ingress[7]", []),
        ("", []),
    ],
)
def test_the_lines_of_the_field_are_marked_and_no_others(field, expected):
    assert marked(POLICY, field) == expected


def test_an_excerpt_may_begin_below_the_root_of_the_object():
    assert marked("ingress:\n- {}\npolicyTypes: [Ingress]", "spec.ingress[0]") == ["- {}"]


def test_an_excerpt_may_begin_with_the_path_to_it_and_is_unmarked_where_all_of_it_decides():
    excerpt = "spec.ingress[0]:\n  ports:\n  - port: 53\n  - port: 54"

    assert marked(excerpt, "spec.ingress[0].ports[1]") == ["- port: 54"]
    assert marked(excerpt, "spec.ingress[0]") == []


def test_the_last_lines_of_an_excerpt_are_marked_to_its_end():
    assert marked("metadata:\n  labels:\n    a: b\n    c: d", "metadata.labels") == [
        "labels:",
        "a: b",
        "c: d",
    ]


@given(st.text(max_size=200), st.text(max_size=40))
def test_no_text_of_a_cluster_breaks_it_and_no_line_is_lost(excerpt, field):
    assert "\n".join(line.text for line in excerpt_lines(excerpt, field)) == excerpt.rstrip("\n")
