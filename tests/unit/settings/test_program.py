from itertools import pairwise
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.settings import load_settings


@pytest.fixture(autouse=True)
def _nowhere(tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "DATA_DIR", "LOG__LEVEL"):
        monkeypatch.delenv(f"NETATTEST_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def write(text, name="config/netattest.yaml"):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_without_a_file_defaults_hold():
    settings = load_settings()
    assert settings.database_url is None
    assert settings.folder == Path("config")
    assert settings.log.level == "info"


def test_the_file_in_the_working_directory_is_found_without_being_named():
    write("log: {level: debug}")
    assert load_settings().log.level == "debug"


def test_environment_comes_before_the_file(monkeypatch):
    write("log: {level: debug, format: json}")
    monkeypatch.setenv("NETATTEST_LOG__LEVEL", "error")
    settings = load_settings()
    assert (settings.log.level, settings.log.format) == ("error", "json")


def test_the_command_line_comes_before_environment_and_file(monkeypatch):
    write("database_url: postgresql://file")
    monkeypatch.setenv("NETATTEST_DATABASE_URL", "postgresql://environment")
    assert load_settings().database_url.get_secret_value() == "postgresql://environment"
    chosen = load_settings(database_url="postgresql://flag")
    assert chosen.database_url.get_secret_value() == "postgresql://flag"


def test_paths_of_a_file_start_at_its_folder():
    write("documents: {scope: zones.yaml}\nreports: {output: /absolute}", "elsewhere/my.yaml")
    settings = load_settings(Path("elsewhere/my.yaml"))
    assert settings.documents.scope == Path("elsewhere/zones.yaml")
    assert settings.reports.output == Path("/absolute")
    assert settings.schedule_file == Path("elsewhere/schedule.yaml")


def test_paths_of_the_environment_start_at_the_working_directory(monkeypatch):
    write("{}", "elsewhere/my.yaml")
    monkeypatch.setenv("NETATTEST_DATA_DIR", "data")
    assert load_settings(Path("elsewhere/my.yaml")).data_dir == Path("data")


def test_a_password_is_never_printed():
    write("database_url: postgresql://user:hunter2@db/netattest")
    assert "hunter2" not in repr(load_settings())


def test_all_mistakes_are_named_at_once():
    write("databse_url: x\nlog: {level: loud, colour: yes}\nservice: {port: 70000}")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    lines = str(caught.value).split("\n")
    assert lines[0] == "config/netattest.yaml: 4 settings cannot be used"
    assert sorted(lines[1:]) == [
        "  databse_url: unknown setting; did you mean database_url?",
        "  log.colour: unknown setting",
        "  log.level: should be 'debug', 'info', 'warning' or 'error', not 'loud'",
        "  service.port: should be less than or equal to 65535, not 70000",
    ]


def test_a_mistake_in_the_environment_names_the_variable(monkeypatch):
    monkeypatch.setenv("NETATTEST_LOG__LEVEL", "loud")
    with pytest.raises(ConfigurationError, match="environment variable NETATTEST_LOG__LEVEL: should be"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("log: {level: [", "not valid YAML"),
        ("- a\n- b", "holds a list"),
        ("log: {level: info}\nlog: {level: debug}", "the key 'log' is given twice"),
        ("log: {{a: 1}: 2}", "a name is text or a number, not a list or a mapping in"),
        ("[log]: 1", "a name is text or a number, not a list or a mapping in"),
        ("folder: /etc", "folder: unknown setting"),
        ("database_url: !!python/object:os.system x", "not valid YAML"),
        ("a: 2026-13-45", "not valid YAML: month must be in"),
        ("a: !!int x", "not valid YAML"),
        ("a: !!timestamp x", "not valid YAML"),
        ("a: !!bool x", "not valid YAML"),
        (f"a: {'[' * 3000}", "not valid YAML: maximum recursion depth"),
        (
            "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
            + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefg")),
            "unfolds to more than 200,000 values",
        ),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused(text, says):
    write(text)
    with pytest.raises(ConfigurationError, match=says):
        load_settings()


def test_a_file_that_was_named_must_exist():
    with pytest.raises(ConfigurationError, match=r"missing\.yaml cannot be read: No such file"):
        load_settings(Path("missing.yaml"))
