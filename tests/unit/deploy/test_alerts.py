"""The alert rules speak of metrics that the service has, with labels that they have."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.model.finding import Severity
from app.model.history import Scan, ScanStatus, SlotStatus
from app.model.news import DeliveryStatus
from app.scheduler.metrics import Metrics

FILE = Path(__file__).resolve().parents[3] / "deploy" / "alerts" / "netattest.rules.yaml"
RULES = yaml.safe_load(FILE.read_text())["groups"][0]["rules"]
AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def served():
    """Name of each sample that the service serves after a night, with its labels."""
    metrics = Metrics()
    metrics.declare("prod")
    scan = Scan("prod", 1, ScanStatus.COMPLETE, AT, AT, None, "", "", (), "", "")
    metrics.stored(scan, 1.0, {Severity.HIGH: 1})
    metrics.delivered("prod", "chat", DeliveryStatus.GAVE_UP)
    metrics.night_without_scan("prod", missing=True)
    metrics.alerted("prod", SlotStatus.MISSED)
    metrics.leading(True)
    metrics.checked(0)
    metrics.owed("prod", 1)
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {sample.name: sample.labels for family in families for sample in family.samples}


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_each_rule_is_about_metrics_that_are_served(rule, served):
    names = set(re.findall(r"netattest_\w+", rule["expr"]))
    assert names
    assert names <= served.keys()
    labels = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))) | set(
        re.findall(r'(\w+)="', rule["expr"])
    )
    for name in names:
        assert labels <= served[name].keys()


def test_each_rule_says_what_is_wrong_and_what_to_do():
    for rule in RULES:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}
