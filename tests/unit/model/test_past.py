from dataclasses import replace

import pytest

from app.errors import EvidenceError
from app.model.canonical import canonical_json
from app.model.past import Past, history_document, read_history_document
from tests.report_builder import report_input

REPORT = report_input()
PAST = Past("pci-dss-4.0.1", REPORT.definition, REPORT.trend, REPORT.lives)


def test_the_past_is_read_back_as_it_was():
    document = history_document(PAST, REPORT.judgement)
    again = read_history_document(document, REPORT.judgement)

    assert sorted(life.fingerprint for life in again.lives) == sorted(life.fingerprint for life in PAST.lives)
    assert {life.fingerprint: life.seen_in for life in again.lives} == {
        life.fingerprint: life.seen_in for life in PAST.lives
    }
    assert (again.trend, again.definition, again.framework) == (PAST.trend, PAST.definition, PAST.framework)
    assert history_document(again, REPORT.judgement) == document


def test_results_that_still_stand_are_not_written_twice():
    document = history_document(PAST, REPORT.judgement)
    without = history_document(replace(PAST, lives=()), REPORT.judgement)

    assert len(document) - len(without) < sum(
        len(canonical_json(life.result.says)) + 700 for life in PAST.lives
    )


def test_a_finding_that_the_judgement_does_not_have_is_named():
    document = history_document(PAST, REPORT.judgement)
    with pytest.raises(EvidenceError, match="does not find in the snapshot"):
        read_history_document(document, replace(REPORT.judgement, runs=()))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema": "netattest/history/v9"}'], ids=repr)
def test_another_document_is_refused(data):
    with pytest.raises(EvidenceError, match=r"history\.json is not a netattest/history/v1 document"):
        read_history_document(data, REPORT.judgement)
