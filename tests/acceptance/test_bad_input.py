"""What careless and hostile files do to the command line; where they could block or crash it, in a process of its own.

All bad files stand in one folder with a good one between them. It must be read all the same, each bad one must be named,
and nothing may hang, print a traceback or reach the terminal as an escape sequence.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests import command

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: good, namespace: shop}\nspec: {containers: []}\n"
POLICY = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p-@, namespace: shop}\nspec: "
)
GOOD = "shop/good[Pod]"
DEEP = 10_000
BOMB = "\n".join(
    ["a0: &a0 [x,x,x,x,x,x,x,x,x]", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))]
)
JSON_POLICY = (
    '{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p-@"}, "spec": %s}'
)
JSON_MAP = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": %s}'


def peers(text):
    return f"{POLICY}{{podSelector: {{}}, ingress: [{{from: [{text}]}}]}}\n"


def ports(text):
    return f"{POLICY}{{podSelector: {{}}, ingress: [{{ports: [{text}]}}]}}\n"


def named(text):
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {text}, namespace: shop}}\n"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    errors: str

    @property
    def gaps(self):
        return json.loads(self.out)["gaps"]


def process(*arguments):
    """A process of its own, which may break or hang by itself."""
    given = [sys.executable, "-m", "app", *map(str, arguments)]
    done = subprocess.run(given, capture_output=True, timeout=60, check=False)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def netattest(tmp_path_factory):
    def run(*arguments, standard_input=b""):
        folder = tmp_path_factory.mktemp("empty")
        done = command.run(*arguments, folder=folder, standard_input=standard_input)
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


# name: (content of x.yaml, what the message says, the field that the gap names)
GAPS = {
    "text that is not YAML": ("{[nope: : }", "document 1 (line 1) was not read: it is not YAML: line 1", ""),
    "bytes": (bytes(range(128, 256)), "document 1 (line 1) was not read: it is not UTF-8 text", ""),
    "NUL bytes": (b"\0" * 999, "it is not YAML: unacceptable character #x0000", ""),
    "UTF-16": (POD.encode("utf-16"), "it is not UTF-8 text", ""),
    "a tab as indentation": ("kind: Pod\nmetadata:\n\tname: x\n", "it is not YAML: line 3", ""),
    "a Python object": ("!!python/object/apply:os.system [id]", "it is not a Kubernetes object", ""),
    "an alias bomb": (BOMB, "aliases stand for more than 100,000 values", ""),
    "deep YAML": (f"a: {'[' * DEEP}{']' * DEEP}", "nested deeper than 128 levels", ""),
    "deep JSON": (JSON_MAP % ("[" * DEEP + "]" * DEEP), "nested deeper than 128 levels", ""),
    "a list that is a mapping": ("kind: NetworkPolicyList\nitems: {a: b}\n", "items is not a list", ""),
    "a list that is text": ('{"kind": "List", "items": "a"}', "items is not a list", ""),
    "a list without items": (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nmetadata: {}\n",
        "items is missing",
        "",
    ),
    "one page of a list": (
        '{"apiVersion": "v1", "kind": "PodList", "metadata": {"continue": "abc"}, "items": []}',
        "one page of a longer list",
        "metadata.continue",
    ),
    "items that are no objects": ("apiVersion: v1\nkind: List\nitems: [5]\n", "item 1 was not read", ""),
    "no apiVersion": ("kind: NetworkPolicy\nmetadata: {name: p}\n", "apiVersion is missing", ""),
    "no metadata": ("apiVersion: v1\nkind: Pod\n", "metadata is missing", ""),
    "metadata that is a list": ("apiVersion: v1\nkind: Pod\nmetadata: [a]\n", "metadata is missing", ""),
    "a name with a slash": (named("a/b"), "metadata.name is 'a/b', which is not a name", ""),
    "a name that leads upwards": (named('".."'), "which is not a name", ""),
    "a name of 300 characters": (named("a" * 300), "which is not a name", ""),
    "a name that YAML reads as a truth value": (
        named("on"),
        "metadata.name is true, which is not a name: quote it",
        "",
    ),
    "a name with an escape sequence": (named(r'"x\e[31m\a"'), r"'x\x1b[31m\x07', which is not a name", ""),
    "a name with a NUL": (named(r'"x\0"'), r"'x\x00', which is not a name", ""),
    "an address that is none": (
        named("odd-@") + "status: {podIP: banana}\n",
        "`banana` is not an IP address",
        "status.podIP",
    ),
    "labels that are a list": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: odd-@, labels: [a]}\n",
        "expected `object | null`, got `array`",
        "metadata.labels",
    ),
    "a label that is a number": (
        f"{POLICY}{{podSelector: {{matchLabels: {{a: 1}}}}}}\n",
        "expected `str`, got `int`",
        "spec.podSelector.matchLabels[...]",
    ),
    "a selector that is a list": (
        f"{POLICY}{{podSelector: [a]}}\n",
        "expected `object | null`, got `array`",
        "spec.podSelector",
    ),
    "NotIn without values": (
        f"{POLICY}{{podSelector: {{matchExpressions: [{{key: a, operator: NotIn}}]}}}}\n",
        "NotIn needs at least one value",
        "spec.podSelector.matchExpressions[0].values",
    ),
    "an unknown operator": (
        f"{POLICY}{{podSelector: {{matchExpressions: [{{key: a, operator: Near, values: [b]}}]}}}}\n",
        "`Near` is not one of In",
        "spec.podSelector.matchExpressions[0].operator",
    ),
    "an unknown field": (f"{POLICY}{{podSelector: {{}}, ingres: []}}\n", "unknown field `ingres`", "spec"),
    "an invalid CIDR": (
        peers("{ipBlock: {cidr: 10.0.0.0/33}}"),
        "`10.0.0.0/33` is not a CIDR",
        "spec.ingress[0].from[0].ipBlock.cidr",
    ),
    "an exception outside its block": (
        peers("{ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}"),
        "is not a strict subset of",
        "spec.ingress[0].from[0].ipBlock.except[0]",
    ),
    "an empty peer": (peers("{}"), "a peer must have", "spec.ingress[0].from[0]"),
    "ports that end before they begin": (
        ports("{port: 80, endPort: 70}"),
        "70 is below `port` 80",
        "spec.ingress[0].ports[0].endPort",
    ),
    "a named port with an end": (
        ports("{port: http, endPort: 90}"),
        "needs a numeric `port`",
        "spec.ingress[0].ports[0].endPort",
    ),
    "a number of 40 digits": (ports(f"{{port: {'9' * 40}}}"), "got `float`", "spec.ingress[0].ports[0].port"),
    "a number of 6,000 digits": (
        ports(f"{{port: {'9' * 6000}}}"),
        "neither a port number nor a valid port name",
        "spec.ingress[0].ports[0].port",
    ),
    "a number that is none": (ports("{port: .nan}"), "`.nan` is neither", "spec.ingress[0].ports[0].port"),
    "a key that stands twice": (
        f"{POLICY}{{podSelector: {{}}, podSelector: {{}}}}\n",
        "spec.podSelector stands there twice",
        "spec.podSelector",
    ),
    "a key that stands twice in JSON": (
        JSON_POLICY % '{"podSelector": {}, "ingress": [{"from": [], "from": []}]}',
        "spec.ingress[0].from stands there twice",
        "spec.ingress[0].from",
    ),
    "a key that stands twice in an item": (
        '{"kind": "List", "items": [%s]}' % (JSON_POLICY % '{"ingress": [], "ingress": [{}]}'),
        "item 1 was left out: spec.ingress stands there twice",
        "spec.ingress",
    ),
    "two policies of one name": (
        f"{POLICY}{{}}\n---\n{POLICY}{{policyTypes: [Egress]}}\n",
        "stands in",
        "",
    ),
}


def written(content, number=0):
    """Bytes of a case, with names that no other case has."""
    return content if isinstance(content, bytes) else content.replace("@", str(number)).encode()


@pytest.fixture(scope="module")
def all_at_once(tmp_path_factory):
    """Every bad file and the good one, read by one call."""
    folder = tmp_path_factory.mktemp("bad")
    for number, (content, _, _) in enumerate(GAPS.values()):
        (folder / f"{number}.yaml").write_bytes(written(content, number))
    (folder / "20-good.yaml").write_text(POD)
    return process("reach", "--from", folder, "--json")


@pytest.mark.parametrize(("number", "case"), list(enumerate(GAPS)), ids=list(GAPS))
def test_a_bad_file_is_a_gap_that_names_file_document_and_field(number, case, all_at_once):
    _, says, field = GAPS[case]
    (gap,) = [item for item in all_at_once.gaps if f"/{number}.yaml" in item["message"]]
    assert says in gap["message"]
    assert gap["field"] == field
    assert gap["advice"]
    assert len(gap["message"]) < 600


def test_bad_files_hide_no_good_one(all_at_once):
    assert (all_at_once.code, len(all_at_once.gaps)) == (3, len(GAPS))
    assert [item["id"] for item in json.loads(all_at_once.out)["workloads"]] == [GOOD]
    assert "Traceback" not in all_at_once.errors


FINE = {
    "a port name that no pod has": ports("{port: nowhere}"),
    "a byte order mark": "\ufeff" + named("odd-@"),
    "Windows line ends": named("odd-@").replace("\n", "\r\n"),
    "host bits in a CIDR": peers("{ipBlock: {cidr: 10.0.0.1/8}}"),
    "a List with nothing in it": "apiVersion: v1\nkind: List\nitems: null\n",
    "a JSON list with nothing in it": '{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": null}',
    "the same policy twice": f"{POLICY}{{}}\n---\n{POLICY}{{}}\n",
}


@pytest.mark.parametrize("case", FINE)
def test_what_looks_odd_and_is_legal_is_no_gap(netattest, case, tmp_path):
    (tmp_path / "good.yaml").write_text(POD)
    (tmp_path / "x.yaml").write_bytes(written(FINE[case]))
    ended = netattest("reach", "--from", tmp_path, "--json")
    assert (ended.code, ended.gaps) == (0, [])


def a_pipe(folder):
    os.mkfifo(folder / "x.yaml")


def a_device_without_end(folder):
    (folder / "x.yaml").symlink_to("/dev/zero")


def a_link_to_itself(folder):
    (folder / "x.yaml").symlink_to("x.yaml")


def a_link_to_a_folder_elsewhere(folder):
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (folder / "x.yaml").symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (a_pipe, "it is not a regular file"),
        (a_device_without_end, "it is not a regular file"),
        (a_link_to_itself, "Too many levels of symbolic links"),
        (a_link_to_a_folder_elsewhere, "it is a link to a folder elsewhere"),
    ],
)
def test_what_is_no_file_is_a_gap_and_blocks_nothing(make, says, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.yaml").write_text(POD)
    make(folder)
    ended = process("reach", "--from", folder, "--json")
    (gap,) = ended.gaps
    assert (ended.code, gap["message"]) == (3, f"in/x.yaml was not read: {says}")


def test_links_within_the_folder_are_no_gap(netattest, tmp_path):
    (tmp_path / "good.yaml").write_text(POD)
    (tmp_path / "again").symlink_to(tmp_path)
    assert netattest("reach", "--from", tmp_path).code == 0


def test_a_file_name_that_is_not_utf8_has_its_bytes_written_out(netattest, tmp_path):
    (tmp_path / "good.yaml").write_text(POD)
    (tmp_path / os.fsdecode(b"\xff.yaml")).write_text("nonsense")
    ended = netattest("reach", "--from", tmp_path, "--json")
    assert (ended.code, r"/\xff.yaml, document 1" in ended.gaps[0]["message"]) == (3, True)


UNUSABLE = {
    "a path that does not exist": (("{}/nowhere",), b"", "nowhere does not exist"),
    "an empty path": (("",), b"", "a path is empty"),
    "an empty folder": (("{}",), b"", "there is no .yaml, .yml or .json file with an object in it"),
    "empty standard input": (("-",), b"", "no Kubernetes object could be read from -"),
    "nonsense on standard input": (("-",), b"nonsense", "standard input, document 1 (line 1) was not read"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_input_with_nothing_usable_is_an_error_that_says_why(netattest, case, tmp_path):
    paths, standard_input, says = UNUSABLE[case]
    given = [path.format(tmp_path) for path in paths]
    ended = netattest("reach", "--from", *given, standard_input=standard_input)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.errors
    assert "next step: " in ended.errors
    assert "Traceback" not in ended.errors


def test_what_a_cluster_calls_its_objects_reaches_the_terminal_as_text(netattest, tmp_path):
    evil = r'"\e[31m\e]0;x\a\u202e\u009b"'
    (tmp_path / "x.yaml").write_text(
        POD + "---\n" + named(evil) + "---\n" + ports(f"{{port: {evil}}}").replace("@", "1")
    )
    (tmp_path / "\x1b[31mx.yaml").write_text("nonsense")
    for words in (["reach"], ["reach", "--explain"], ["explain", "good", "external"]):
        ended = netattest(*words, "--from", tmp_path)
        assert ended.code == 3
        shown = (ended.out + ended.errors).replace("\n", "")
        assert shown.isprintable()


def test_two_ends_outside_the_cluster_are_not_explained(netattest, tmp_path):
    (tmp_path / "x.yaml").write_text(POD)
    ended = netattest("explain", "192.0.2.1", "192.0.2.2", "--from", tmp_path)
    assert (ended.code, "both lie outside the cluster" in ended.errors) == (2, True)
