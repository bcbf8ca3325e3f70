"""Questions about nine nights in which a policy lost its egress for three: history, diff, rebaseline, filters."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.program import build
from app.store import PostgresStore
from tests import year

NIGHTS = (date(2026, 3, 14), date(2026, 3, 22))
EGRESS = "namespace-without-default-deny-egress"


@dataclass(frozen=True)
class Netattest:
    url: str
    config: Path

    def __call__(self, *arguments: object) -> str:
        result = CliRunner().invoke(
            build(),
            [
                *map(str, arguments),
                "--cluster",
                year.CLUSTER,
                "--database-url",
                self.url,
                "--config",
                str(self.config),
            ],
        )
        assert result.exit_code == 0, f"{result.output}{result.exception!r}"
        return result.stdout

    def json(self, *arguments: object):
        return json.loads(self(*arguments, "--json"))

    def rows(self, *arguments: object):
        return list(csv.DictReader(io.StringIO(self(*arguments, "--csv"))))


@pytest.fixture(scope="module")
def netattest(shared_engine, tmp_path_factory):
    year.store_year(PostgresStore(shared_engine), *NIGHTS)
    folder = tmp_path_factory.mktemp("config")
    config = folder / "netattest.yaml"
    config.write_text("closing_days: {high: 2}\n")
    for item in year.documents(NIGHTS[1]):
        if "/" not in item.name:
            (folder / item.name).write_bytes(item.body)
    return Netattest(shared_engine.url.render_as_string(hide_password=False), config)


def scan_of(day: date) -> int:
    return (day - NIGHTS[0]).days + 1


def day_of(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(year.ZONE).date()


def test_an_exposure_has_its_first_sight_its_closing_and_the_days_between(netattest):
    (found,) = netattest.json("history", "--check", EGRESS, "--namespace", "shop")["exposures"]
    first, last = year.OPEN_SHOP
    (opened,) = found["opened"]
    assert (day_of(opened["at"]), day_of(opened["closed"])) == (first, last + timedelta(days=1))
    assert (opened["days"], found["allowed_days"], found["overdue"], found["reopened"]) == (3, 2, True, False)
    assert day_of(found["last_seen"]) == last


def test_states_and_days_choose_among_exposures(netattest):
    def subjects(*arguments):
        return {item["subject"] for item in netattest.rows("history", "--check", EGRESS, *arguments)}

    assert subjects("--state", "closed") == {"shop"}
    assert "shop" not in subjects("--state", "open")
    assert "shop" in subjects("--since", "2026-03-18", "--until", "2026-03-18")
    assert "shop" not in subjects("--until", "2026-03-15")
    assert "shop" not in subjects("--since", "2026-03-21")


def test_times_to_close_count_what_closed(netattest):
    told = netattest.json("history", "--check", EGRESS, "--namespace", "shop")
    (severity,) = told["by_severity"]
    assert (severity["name"], severity["closed"], severity["mean_days_to_close"]) == ("high", 1, 3)


def test_failing_results_are_counted_night_by_night(netattest):
    told = netattest.json("trend", "--namespace", "shop", "--check", EGRESS)
    days = [NIGHTS[0] + timedelta(days=n) for n in range(9)]
    assert [item["failing"]["high"] for item in told["scans"]] == [
        int(year.between(year.OPEN_SHOP, day)) for day in days
    ]
    assert "▁▁▁███▁▁▁" in netattest("trend", "--namespace", "shop", "--check", EGRESS)


def test_a_zone_takes_the_subjects_that_the_map_puts_there(netattest):
    """The shop is the card zone; kube-system is security-impacting."""
    spaces = {item["namespace"] for item in netattest.rows("history", "--zone", "cde")}
    assert spaces == {"shop"}
    assert "shop" not in {
        item["namespace"] for item in netattest.rows("history", "--zone", "security-impacting")
    }


def test_a_control_takes_the_checks_that_bear_on_it(netattest):
    checks = {
        item["check"]
        for item in netattest.rows(
            "findings", "--scan", scan_of(year.OPEN_SHOP[0]), "--framework", "pci", "--control", "1.3.2"
        )
    }
    assert EGRESS in checks
    assert "plaintext-path" not in checks


@pytest.mark.parametrize("command", ["findings", "history", "trend --findings"])
@pytest.mark.parametrize(
    ("option", "says", "there"),
    [
        ("--control 99.9", "is no control", ""),
        ("--framework iso", "is no framework", "pci-dss-4.0.1"),
        ("--check open-door", "is no check", "namespace-without-default-deny"),
        ("--namespace shops", "is no namespace of scan", "there are shop"),
        ("--namespace nowhere", "is no namespace of scan", "kube-system"),
        ("--since 2026-03-18 --until 2026-03-17", "is after --until", ""),
        ("--until 0001-01-01T00:00:00+01:00", "is not a time", ""),
    ],
)
def test_a_name_that_fits_nothing_and_days_that_do_not_follow_are_refused(
    netattest, command, option, says, there
):
    """An empty answer would look as if nothing had happened; a namespace without a finding has an empty one."""
    asked = [*command.split(), "--cluster", year.CLUSTER, "--database-url", netattest.url, *option.split()]
    error = CliRunner().invoke(build(), asked).exception
    assert says in str(error)
    assert there in (error.advice or "")


@pytest.mark.parametrize("command", ["findings", "history", "trend --findings"])
def test_the_last_day_that_there_is_is_answered(netattest, command):
    asked = (*command.split(), "--until", "9999-12-31")
    assert netattest.rows(*asked)


def test_two_nights_name_the_field_the_writer_and_the_object_responsible(netattest):
    first = year.OPEN_SHOP[0]
    told = netattest.json("diff", scan_of(first) - 1, scan_of(first))
    (changed,) = told["objects"]
    assert (changed["object"], changed["change"], changed["manager"]) == (
        "NetworkPolicy shop/default-deny", "changed", "kubectl-edit",
    )  # fmt: skip
    assert changed["fields"] == [{"path": "spec.policyTypes[1]", "before": '"Egress"', "after": ""}]
    opened = {(item["source"], item["destination"]): item for item in told["connections"]}
    assert {item["change"] for item in opened.values()} == {"opened"}
    assert ("shop/web[Deployment]", "external:0.0.0.0-255.255.255.255") in opened
    assert {tuple(item["because"]) for item in opened.values()} == {("NetworkPolicy shop/default-deny",)}
    assert EGRESS in {item["check"] for item in told["findings"]["opened"]}
    assert any("changed back" in note for note in told["notes"])


def test_a_large_cluster_is_not_told_that_no_encryption_was_lost(netattest, monkeypatch):
    """Pairs are not compared above a number of workloads; that is no "no change"."""
    assert netattest.json("diff", 3, 4)["encryption"]["changes"] == []
    monkeypatch.setattr("app.trend.protection.MOST_WORKLOADS", 1)
    told = netattest.json("diff", 3, 4)
    assert told["encryption"]["changes"] is None
    assert any("is not known" in note for note in told["notes"])
    printed = netattest("diff", 3, 4)
    assert "Encryption: not compared pair by pair" in printed
    assert "Encryption: no change" not in printed


def test_what_was_put_back_between_two_nights_is_no_difference(netattest):
    first, last = year.OPEN_SHOP
    told = netattest.json("diff", scan_of(first) - 1, scan_of(last) + 1)
    assert told["scans_between"] == 3
    assert told["objects"] == told["connections"] == []
    assert told["findings"]["opened"] == told["findings"]["closed"] == []


def test_recomputed_nights_stand_beside_their_own_verdicts_and_replace_none(netattest):
    before = netattest.json("trend", "--framework", "pci")
    told = netattest.json(
        "rebaseline", "--framework", "pci", "--all", "--since", "2026-03-16", "--until", "2026-03-17"
    )
    assert {item["scan"] for item in told["controls"]} == {3, 4}
    states = {
        (item["scan"], item["control"]): (item["stored"], item["recomputed"]) for item in told["controls"]
    }
    assert states[3, "1.3.2"] == ("exception", "exception")
    assert told["recomputed_under"].startswith("netattest ")
    assert netattest.json("trend", "--framework", "pci") == before


def test_a_framework_of_today_shows_where_it_judges_otherwise(netattest, tmp_path):
    """A framework file in which a check decides no more: the stored state stays, the recomputed one is another."""
    own = tmp_path / "frameworks"
    own.mkdir()
    packaged = next(
        item for item in year.documents(NIGHTS[0]) if item.name == "frameworks/pci-dss-4.0.1.yaml"
    )
    text = packaged.body.decode()
    assert "policy-allow-all-ingress" in text
    (own / "pci-dss-4.0.1.yaml").write_text(text.replace("policy-allow-all-ingress", "lb-without-tls"))
    settings = netattest.config.read_text() + f"documents: {{frameworks: {own}}}\n"
    config = netattest.config.with_name("other.yaml")
    config.write_text(settings)
    rows = Netattest(netattest.url, config).rows(
        "rebaseline", "--framework", "pci", "--control", "1.4.2", "--all"
    )
    assert {row["stored_state"] for row in rows} == {"exception"}
    assert {row["recomputed_state"] for row in rows} != {"exception"}
    assert {row["differs"] for row in rows} == {"True"}


def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(capsys):
    from app.cli.output import emit_csv

    emit_csv(["a"], [["=1+1"], ["x\x1b[31m"]])
    assert capsys.readouterr().out == "a\n'=1+1\nx\\x1b[31m\n"


@pytest.fixture(scope="module")
def nightly(netattest):
    """What was open on each night, as nine single lists tell it: the ground that answers about many nights stand on."""
    scans = range(1, scan_of(NIGHTS[1]) + 1)
    return {scan: netattest.json("findings", "--scan", scan)["findings"] for scan in scans}


FILTERS = {
    "all": ([], lambda item: True),
    "namespace": (["--namespace", "shop"], lambda item: item["subject"]["namespace"] == "shop"),
    "severity": (["--severity", "high"], lambda item: item["severity"] in ("critical", "high")),
    "check": (["--check", EGRESS], lambda item: item["check"] == EGRESS),
    "both": (
        ["--check", EGRESS, "--namespace", "shop"],
        lambda item: item["check"] == EGRESS and item["subject"]["namespace"] == "shop",
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_three_commands_agree_with_single_nights_under_a_filter(netattest, nightly, name):
    options, takes = FILTERS[name]
    wanted = {scan: {item["fingerprint"] for item in found if takes(item)} for scan, found in nightly.items()}
    middle = scan_of(year.OPEN_SHOP[1])
    rows = netattest.rows("findings", "--scan", middle, *options)
    assert {row["fingerprint"] for row in rows} == wanted[middle]

    told = netattest.json("history", *options)["exposures"]
    seen = {}
    for scan, prints in wanted.items():
        for item in prints:
            seen.setdefault(item, []).append(NIGHTS[0] + timedelta(days=scan - 1))
    assert {item["fingerprint"]: day_of(item["first_seen"]) for item in told} == {
        item: days[0] for item, days in seen.items()
    }
    open_now = {item["fingerprint"] for item in told if item["opened"][-1]["closed"] is None}
    assert open_now == wanted[scan_of(NIGHTS[1])]

    failing = netattest.json("trend", "--findings", *options)["scans"]
    assert [sum(item["failing"].values()) for item in failing] == [
        len(wanted[scan]) for scan in sorted(wanted)
    ]


def test_days_and_zones_of_findings_are_those_of_their_opening_and_of_the_map(netattest, nightly):
    last = scan_of(year.OPEN_SHOP[1])
    opened = {item["fingerprint"] for item in nightly[last]} - {item["fingerprint"] for item in nightly[3]}
    rows = netattest.rows("findings", "--scan", last, "--since", "2026-03-17", "--until", "2026-03-17")
    assert {row["fingerprint"] for row in rows} == opened
    assert opened
    assert {row["namespace"] for row in netattest.rows("findings", "--scan", last, "--zone", "cde")} == {
        "shop"
    }


def test_one_control_is_told_night_by_night_and_its_line_is_drawn(netattest):
    rows = netattest.rows("trend", "--framework", "pci", "--control", "1.3.2")
    every = netattest.json("trend")["controls"]
    assert {(row["scan"], row["state"]) for row in rows} == {
        (str(item["scan"]), item["state"]) for item in every if item["control"] == "1.3.2"
    }
    assert len(rows) == len(nights_of(NIGHTS))
    some = netattest.rows("trend", "--since", "2026-03-16", "--until", "2026-03-17")
    assert {row["scan"] for row in some} == {"3", "4"}
    assert any(sign in netattest("trend", "--framework", "pci") for sign in "▁▂▃▄▅▆▇█")


def nights_of(ends: tuple[date, date]) -> list[date]:
    return [ends[0] + timedelta(days=count) for count in range((ends[1] - ends[0]).days + 1)]
