import pytest

from app.errors import ConfigurationError
from app.resources import resource
from app.settings.deliveries import Deliveries, SecretSource, load_deliveries

FOLDER = "{name: a, kind: folder, folder: out}"
MAIL = "{name: a, kind: mail, host: h, from: a@b, to: [c@d]%s}"


def load(tmp_path, text):
    path = tmp_path / "deliveries.yaml"
    path.write_text(text)
    return load_deliveries(path)


def test_the_shipped_example_has_every_kind():
    deliveries = load_deliveries(resource("config") / "deliveries.example.yaml")
    kinds = {"folder", "grc", "heartbeat", "mail", "s3", "slack", "webhook"}
    assert {item.kind for item in deliveries.channels} == kinds


def test_without_a_file_there_is_no_channel(tmp_path):
    assert load_deliveries(tmp_path / "none.yaml") == Deliveries()


def test_paths_start_at_the_folder_of_the_file_also_those_of_secrets(tmp_path):
    text = "channels: [{name: a, kind: webhook, url: {file: u}, secret: {env: S}}, {name: b, kind: folder, folder: o}]"
    hook, folder = load(tmp_path, text).channels
    assert (hook.url.file, folder.folder) == (tmp_path / "u", tmp_path / "o")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"channels: [{FOLDER}, {FOLDER}]", "each channel has a name of its own; given twice: a"),
        ("channels: [{name: a, kind: fax}]", "kind"),
        ("channels: [{name: a, kind: folder, folder: o, colour: red}]", "colour: unknown setting"),
        (f"channels: [{MAIL % ', user: u'}]", "user and password go together"),
        (
            f"channels: [{MAIL % ', user: u, password: {env: P}, security: none'}]",
            "a password must not go over a connection without TLS",
        ),
        (f"channels: [{MAIL % ', password: opensesame'}]", "password"),
        ("channels: [{name: a, kind: mail, host: h, from: a@b, to: ['x@y, z@q']}]", "to"),
        ("channels: [{name: a, kind: s3, bucket: bbb, lock: compliance}]", "lock and retain go together"),
        ("channels: [{name: a, kind: slack, url: {}}]", "give exactly one of file and env"),
        ("channels: [{name: a, kind: slack, url: {env: lower}}]", "env"),
    ],
)
def test_a_mistake_is_named(tmp_path, text, says):
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)


def test_a_channel_serves_the_clusters_that_its_patterns_name(tmp_path):
    deliveries = load(tmp_path, f"channels: [{FOLDER.replace('out', 'out, clusters: [prod-*]')}]")
    assert [len(deliveries.serving(name)) for name in ("prod-eu", "test")] == [1, 0]


def test_a_secret_is_read_from_a_file_or_the_environment_and_never_guessed(tmp_path):
    (tmp_path / "secret").write_text("opensesame\n")
    assert SecretSource(file=tmp_path / "secret").read({}) == "opensesame"
    assert SecretSource(env="S").read({"S": "opensesame"}) == "opensesame"
    for source, says in (
        (SecretSource(file=tmp_path / "none"), "none cannot be read"),
        (SecretSource(env="S"), "environment variable S holds no secret"),
    ):
        with pytest.raises(ConfigurationError, match=says):
            source.read({})
