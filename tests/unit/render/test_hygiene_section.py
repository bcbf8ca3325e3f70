"""The section on policies: the whole population, the odd ones first, and all of it in the attached table."""

import csv
import io
from dataclasses import replace

from app.model.hygiene import Flaw, Hygiene, PolicyRemarks, Remark
from app.model.report import Advice
from app.render.dossier import Dossier
from app.render.sections import hygiene
from app.render.stems import Names
from tests.report_builder import AUDITOR, policy, report_input
from tests.report_builder import hygiene as usual


def section(found=None, **definition):
    report = report_input(definition=replace(AUDITOR, **definition))
    return hygiene.build(Dossier(replace(report, advice=Advice(found))))


def texts(table):
    return [
        [cell if isinstance(cell, str) else (*cell.lines, *cell.notes) for cell in row.cells]
        for row in table.rows
    ]


def test_the_odd_ones_stand_first_and_the_others_are_there_too():
    page = section(usual())

    assert [row[0] for row in texts(page.policies)] == [
        "NetworkPolicy payments/vault",
        "NetworkPolicy shop/web",
    ]
    assert page.clean == (Names("NetworkPolicy payments/…", ("closed", "wide (specs[1])")),)
    assert "4 policies of every kind that was read: 1 with remarks, 3 without." in page.lede[0]
    assert texts(page.kinds) == [
        [Flaw.OPENED.heading, "opened-by-another", "1", "1"],
        [Flaw.SHADOWED.heading, "rule-without-effect", "1", "1"],
    ]


def test_a_remark_does_not_repeat_the_name_in_its_row():
    remarks = texts(section(usual()).policies)[0][3]

    assert remarks[0].startswith("Restricts what enters of pods that NetworkPolicy payments/wide")
    assert remarks[1].startswith("spec.ingress[1] is never reached: NetworkPolicy payments/wide")


def test_what_was_not_judged_is_said_beside_none():
    assert texts(section(usual()).policies)[1][3] == (
        "none",
        "Rules about ICMP alone are not compared with others.",
    )


def test_a_long_list_is_cut_and_says_where_all_of_it_is():
    page = section(usual(), rows=1)

    assert len(page.policies.rows) == 1
    assert page.policies.note == "1 policy with remarks is not printed; `policies.csv` has all."
    assert page.clean == (Names("", ("NetworkPolicy payments/closed",)),)
    assert page.left == "And 1 more"


def nameless(size):
    advice = "Allow egress to the resolver's pods."
    return tuple(
        PolicyRemarks(
            policy("shop", f"p-{n:02d}"), "", 1, 1, (Remark(Flaw.NO_NAMES, f"says {n}", advice=advice),)
        )
        for n in range(size)
    )


def test_many_policies_that_are_odd_in_one_way_do_not_hide_another():
    typo = PolicyRemarks(policy("shop", "typo"), "", 1, 1, (Remark(Flaw.TYPO, "says"),))
    page = section(Hygiene((*nameless(30), typo)))

    assert len(page.policies.rows) == 12
    assert texts(page.policies)[10] == ["and 20 more", "", "", (Flaw.NO_NAMES.heading,)]
    assert texts(page.policies)[11][0] == "NetworkPolicy shop/typo"
    assert page.policies.note == "20 policies with remarks are not printed; `policies.csv` has all."


def test_advice_that_holds_for_every_remark_of_a_kind_is_said_once():
    page = section(Hygiene(nameless(2)))

    assert texts(page.kinds)[0][0] == (Flaw.NO_NAMES.heading, "Allow egress to the resolver's pods.")
    assert texts(page.policies)[0][3] == ("says 0.",)


def test_remarks_of_one_policy_are_cut_too():
    many = tuple(
        Remark(Flaw.TYPO, f"NetworkPolicy shop/web names {n}", f"spec.ingress[{n}]") for n in range(6)
    )
    page = section(Hygiene((PolicyRemarks(policy("shop", "web"), "", 1, 6, many),)))

    assert texts(page.policies)[0][3][-1] == "2 more remarks in policies.csv."


def test_without_policies_and_without_a_look_it_says_so():
    assert section(Hygiene(())).lede == ("No policy was read.",)
    assert section(None).lede == ("Policies were not looked at for this report.",)
    assert section(None).kinds.empty == ""


def rows(found):
    files = Dossier(replace(report_input(), advice=Advice(found))).files
    body = next((item.body for item in files if item.name == "policies.csv"), None)
    return body and list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_the_table_has_a_row_for_each_remark_and_one_for_each_policy_without():
    found = rows(usual())

    assert [(row["policy"], row["kind"]) for row in found] == [
        ("NetworkPolicy payments/closed", ""),
        ("NetworkPolicy payments/vault", "opened-by-another"),
        ("NetworkPolicy payments/vault", "rule-without-effect"),
        ("NetworkPolicy payments/wide", ""),
        ("NetworkPolicy shop/web", ""),
    ]
    assert found[1]["because"] == "NetworkPolicy payments/wide, spec.ingress[0]"
    assert found[4]["not_judged"] == "rules about ICMP alone are not compared with others"


def test_a_report_that_does_not_look_at_policies_has_no_table():
    assert rows(None) is None


def test_a_cell_that_a_spreadsheet_would_run_is_made_plain():
    remark = Remark(Flaw.TYPO, "=cmd()", advice="+1")
    found = rows(Hygiene((PolicyRemarks(policy("shop", "web"), "@x", 1, 1, (remark,)),)))

    assert (found[0]["says"], found[0]["advice"], found[0]["part"]) == ("'=cmd()", "'+1", "'@x")
