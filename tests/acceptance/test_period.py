"""The period report of a year with planted events states each of them, with dates and counts worked out here alone."""

import csv
import hashlib
import io
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import jsonschema
import pikepdf
import pytest
from typer.testing import CliRunner

from app.cli.program import build
from app.model.verification import Verdict
from app.resources import resource
from app.store import PostgresStore
from app.verify import Package, check_period
from tests import year
from tests.verapdf import CLAIM, validated

PERIOD = f"{year.FIRST}..{year.LAST}"
SETTINGS = "closing_days: {critical: 7, high: 30}\n"
SCHEDULE = f'clusters:\n  - {{name: {year.CLUSTER}, cron: "{year.CRON}", timezone: {year.ZONE.key}, in_cluster: true}}\n'
EGRESS = "namespace-without-default-deny-egress"


@dataclass(frozen=True)
class Written:
    folder: Path
    url: str
    config: Path

    def run(self, *arguments: str) -> str:
        result = CliRunner().invoke(
            build(), [*arguments, "--database-url", self.url, "--config", str(self.config)]
        )
        assert result.exit_code in (0, 3), result.output
        return result.stdout

    @property
    def stem(self) -> str:
        return f"{year.CLUSTER}-pci-dss-4.0.1-{year.FIRST}_{year.LAST}"

    def file(self, ending: str) -> Path:
        return self.folder / f"{self.stem}.{ending}"


@pytest.fixture(scope="module")
def written(shared_engine, tmp_path_factory):
    year.store_year(PostgresStore(shared_engine))
    folder = tmp_path_factory.mktemp("period")
    config = folder / "netattest.yaml"
    config.write_text(SETTINGS)
    (folder / "schedule.yaml").write_text(SCHEDULE)
    found = Written(folder / "out", shared_engine.url.render_as_string(hide_password=False), config)
    report(found, folder / "out")
    return found


def test_its_pdf_is_an_archival_file_that_can_be_read_aloud(written):
    file = written.file("pdf")

    assert validated([file], "3a") == {file.stem: {}}
    assert set(validated([file], "ua1")[file.stem]) == {CLAIM}


def report(written, folder, *more, formats="pdf,html,json,csv"):
    return written.run(
        "report", "--cluster", year.CLUSTER, "--framework", "pci", "--period", PERIOD,
        "--format", formats, "--output", str(folder), *more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def period(written):
    return json.loads(written.file("json").read_bytes())


@pytest.fixture(scope="module")
def redacted(written, tmp_path_factory):
    """The folder of the period with pseudonyms."""
    folder = tmp_path_factory.mktemp("redacted")
    report(written, folder, "--redact", formats="json,html,csv,manifest")
    return folder


@pytest.fixture(scope="module")
def sampled(written, tmp_path_factory):
    """The folder of the period with three of its nights, drawn by a seed."""
    folder = tmp_path_factory.mktemp("sampled")
    report(written, folder, "--sample", "3", "--seed", "4711", formats="json")
    return folder


def every_day():
    return [year.FIRST + timedelta(days=n) for n in range((year.LAST - year.FIRST).days + 1)]


UNSEEN = sorted([*year.MISSED, year.FAILED])
SCANNED = [day for day in every_day() if day not in UNSEEN]


def span(ends):
    return [day for day in every_day() if ends[0] <= day <= ends[1]]


def iso(days):
    return [day.isoformat() for day in days]


def ranges(days):
    """First and last day of each run of days."""
    found = []
    for day in days:
        if found and found[-1][1] == day - timedelta(days=1):
            found[-1][1] = day
        else:
            found.append([day, day])
    return [iso(ends) for ends in found]


def length(found):
    return sum((date.fromisoformat(last) - date.fromisoformat(first)).days + 1 for first, last in found)


def deviations(period, check, subject):
    return [
        item for item in period["deviations"] if (item["check"], item["subject"]["id"]) == (check, subject)
    ]


def day_of(moment):
    return datetime.fromisoformat(moment).astimezone(year.ZONE).date()


def test_every_night_is_accounted_for(period):
    nights = {item["day"]: item for item in period["nights"]}
    assert list(nights) == iso(every_day())
    by_status = {
        status: [day for day, item in nights.items() if item["status"] == status]
        for status in ("complete", "partial", "failed", "missing")
    }
    assert by_status["missing"] == iso(year.MISSED)
    assert by_status["failed"] == iso([year.FAILED])
    assert by_status["partial"] == iso([year.PARTIAL])
    assert len(by_status["complete"]) == 365 - 5


def test_a_night_that_is_missing_has_its_cause_and_what_came_after(period):
    nights = {item["day"]: item for item in period["nights"]}
    after = nights["2025-09-13"]["scans"][0]
    for day in year.MISSED:
        assert nights[day.isoformat()]["cause"] == "the service was not running"
        assert nights[day.isoformat()]["caughtUp"].startswith(
            f"scan {after} is the next one stored, 2025-09-13"
        )
    assert nights[year.FAILED.isoformat()]["cause"] == "the API server did not answer"
    by_hand = nights[year.BY_HAND.isoformat()]
    assert (by_hand["status"], len(by_hand["scans"]), len(by_hand["failedRuns"])) == ("complete", 1, 1)
    assert "outside the schedule" in by_hand["caughtUp"]


def test_a_failure_of_three_nights_is_told_with_its_days_object_field_and_manager(period):
    first, last = year.OPEN_SHOP
    found, again = deviations(period, EGRESS, "shop")
    assert (day_of(found["openedAt"]), day_of(found["lastSeenAt"])) == (first, last)
    assert day_of(found["closedAt"]) == last + timedelta(days=1)
    assert day_of(found["cleanBefore"]) == first - timedelta(days=1)
    assert found["failed"] == ranges(span(year.OPEN_SHOP))
    assert (found["days"], found["allowed"], found["overdue"], found["opening"]) == (3, 30, False, 1)
    (cause,) = found["causes"]
    assert (cause["ref"], cause["kind"], cause["manager"]) == (
        "networking.k8s.io/NetworkPolicy/shop/default-deny", "changed", "kubectl-edit",
    )  # fmt: skip
    assert [(item["path"], item["before"], item["after"]) for item in cause["fields"]] == [
        ("spec.policyTypes[1]", '"Egress"', "")
    ]
    assert (again["opening"], again["failed"]) == (2, ranges(span(year.OPEN_AGAIN)))


def test_an_exception_stands_before_the_nights_of_its_time_only(period):
    (found,) = deviations(period, EGRESS, "lab")
    open_nights = [day for day in span(year.LAB_OPEN) if day in SCANNED]
    accepted = [day for day in span(year.EXCEPTION) if day in open_nights]
    (exception,) = found["accepted"]
    assert (exception["exception"], exception["reference"]) == ("EX-LAB", "CCW-11")
    assert exception["nights"] == ranges(accepted)
    assert found["failed"] == ranges([day for day in open_nights if day not in accepted])
    first, last = year.LAB_OPEN
    assert (found["days"], found["overdue"]) == ((last - first).days + 1, True)


def test_nobody_is_said_to_have_removed_an_object(written):
    """The API keeps who wrote an object last, and nothing of who removed it."""
    text = " ".join(re.sub(r"<[^>]*>", " ", written.file("html").read_text()).split())
    removed = re.findall(r"NetworkPolicy lab/default-deny removed (.{60})", text)
    assert removed
    assert all(
        item.startswith("last written by argocd , who removed it is not on record") for item in removed
    )
    assert "default-deny changed: spec.policyTypes[1] by kubectl-edit" in text.replace(" : ", ": ")


def test_a_control_that_failed_for_several_is_not_said_to_have_failed_for_each_on_every_night(period):
    """The lab failed for a part of the year, kube-system on every night."""
    (told,) = [item["says"] for item in period["controls"] if item["control"] == "1.2.1"]
    assert "every scanned night failed for one or more of kube-system, lab and 1 other," in told


def test_nights_of_the_schedule_are_named_as_people_write_them(period):
    (told,) = [item["says"] for item in period["controls"] if item["control"] == "10.7.2"]

    assert "the slot of 2025-09-10 00:15 UTC, the slot of 2025-09-11 00:15 UTC and " in told
    assert "T00:15" not in told


def test_failures_of_a_workload_come_before_what_only_nobody_looked_at(written):
    text = " ".join(re.sub(r"<[^>]*>", " ", written.file("html").read_text()).split())
    row = text[text.index("shop/web[Deployment] 2025-07-01 to 2026-06-30") :][:900]
    assert row.index("held on 356 of 365 nights, 5 nights failed") < row.index(
        "held on every scanned night; 4 nights were not scanned"
    )


def test_a_workload_that_lived_for_eleven_nights_is_counted_on_those_alone(period):
    (found,) = [item for item in period["workloads"] if item["workload"] == "shop/migrate[Deployment]"]
    first, last = year.SHORT_LIVED
    assert (day_of(found["firstSeen"]), day_of(found["lastSeen"])) == (first, last)
    assert (found["nightsSeen"], found["whole"]) == (11, False)
    assert {(item["nights"], item["held"], item["course"]) for item in found["controls"]} == {
        (11, 11, "always")
    }


def test_a_workload_answers_for_the_nights_of_its_namespace(period):
    (found,) = [item for item in period["workloads"] if item["workload"] == "shop/web[Deployment]"]
    (control,) = [item for item in found["controls"] if item["control"] == "1.3.2"]
    failed = [*span(year.OPEN_SHOP), *span(year.OPEN_AGAIN)]
    assert (control["course"], control["failed"], control["unseen"]) == (
        "at some time",
        ranges(failed),
        ranges(UNSEEN),
    )
    assert control["held"] == 365 - len(failed) - len(UNSEEN)
    assert control["says"] == (
        "held on 356 of 365 nights, 5 nights failed (17 to 19 March 2026, 4 to 5 May 2026), 4 nights not scanned"
        " (10 to 12 September 2025, 5 November 2025)"
    )


def test_a_control_counts_its_nights(period):
    controls = {item["control"]: item for item in period["controls"]}
    firewall = controls["1.4.1"]
    assert firewall["undecided"] == ranges([year.PARTIAL])
    assert firewall["held"] == len(SCANNED) - 1
    assert firewall["unseen"] == ranges(UNSEEN)
    assert all(
        item["held"]
        + sum(length(item[name]) for name in ("accepted", "failed", "undecided", "untested", "unseen"))
        == 365
        for item in controls.values()
    )


def test_changes_of_scope_and_tool_stand_on_the_time_line(period):
    turns = {(item["kind"], day_of(item["at"])) for item in period["changes"]}
    assert turns == {
        ("scope", year.SCOPE_CHANGE),
        ("tool", year.UPGRADE),
        ("coverage", year.PARTIAL),
        ("coverage", year.PARTIAL + timedelta(days=1)),
    }
    (tool,) = [item for item in period["changes"] if item["kind"] == "tool"]
    assert (tool["before"], tool["after"]) == ("0.1.0", "0.2.0")


def test_a_course_of_failing_results_ends_at_nights_without_a_scan_and_where_judgement_changed(written):
    """As many as were open by the dates of the story; a missed night is none of them, and no zero."""
    told = json.loads(
        written.run(
            "trend",
            "--cluster",
            year.CLUSTER,
            "--findings",
            "--namespace",
            "shop",
            "--check",
            EGRESS,
            "--json",
        )
    )["scans"]
    failing = {day_of(item["taken_at"]): item["failing"] for item in told if item["status"] != "failed"}
    opened = {*span(year.OPEN_SHOP), *span(year.OPEN_AGAIN)}
    assert {day: found and found["high"] for day, found in failing.items()} == {
        day: None if day in year.MISSED else int(day in opened) for day in every_day() if day != year.FAILED
    }
    assert {day_of(item["taken_at"]) for item in told if item["status"] == "failed"} == {
        year.FAILED, year.BY_HAND,
    }  # fmt: skip
    broken = {day_of(item["taken_at"]) for item in told if item["breaks"] and item["failing"]}
    assert broken == {year.PARTIAL, year.PARTIAL + timedelta(days=1), year.SCOPE_CHANGE, year.UPGRADE}


def test_times_to_close_are_those_of_the_deviations(period):
    high = [item for item in period["deviations"] if item["severity"] == "high"]
    closed = [item["days"] for item in high if item["closedAt"]]
    (told,) = [item for item in period["bySeverity"] if item["name"] == "high"]
    assert (told["closed"], told["openAtEnd"]) == (len(closed), len(high) - len(closed))
    assert told["meanDays"] == round(sum(closed) / len(closed), 1)
    assert told["reopened"] == sum(item["opening"] > 1 for item in high)
    assert told["overdue"] == sum(item["days"] > 30 for item in high)


def test_the_same_period_gives_the_same_bytes(written, tmp_path):
    report(written, tmp_path)
    for ending in ("pdf", "html", "json", "nights.csv", "controls.csv", "workloads.csv", "deviations.csv"):
        assert (tmp_path / f"{written.stem}.{ending}").read_bytes() == written.file(ending).read_bytes()


def test_the_pdf_carries_the_values_and_the_chain(written):
    with pikepdf.open(written.file("pdf")) as pdf:
        assert sorted(pdf.attachments) == [
            "chain.json", "controls.csv", "deviations.csv", "manifest.json", "nights.csv", "period.json", "workloads.csv",
        ]  # fmt: skip
        carried = pdf.attachments["period.json"].get_file().read_bytes()
    assert carried == written.file("json").read_bytes()


def test_tables_have_a_row_for_each_night(written):
    rows = list(csv.DictReader(io.StringIO(written.file("nights.csv").read_text())))
    assert [row["day"] for row in rows] == iso(every_day())


def test_its_json_is_valid_by_the_published_schema(written, period, sampled):
    schema = json.loads((resource("config") / "schema/period.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    told = json.loads((sampled / f"{written.stem}.json").read_bytes())

    assert told["sample"]
    assert list(validator.iter_errors(told)) == []
    assert [f"{item.json_path}: {item.message[:200]}" for item in validator.iter_errors(period)] == []
    assert list(validator.iter_errors({**period, "more": 1}))
    assert list(validator.iter_errors({**period, "nights": [{"day": "2026-01-01"}]}))


def test_a_sample_can_be_drawn_again_from_its_seed_and_the_nights(written, period, sampled):
    def ticket(night):
        due = year.slot_of(date.fromisoformat(night["day"])).isoformat()
        return hashlib.sha256(f"4711\n{due}".encode()).hexdigest()

    told = json.loads((sampled / f"{written.stem}.json").read_bytes())["sample"]
    expected = sorted(item["day"] for item in sorted(period["nights"], key=ticket)[:3])
    assert [item["day"] for item in told["nights"]] == expected
    folders = sorted(item.name[:10] for item in (sampled / "nights").iterdir())
    assert folders == [day for day in expected if date.fromisoformat(day) in SCANNED]


def test_a_sample_is_drawn_again_when_it_is_verified(written, sampled):
    told = json.loads((sampled / f"{written.stem}.json").read_bytes())

    def drawn(seed):
        told["sample"]["seed"] = seed
        files = {"period.json": json.dumps(told).encode(), "manifest.json": b'{"redacted": true}'}
        return {item.part.value: item.verdict.value for item in check_period(Package("", {}, files))[0]}

    left = {"chain": "not-checked", "verdicts": "not-checked", "pages": "not-checked"}
    assert drawn("4711") == {**left, "documents": "holds"}
    assert drawn("4712")["documents"] == "does-not-hold"


def test_exactly_the_nights_that_are_named_are_written(written, tmp_path):
    told = written.run(
        "report", "--cluster", year.CLUSTER, "--framework", "pci", "--nights", "2026-03-17,2025-09-11",
        "--output", str(tmp_path),
    )  # fmt: skip
    assert [item.name[:10] for item in (tmp_path / "nights").iterdir()] == ["2026-03-17"]
    assert "2025-09-11: the service was not running" in told


def test_a_period_that_is_not_over_is_refused(written):
    result = CliRunner().invoke(
        build(),
        [
            "report",
            "--cluster",
            year.CLUSTER,
            "--period",
            "2026-01-01..2999-01-01",
            "--database-url",
            written.url,
        ],
    )
    assert result.exit_code != 0
    assert "not over yet" in f"{result.output}{result.exception}"


def test_a_period_is_verified_from_its_file(written):
    told = json.loads(written.run("verify", str(written.file("pdf")), "--json"))
    found = {item["part"]: item["verdict"] for item in told["reports"][0]["statements"]}
    assert {name: found[name] for name in ("digests", "chain", "snapshot", "verdicts")} == {
        "digests": "holds", "chain": "holds", "snapshot": "holds", "verdicts": "not-checked",
    }  # fmt: skip


def values(folder):
    """The values of the period that was written into a folder."""
    (found,) = (path for path in folder.glob("*.json") if "manifest" not in path.name)
    return json.loads(found.read_bytes())


def test_a_redacted_period_names_nothing_of_the_cluster(written, redacted):
    """Neither in its values nor its pages; and what a person or a program wrote as a reason is left out."""
    names = re.compile(r"\b(quay-prod|shop|lab|cart|bench|migrate|argocd|kubectl-edit)\b|did not answer")
    files = sorted(redacted.iterdir())
    assert len(files) == 7
    for file in files:
        assert "quay" not in file.name
        text = re.sub(r"base64,[^)\"]*", "", file.read_text())
        assert [text[max(at.start() - 60, 0) : at.end() + 20] for at in names.finditer(text)] == []
    told, plain = values(redacted), values(written.folder)
    assert len(told["deviations"]) == len(plain["deviations"])
    assert [item["title"] for item in told["controls"]] == [item["title"] for item in plain["controls"]]
    assert told["controls"]


def test_a_redacted_period_names_the_digests_of_its_own_files(written, redacted):
    """And shows every digest: that of a configuration, which names could be guessed by, as another one."""
    page = next(redacted.glob("*.html")).read_text(encoding="utf-8")
    told, plain = values(redacted)["changes"], values(written.folder)["changes"]
    for table in redacted.glob("*.csv"):
        assert hashlib.sha256(table.read_bytes()).hexdigest() in page
    assert ">…<" not in page
    assert [item["kind"] for item in told] == [item["kind"] for item in plain]
    scope = [(item, here) for item, here in zip(plain, told, strict=True) if item["kind"] == "scope"]
    assert scope
    assert not [item for item, here in scope if item["after"] == here["after"] or here["after"] == "…"]


@pytest.mark.parametrize(
    ("day", "says", "problem"),
    [
        (year.MISSED[0], {"status": "complete"}, "is called complete, which its scans are not"),
        (
            year.MISSED[0],
            {"status": "complete", "scans": [9999]},
            "names a scan that the chain does not have",
        ),
        (year.PARTIAL, {"status": "complete"}, "is called complete, which its scans are not"),
        (year.FIRST, {"takenAt": "2025-07-01T03:00:00+00:00"}, "names another time than scan 1"),
    ],
    ids=["missing", "invented", "partial", "time"],
)
def test_a_night_that_the_chain_does_not_know_is_found(written, period, day, says, problem):
    with pikepdf.open(written.file("pdf")) as pdf:
        evidence = {name: item.get_file().read_bytes() for name, item in pdf.attachments.items()}
    for night in (nights := json.loads(evidence["period.json"]))["nights"]:
        if night["day"] == day.isoformat():
            night.update(says)
    evidence["period.json"] = json.dumps(nights).encode()

    statements, _ = check_period(Package("", {}, evidence))

    assert [item.details for item in statements if item.verdict is Verdict.FAILS] == [(f"{day} {problem}",)]
