"""A finding's sentence on a page: a capital where a sentence begins, and names as they are."""

import pytest

from app.model.finding import Outcome
from app.render.claims import claim, claimed, plain
from tests.report_builder import result

EVERY_V6 = "external:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"


@pytest.mark.parametrize(
    ("says", "subject", "printed"),
    [
        ("paths from 3 workloads to a/b are not encrypted", "a/b[Deployment]", "Paths from 3 workloads to a/b"),
        ("nothing that was read keeps a record", "payments", "Nothing that was read"),
        ("payments has no default deny", "payments", "payments has"),  # the namespace's own name
        ("nothing has no default deny", "nothing", "nothing has"),  # so named, too
        ("shop → edge is allowed", "shop → edge", "shop → edge"),
        ("mesh istio lets plain text in", "mesh istio", "Mesh istio"),
        ("shop/web accepts plain text", "shop/web[Deployment]", "shop/web accepts"),
        ("worker-1 has no agent", "worker-1", "worker-1 has"),
        ("external:0.0.0.0-255.255.255.255 can reach a/b", "x → a/b", "Every IPv4 address outside the cluster can"),
        (f"a/b can reach {EVERY_V6} on TCP 1", "a/b → x", "a/b can reach every IPv6 address outside the cluster on"),
        ("external:10.0.0.0-10.0.0.7 can reach a/b", "x → a/b", "10.0.0.0 – 10.0.0.7 outside the cluster can"),
        ("external:10.0.0.4 can reach a/b", "x → a/b", "10.0.0.4 outside the cluster can"),
        ("a/b can reach external:fd00::-fd00::7: all ports", "a/b → x", "a/b can reach fd00:: – fd00::7 outside the cluster: all"),
        ("", "a/b", "check: a/b"),
    ],
)  # fmt: skip
def test_a_sentence_begins_with_a_capital_and_a_name_stays_as_it_is(says, subject, printed):
    found = result("check", subject, Outcome.FAIL, says)

    assert claim(found).startswith(printed)
    assert claimed(found) == f"{claim(found)}."


def test_what_ends_in_a_stop_has_one():
    assert plain("It is open.") == "It is open"
    assert (
        plain("It admits external:0.0.0.0-9.255.255.255.")
        == "It admits 0.0.0.0 – 9.255.255.255 outside the cluster"
    )
