from dataclasses import replace

from app.model.encryption import OWN_PORT, Known, Label
from app.render.dossier import Dossier
from app.render.sections import encryption
from app.render.transit import LABEL_MARKS, LABEL_MEANING, LABEL_WORDS
from tests.report_builder import empty_input, report_input

USUAL = encryption.build(Dossier(report_input()))
EMPTY = encryption.build(Dossier(empty_input()))


def texts(table):
    return [" ".join(str(cell) for cell in row.cells) for row in table.rows]


def test_pairs_are_counted_by_label_and_the_bar_says_the_same():
    counted = dict(report_input().judgement.encryption.tally())

    assert USUAL.bar.total == sum(counted.values())
    assert [row.cells[1] for row in USUAL.labels.rows] == [str(size) for size in counted.values()]


def test_what_is_shown_to_be_open_comes_first_with_its_deciding_field():
    first, *_, last = texts(USUAL.reasons)

    assert "Not proven encrypted" in first
    assert "`FelixConfiguration default`: `spec.wireguardEnabled` = `true`" in first
    assert "Mutual TLS, opportunistic" in last


def test_ports_that_accept_plain_text_come_first_and_say_who_could_be_served():
    accepting, refusing = USUAL.listeners.rows

    assert (accepting.cells[2].word, accepting.cells[3]) == ("Accepts", "other namespaces")
    assert (refusing.cells[2].word, refusing.cells[3]) == ("Refuses", "–")
    assert USUAL.listeners.note.endswith("of this boundary are in no mesh.")


def test_ports_of_which_the_same_is_said_share_a_row():
    report = report_input()
    found = report.judgement.encryption
    found = replace(
        found, accepted=[replace(item, port=9000 + at) for item in found.accepted for at in range(13)]
    )
    page = encryption.build(Dossier(replace(report, judgement=replace(report.judgement, encryption=found))))

    counts = [(row.cells[2].word, row.cells[1], len(row.cells[0].lines)) for row in page.listeners.rows]
    assert counts == [("Accepts", "12", 12), ("Accepts", "1", 1), ("Refuses", "12", 12), ("Refuses", "1", 1)]
    assert page.listeners.rows[0].cells[0].lines[0].endswith("TCP\N{NO-BREAK SPACE}9000")


def test_the_ports_of_the_proxies_themselves_are_told_once():
    report = report_input()
    found = report.judgement.encryption
    own = (
        replace(item, mode=OWN_PORT, plain=Known.YES, port=port)
        for item in found.accepted
        for port in (15020, 15090)
    )
    found = replace(found, accepted=(*own, *found.accepted))
    page = encryption.build(Dossier(replace(report, judgement=replace(report.judgement, encryption=found))))

    assert page.listeners.rows == USUAL.listeners.rows
    assert page.listeners.note.endswith(
        "Not listed: TCP 15020, 15090, where proxies serve their own metrics and health in plain text."
    )


def test_systems_and_nodes_stand_with_their_limits():
    assert any("Calico WireGuard" in text and "not FIPS-approved" in text for text in texts(USUAL.systems))
    assert [row.cells[0] for row in USUAL.nodes.rows] == ["1", "1"]


def test_nothing_known_is_no_success():
    assert EMPTY.bar.total == 0
    assert EMPTY.labels.rows == EMPTY.reasons.rows == EMPTY.listeners.rows == EMPTY.systems.rows == ()
    assert EMPTY.labels.empty == "No pair of workloads may connect, or encryption was not worked out."


def test_without_a_verdict_every_path_is_told_as_not_known():
    from app.model.transit import NOT_ASKED

    report = report_input()
    page = encryption.build(
        Dossier(replace(report, judgement=replace(report.judgement, encryption=NOT_ASKED)))
    )

    assert {row.cells[0].word for row in page.reasons.rows} == {"Not known"}


def test_every_label_has_a_word_a_mark_and_a_meaning():
    for table in (LABEL_WORDS, LABEL_MARKS, LABEL_MEANING):
        assert list(table) == list(Label)
