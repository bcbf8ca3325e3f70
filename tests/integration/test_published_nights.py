"""The service publishes after each slot, and a night without a scan is to be seen on the pages as well."""

import pytest

from app.errors import ConfigurationError
from app.scheduler import Runner
from app.settings import Publish, load_schedule
from tests.integration import test_nights_are_told as told

runner = told.runner


def test_pages_follow_each_slot(runner: Runner, tmp_path):
    (tmp_path / "config" / "deliveries.yaml").unlink()
    folder = tmp_path / "site"
    runner.work.publish = Publish(folder=folder, reports=("json",))
    told.night(runner)
    page = next(folder.glob("cluster-shop-*.html"))
    assert "Last stored scan: number 1," in page.read_text()
    assert [path.name for path in folder.glob("reports/*/*soc2*")] == ["shop-soc2-tsc-2017-2026-01-04.json"]

    runner.work.source = told.refuse
    told.night(runner)
    assert "The slot failed: the API server did not answer" in page.read_text()
    assert "The last night failed" in (folder / "index.html").read_text()


def test_a_folder_starts_at_the_schedule_and_a_report_that_cannot_be_is_refused(tmp_path):
    clusters = "clusters: [{name: shop, cron: '0 2 * * *', from: [x]}]\n"
    file = tmp_path / "schedule.yaml"
    file.write_text(f"{clusters}publish: {{folder: www}}\n")
    assert load_schedule(file).publish == Publish(folder=tmp_path / "www")
    file.write_text(f"{clusters}publish: {{folder: www, reports: [docx]}}\n")
    with pytest.raises(ConfigurationError, match="publish"):
        load_schedule(file)
