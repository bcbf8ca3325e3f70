from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.resources import resource
from app.settings import load_schedule, load_settings


def schedule(tmp_path, text):
    path = tmp_path / "schedule.yaml"
    path.write_text(text)
    return load_schedule(path)


def test_the_shipped_examples_can_be_read():
    clusters = load_schedule(resource("config") / "schedule.example.yaml").clusters
    assert [cluster.name for cluster in clusters] == ["prod-eu-1", "tools"]
    assert load_settings(resource("config") / "netattest.example.yaml").reports.definition == "auditor"


def test_the_shipped_settings_file_says_the_defaults(monkeypatch, tmp_path):
    shipped = load_settings(resource("config") / "netattest.example.yaml")
    monkeypatch.chdir(tmp_path)
    assert shipped.model_dump(exclude={"folder"}) == load_settings().model_dump(exclude={"folder"})


def test_paths_start_at_the_schedules_folder(tmp_path):
    text = "clusters: [{name: a, cron: '0 1 * * *', from: [dumps/a, /srv/b], output: out}]"
    (cluster,) = schedule(tmp_path, text).clusters
    assert cluster.from_ == (tmp_path / "dumps/a", Path("/srv/b"))
    assert cluster.output == tmp_path / "out"


@pytest.mark.parametrize(("text", "window"), [("90m", 5400), ("12h", 43200), ("2d", 172800)])
def test_the_window_for_catching_up_is_a_number_and_a_unit(tmp_path, text, window):
    (cluster,) = schedule(tmp_path, f"clusters: [{{name: a, cron: '0 1 * * *', catch_up: {text}}}]").clusters
    assert cluster.catch_up == timedelta(seconds=window)


MISTAKES = {
    "an unknown name": (
        "{name: a, cron: '0 1 * * *', crno: x}",
        r"clusters\[0\]\.crno: unknown setting; did you mean cron",
    ),
    "no cron": ("{name: a}", r"clusters\[0\]\.cron: is required"),
    "a cron that is none": ("{name: a, cron: daily}", "five fields"),
    "a zone that is none": ("{name: a, cron: '0 1 * * *', timezone: Mars/Base}", "Mars/Base"),
    "two sources": ("{name: a, cron: '0 1 * * *', in_cluster: true, context: b}", "one source only"),
    "a window without a unit": ("{name: a, cron: '0 1 * * *', catch_up: '12'}", "number and m, h or d"),
    "a window that is no number": ("{name: a, cron: '0 1 * * *', catch_up: '²h'}", "number and m, h or d"),
    "a name given twice": ("{name: a, cron: '0 1 * * *'}, {name: a, cron: '0 2 * * *'}", "given twice: a"),
    "no cluster": ("", "clusters"),
}


@pytest.mark.parametrize(("clusters", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_its_place(tmp_path, clusters, says):
    with pytest.raises(ConfigurationError, match=says):
        schedule(tmp_path, f"clusters: [{clusters}]")


def test_entries_that_cannot_be_used_are_told_and_no_lack_of_entries(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        schedule(tmp_path, "clusters: [{name: a}, {cron: '0 1 * * *'}]")
    lines = str(caught.value).splitlines()[1:]
    assert [line.strip() for line in lines] == [
        "clusters[0].cron: is required",
        "clusters[1].name: is required",
    ]


def test_a_missing_schedule_says_where_to_begin(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        load_schedule(tmp_path / "schedule.yaml")
    assert "schedule.example.yaml" in caught.value.advice
