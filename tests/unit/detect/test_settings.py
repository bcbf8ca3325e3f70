"""How settings of agents are read: command lines as people write them, variables, references, ConfigMaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.detect.evidence import Evidence
from app.detect.settings import config_map, environment, option, switch, unread_sources
from app.detect.workloads import image_version
from tests.unit.detect.build import cluster, container, daemon_set, folder
from tests.unit.detect.build import config_map as a_config_map

# what the command line is, what `--run-firewall` is then
SWITCHES = {
    "not given": ({"args": ["--run-router"]}, None),
    "bare": ({"args": ["--run-firewall"]}, True),
    "with a value": ({"args": ["--run-firewall=false"]}, False),
    "in the command": ({"command": ["/usr/local/bin/kube-router", "--run-firewall=false"]}, False),
    "twice, the last wins": ({"args": ["--run-firewall=false", "--run-firewall=true"]}, True),
    "arguments come after the command": ({"command": ["x", "--run-firewall=true"], "args": ["--run-firewall=false"]}, False),
    "one dash, as Go's own flag package allows": ({"args": ["-run-firewall=false"]}, False),
    "a following word is no value of a boolean": ({"args": ["--run-firewall", "false"]}, True),
    "written as Go allows": ({"args": ["--run-firewall=F"]}, False),
    "a longer name is another flag": ({"args": ["--run-firewall-late=false"]}, None),
    "inside a shell script": (
        {"command": ["/bin/sh", "-c", "set -e\nexec kube-router \\\n  --run-router=true \\\n  --run-firewall=false\n"]},
        False,
    ),
    "inside a script given as argument": ({"command": ["bash", "-c"], "args": ["kube-router --run-firewall=0"]}, False),
    "quoted inside a script": ({"command": ["bash", "-c", 'kube-router "--run-firewall=false"; sleep 1']}, False),
    "text of another flag is no script": ({"args": ["--note=see --run-firewall=false"]}, None),
    "from a variable": ({"args": ["--run-firewall=$(FIREWALL)"], "env": {"FIREWALL": "false"}}, False),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), SWITCHES.values(), ids=SWITCHES)
def test_a_switch_is_read_as_the_program_reads_it(fields, expected):
    setting = switch(*_read(**fields), "run-firewall")

    assert (setting.truth if setting else None) is expected


@pytest.mark.parametrize(
    "fields",
    [
        {"args": ["--run-firewall=$(FIREWALL)"]},
        {"args": ["--run-firewall=$(FIREWALL)"], "env": {"FIREWALL": "<redacted>"}},
        {"args": ["--run-firewall=<redacted>"]},
        {"args": ["--run-firewall=perhaps"]},
        {"args": ["--run-firewall="]},
    ],
    ids=["variable that is not there", "variable kept back", "value kept back", "no boolean", "empty"],
)
def test_a_switch_that_cannot_be_read_is_set_and_has_no_truth(fields):
    setting = switch(*_read(**fields), "run-firewall")

    assert setting is not None
    assert setting.truth is None


def test_a_switch_names_the_place_where_it_stands():
    setting = switch(*_read(args=["--run-router", "--run-firewall=false"]), "run-firewall")

    sign = setting.sign("the firewall is off")
    assert (str(sign.ref), sign.field, sign.value) == (
        "DaemonSet kube-system/agent",
        "spec.template.spec.containers[0].args[1]",
        "false",
    )
    assert len(sign.digest) == 64


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.booleans())
def test_the_last_of_many_switches_wins(values, split):
    words = [f"--run-firewall={str(value).lower()}" for value in values]
    cut = len(words) // 2 if split else 0
    setting = switch(*_read(command=["program", *words[:cut]], args=words[cut:]), "run-firewall")

    assert setting.truth is values[-1]


@pytest.mark.parametrize("args", [["--mode=never"], ["--mode", "never"], ["--mode", "x", "--mode=never"]])
def test_a_text_option_takes_its_value_from_either_form(args):
    assert option(*_read(args=args), "mode").value == "never"


ENVIRONMENTS = {
    "a value": ({"A": "none"}, "none"),
    "an empty value": ({"A": ""}, ""),
    "from a ConfigMap": ({"A": {"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "backend"}}}}, "bird"),
    "from a ConfigMap that is not there": (
        {"A": {"valueFrom": {"configMapKeyRef": {"name": "gone", "key": "backend"}}}},
        None,
    ),
    "from a ConfigMap whose data was not kept": (
        {"A": {"valueFrom": {"configMapKeyRef": {"name": "stripped", "key": "backend"}}}},
        None,
    ),
    "from a Secret": ({"A": {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}}, None),
    "kept back": ({"A": "<redacted>"}, None),
}  # fmt: skip


@pytest.mark.parametrize(("env", "expected"), ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_a_variable_is_resolved_or_known_to_be_unreadable(env, expected):
    maps = a_config_map("settings", {"backend": "bird"}), a_config_map("stripped", {})
    setting = environment(*_read(*maps, env=env), "A")

    assert setting is not None
    assert setting.value == expected


def test_a_variable_that_refers_to_an_optional_missing_key_is_not_set():
    reference = {"configMapKeyRef": {"name": "settings", "key": "absent", "optional": True}}
    evidence, program = _read(
        a_config_map("settings", {"backend": "bird"}), env={"A": {"valueFrom": reference}}
    )

    assert environment(evidence, program, "A") is None
    assert environment(evidence, program, "B") is None


def test_a_variable_from_a_config_map_names_the_config_map_as_its_place():
    reference = {"configMapKeyRef": {"name": "settings", "key": "backend"}}
    setting = environment(
        *_read(a_config_map("settings", {"backend": "bird"}), env={"A": {"valueFrom": reference}}), "A"
    )

    sign = setting.sign("how it routes")
    assert (str(sign.ref), sign.field) == ("ConfigMap kube-system/settings", "data['backend']")


def test_the_text_false_in_a_config_map_is_false_and_not_a_text_that_is_there():
    evidence = Evidence.of(folder(a_config_map("settings", {"enable": "false", "late": "true"})))
    found = config_map(evidence, "kube-system", "settings")

    assert found.get("enable").truth is False
    assert found.get("late").truth is True
    assert found.get("absent") is None


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("quay.io/calico/node:v3.32.1", "v3.32.1"),
        ("quay.io/cilium/cilium:v1.20.0@sha256:38ab", "v1.20.0"),
        ("registry:5000/team/agent:1.4", "1.4"),
        ("registry:5000/team/agent", ""),
        ("weaveworks/weave-npc:latest", ""),
        ("ovn-kube-ubuntu:master", ""),
        ("$REGISTRY/cilium:$TAG", ""),
        ("agent@sha256:38ab", ""),
        ("", ""),
    ],
)
def test_a_version_is_an_image_tag_that_looks_like_one(image, version):
    assert image_version(image) == version


def _read(*others, **fields):
    evidence = Evidence.of(folder(daemon_set("agent", container("program", **fields)), *others))
    return evidence, evidence.daemon_sets[0].containers[0]


SOURCES = {
    "its key": ([{"configMapRef": {"name": "seen"}}], {}, "on"),
    "with a prefix": ([{"configMapRef": {"name": "seen"}, "prefix": "X_"}], {}, None),
    "the last of two": ([{"configMapRef": {"name": "seen"}}, {"configMapRef": {"name": "other"}}], {}, "off"),
    "after a variable of its own": ([{"configMapRef": {"name": "seen"}}], {"SWITCH": "mine"}, "mine"),
    "one that was not read": ([{"configMapRef": {"name": "unseen"}}], {}, None),
}


@pytest.mark.parametrize(("sources", "env", "value"), SOURCES.values(), ids=SOURCES)
def test_variables_of_a_whole_config_map(sources, env, value):
    evidence, found = _with_sources(sources, env=env)
    setting = environment(evidence, found, "SWITCH")

    assert (setting.value if setting else None) == value
    assert setting is None or env or setting.field == "data['SWITCH']"


UNREAD = {
    "a Secret": ({"secretRef": {"name": "keys"}}, "Secret kube-system/keys, which is never read, may set it"),
    "a ConfigMap that was read": ({"configMapRef": {"name": "seen"}}, ""),
    "one that was not": ({"configMapRef": {"name": "unseen"}}, "ConfigMap kube-system/unseen, which is not among what was read, may set it"),
    "one that need not be there": ({"configMapRef": {"name": "unseen", "optional": True}}, "ConfigMap kube-system/unseen, which is not among what was read, may set it"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "says"), UNREAD.values(), ids=UNREAD)
def test_a_source_that_was_not_read_may_set_anything(source, says):
    assert unread_sources(*_with_sources([source])) == says


def test_a_source_that_need_not_be_there_and_is_not_sets_nothing():
    optional = {"configMapRef": {"name": "unseen", "optional": True}}

    assert unread_sources(*_with_sources([optional], live=True)) == ""


def _with_sources(sources, env=None, *, live=False):
    agent = daemon_set("agent", container("agent", env=env or {}, envFrom=sources))
    maps = a_config_map("seen", {"SWITCH": "on"}), a_config_map("other", {"SWITCH": "off"})
    evidence = Evidence.of((cluster if live else folder)(agent, *maps))
    (found,) = evidence.daemon_sets
    return evidence, found.containers[0]
