"""The table of findings that no proposed policy closes: each thing to change once, whatever number of findings it is for."""

from app.model.finding import Outcome
from app.render.sections import fixes
from tests.report_builder import result

REPAIR = "Repair the agent there"


def staying(check, name, says, change=REPAIR):
    return result(check, name, Outcome.FAIL, says), says, change


def test_findings_that_ask_for_one_change_share_a_row():
    found = [
        staying(
            "pod-without-egress-isolation", f"shop/{name}[Deployment]", f"shop/{name}[Deployment] is open"
        )
        for name in ("a", "b", "c", "d", "e")
    ]

    (row,) = fixes.kept_table(found, 200).rows

    subjects, why, change = row.cells
    assert subjects.lines == tuple(f"shop/{name}[Deployment]" for name in "abcd")
    assert subjects.notes == ("and 1 more", "pod-without-egress-isolation")
    assert why.lines == ("shop/a[Deployment] is open.",)
    assert why.notes == ("The reason of the first, as an example.",)
    assert change == "Repair the agent there."


def test_what_two_checks_say_of_one_object_stands_once():
    says = "NetworkPolicy shop/open, spec.ingress[0] keeps it open"
    found = [
        staying(check, "shop/open", says) for check in ("policy-allow-all-ingress", "policy-overly-broad")
    ]

    (row,) = fixes.kept_table(found, 200).rows

    assert row.cells[0].notes == ("policy-allow-all-ingress", "policy-overly-broad")
    assert row.cells[1] == f"{says}."


def test_a_name_keeps_its_letters_at_the_beginning_of_a_reason():
    found = [staying("namespace-without-default-deny-egress", "analytics", "analytics has a default deny")]

    (row,) = fixes.kept_table(found, 200).rows

    assert row.cells[1] == "analytics has a default deny."


def test_what_is_not_printed_is_counted_in_findings():
    found = [
        staying("pod-without-egress-isolation", f"shop/{name}", "open", change)
        for name, change in ("ax", "bx", "cy", "dy")
    ]

    table = fixes.kept_table(found, 1)

    assert len(table.rows) == 1
    assert table.note == "2 more findings not printed."


def manifest(*sizes):
    return "---\n".join("".join(f"line {n}\n" for n in range(size)) for size in sizes)


def test_policies_are_printed_whole_as_far_as_there_is_room():
    code, note = fixes.first_policies(manifest(20, 20, 20))

    assert code == manifest(20, 20).rstrip()
    assert note == "1 more policy in `fixes.yaml`."


def test_a_policy_that_is_too_long_is_cut():
    code, note = fixes.first_policies(manifest(100, 2, 2))

    assert len(code.split("\n")) == 48
    assert note == "52 more lines and 2 more policies in `fixes.yaml`."


def test_a_short_manifest_is_printed_as_it_is():
    assert fixes.first_policies(manifest(3, 4)) == (manifest(3, 4).rstrip(), "")
