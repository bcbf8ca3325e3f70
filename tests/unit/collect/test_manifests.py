import io
import json
import time
import tracemalloc
from pathlib import Path

import pytest
import yaml

from app.collect import ManifestSource, normalize
from app.collect.documents import MAX_YAML_BYTES
from app.errors import ExitCode, InputError
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import Coverage, GapReason, SourceKind
from tests.unit.collect.objects import NOON, collected, pod, policy

SHARED = Path(__file__).resolve().parents[3] / "../shared/data"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: []}\n"
NAMES = ["a", "b"]


def names(collection):
    return [item.ref.name for item in collection.objects]


def pod_text(name):
    return POD.replace("name: a", f"name: {name}")


FORMS = {
    "documents": f"---\n{POD}---\n\n---\n{pod_text('b')}...\n",
    "documents with content on the separator": f"--- {json.dumps(pod('a'))}\n--- # a comment\n{pod_text('b')}",
    "a directive": f"%YAML 1.1\n---\n{POD}---\n{pod_text('b')}",
    "Windows line ends": f"{POD}---\n{pod_text('b')}".replace("\n", "\r\n"),
    "a byte order mark": f"\ufeff{POD}---\n{pod_text('b')}",
    "a List": yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [pod("a"), pod("b")]}),
    "a typed list": yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "PodList",
            "items": [{"metadata": pod(name)["metadata"]} for name in NAMES],
        }
    ),
    "a List in a List": json.dumps(
        {
            "kind": "List",
            "apiVersion": "v1",
            "items": [{"kind": "List", "apiVersion": "v1", "items": [pod("a"), pod("b")]}],
        }
    ),
    "a JSON List": json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod("a"), pod("b")]}, indent=1),
    "a JSON list that repeats no type": json.dumps(
        {
            "apiVersion": "v1",
            "kind": "PodList",
            "items": [{"metadata": pod(name)["metadata"]} for name in NAMES],
        }
    ),
    "JSON documents in a row": json.dumps(pod("a")) + "\n" + json.dumps(pod("b"), indent=2),
    "a JSON array": json.dumps([pod("a"), pod("b")]),
    "JSON and YAML documents": f"{json.dumps(pod('a'))}\n---\n{pod_text('b')}",
}


@pytest.mark.parametrize("form", FORMS)
def test_objects_are_read_from(form, tmp_path):
    found = collected(tmp_path, FORMS[form])
    assert (names(found), found.gaps) == (NAMES, ())


def test_a_folder_is_read_recursively_and_hidden_files_are_not(tmp_path):
    for name in ("b/deep/x.yml", "a.json", ".git/x.yaml", ".hidden.yaml", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(pod(path.name.strip("."))), encoding="utf-8")
    assert names(collected(tmp_path)) == ["a.json", "x.yml"]


def test_a_file_of_any_name_is_read_when_it_is_named(tmp_path):
    path = tmp_path / "dump"
    path.write_text(POD, encoding="utf-8")
    assert names(ManifestSource([path]).collect()) == ["a"]


def test_a_dash_reads_standard_input():
    found = ManifestSource(["-"], stdin=io.BytesIO(POD.encode())).collect()
    assert (names(found), found.source.description) == (["a"], "manifests: standard input")


def test_a_cluster_info_dump_is_read_with_what_nobody_needs_left_out(tmp_path):
    (tmp_path / "shop" / "web-0").mkdir(parents=True)
    (tmp_path / "shop" / "web-0" / "logs.txt").write_text("==== START logs ====\n", encoding="utf-8")
    lists = {
        "nodes.json": ("v1", "NodeList", [{"metadata": {"name": "n"}}]),
        "shop/pods.json": ("v1", "PodList", [{"metadata": {"name": "web-0", "namespace": "shop"}}]),
        "shop/events.json": ("v1", "EventList", [{"metadata": {"name": "e", "namespace": "shop"}}]),
    }
    for name, (version, kind, items) in lists.items():
        (tmp_path / name).write_text(
            json.dumps({"apiVersion": version, "kind": kind, "metadata": {}, "items": items}),
            encoding="utf-8",
        )
    assert [str(item.ref) for item in collected(tmp_path).objects] == ["Node n", "Pod shop/web-0"]


def test_a_namespace_that_is_not_given_is_default_and_cluster_scope_has_none(tmp_path):
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Node\nmetadata: {name: node-1, namespace: x}\n"
    assert [item.ref for item in collected(tmp_path, text).objects] == [
        ObjectRef("", "Node", "", "node-1"),
        ObjectRef("", "Pod", "default", "a"),
    ]


def test_kinds_that_were_seen_are_complete_and_others_are_not_asked_for(tmp_path):
    found = collected(tmp_path, POD)
    assert [(entry.group_kind, entry.coverage, entry.count) for entry in found.kinds] == [
        (GroupKind("", "Pod"), Coverage.COMPLETE, 1)
    ]
    assert (found.source.kind, found.started_at) == (SourceKind.FILES, NOON)


def test_what_was_found_is_told_kind_by_kind(tmp_path):
    (tmp_path / "x.yaml").write_text(f"{POD}---\n{pod_text('b')}", encoding="utf-8")
    told = []
    ManifestSource([tmp_path], on_kind=lambda kind, count: told.append((kind, count))).collect()
    assert told == [("Pod", 2)]


OTHERS = {
    "kustomization.yaml": "resources: [x.yaml]",
    "overlay.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []",
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0",
    "values.yaml": "replicas: 3\nimage: x",
    "compose.yaml": "services: {web: {image: x}}",
    "empty.yaml": "# nothing here\n---\n",
    "tool.yaml": "apiVersion: skaffold/v4beta1\nkind: Config\nbuild: {}",
    "unnamed.yaml": "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {namespace: x}",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_stands_beside_manifests_is_no_gap(name, tmp_path):
    (tmp_path / name).write_text(OTHERS[name], encoding="utf-8")
    found = collected(tmp_path, POD)
    assert (names(found), found.gaps) == (["a"], ())


BOMB = "\n".join(
    ["a0: &a0 [x,x,x,x,x,x,x,x,x]", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))]
)
BAD = {
    "text": (
        "this is no manifest",
        GapReason.UNREADABLE,
        "document 2 (line 6) was not read: it is not a Kubernetes object",
    ),
    "broken YAML": (
        "kind: [Pod\nx: }",
        GapReason.UNREADABLE,
        "document 2 (line 6) was not read: it is not YAML: line 7",
    ),
    "a template": (
        "kind: {{ .Values.kind }}\nx: y",
        GapReason.UNREADABLE,
        "document 2 (line 6) was not read: it is not YAML",
    ),
    "broken JSON": (
        '{"kind": "Pod", ',
        GapReason.UNREADABLE,
        "document 2 (line 6) was not read: it is not YAML",
    ),
    "no kind": ("apiVersion: v1\nmetadata: {name: x}", GapReason.UNREADABLE, "was not read: kind is missing"),
    "no name": (
        "apiVersion: v1\nkind: Pod\nmetadata: {}",
        GapReason.UNREADABLE,
        "metadata.name is missing",
    ),
    "no metadata": (
        "apiVersion: v1\nkind: Pod\nspec: {}",
        GapReason.UNREADABLE,
        "was not read: metadata is missing",
    ),
    "a name that is a number": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: 5}",
        GapReason.UNREADABLE,
        "metadata.name",
    ),
    "an alias bomb": (BOMB, GapReason.TOO_LARGE, "aliases stand for more than 100,000 values"),
    "endless nesting": ("[" * 3000, GapReason.TOO_LARGE, "nested deeper than 128 levels"),
    "a key that stands twice in a policy": (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {ingress: [], ingress: [{}]}",
        GapReason.INVALID,
        "was left out: spec.ingress stands there twice",
    ),
    "a number beyond JSON": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {x: !!int 18446744073709551615000}\n",
        None,
        "",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_one_bad_document_is_named_and_hides_no_other(case, tmp_path):
    text, reason, message = BAD[case]
    found = collected(tmp_path, f"{POD}---\n{text}\n---\n{pod_text('b')}")
    assert [item.ref.name for item in found.objects if item.ref.kind == "Pod"] == NAMES
    if reason is None:
        assert found.gaps == ()
        return
    (gap,) = found.gaps
    assert gap.reason is reason
    assert gap.message.startswith(f"{tmp_path.name}/cluster.yaml, document 2 (line 6) was")
    assert message in gap.message
    assert gap.advice


def test_text_that_is_not_utf8_is_a_gap(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"kind: \xff\xfe\n---\n" + POD.encode())
    found = collected(tmp_path)
    assert (names(found), [gap.message for gap in found.gaps]) == (
        ["a"],
        [f"{tmp_path.name}/x.yaml, document 1 (line 1) was not read: it is not UTF-8 text"],
    )


def test_items_of_a_list_are_named_by_their_number(tmp_path):
    items = [pod("a"), {"apiVersion": "v1", "kind": "Pod", "metadata": {}}, 5, pod("b")]
    found = collected(tmp_path, json.dumps({"kind": "List", "apiVersion": "v1", "items": items}), "x.json")
    assert names(found) == NAMES
    assert [gap.message for gap in found.gaps] == [
        f"{tmp_path.name}/x.json, item 3 was not read: it is not a Kubernetes object",
        f"{tmp_path.name}/x.json, item 2 was not read: metadata.name is missing",
    ]


def nested(depth):
    """A custom resource that somebody nested without need."""
    spec = "[" * depth + "]" * depth
    return (
        f'{{"apiVersion": "cilium.io/v2", "kind": "CiliumNode", "metadata": {{"name": "n"}}, "spec": {spec}}}'
    )


@pytest.mark.parametrize("odd", [r'{"kind": "\ud800"}', nested(700)])
def test_an_item_that_is_not_quite_json_is_a_gap(tmp_path, odd):
    items = [json.dumps(pod("a")), odd, json.dumps(pod("b"))]
    found = collected(tmp_path, f'{{"kind": "List", "items": [{", ".join(items)}]}}', "x.json")
    assert names(found) == NAMES
    (gap,) = found.gaps
    assert ", item 2 was not read: " in gap.message


def test_a_key_that_stands_twice_in_one_item_leaves_the_others(tmp_path):
    one = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: %s}, spec: {%s}}"
    text = f"kind: List\napiVersion: v1\nitems:\n- {one % ('a', '')}\n- {one % ('b', 'egress: [], egress: []')}\n"
    found = collected(tmp_path, text)
    assert (names(found), [(gap.reason, gap.field) for gap in found.gaps]) == (
        ["a"],
        [(GapReason.INVALID, "spec.egress")],
    )
    assert [entry.coverage for entry in found.kinds] == [Coverage.PARTIAL]


def test_outside_a_policy_the_last_of_two_keys_counts_and_is_noted(tmp_path):
    found = collected(tmp_path, POD + "spec: {hostNetwork: true}\n")
    assert found.objects[0].parsed()["spec"] == {"hostNetwork": True}
    assert [(gap.reason, gap.field) for gap in found.gaps] == [(GapReason.INVALID, "spec")]


def test_of_two_different_objects_with_one_name_the_first_counts_and_the_second_is_a_gap(tmp_path):
    first, second = policy({}), policy({"policyTypes": ["Egress"]})
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(first), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(yaml.safe_dump_all([first, second]), encoding="utf-8")
    found = collected(tmp_path)
    (gap,) = found.gaps
    assert [item.parsed()["spec"] for item in found.objects] == [{}]
    assert (gap.reason, gap.namespace, gap.name) == (GapReason.DUPLICATE, "shop", "p")
    assert f"stands in {tmp_path.name}/a.yaml, document 1 (line 1)" in gap.message
    assert f"in {tmp_path.name}/b.yaml, document 2 (line 8)" in gap.message


def test_a_document_of_100_mb_is_refused_quickly_and_hides_no_other(tmp_path):
    line = b"  key: " + b"x" * 993 + b"\n"
    big = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n" + line * 100_000
    assert len(big) > MAX_YAML_BYTES
    (tmp_path / "big.yaml").write_bytes(POD.encode() + b"---\n" + big + b"---\n" + pod_text("b").encode())
    start = time.monotonic()
    tracemalloc.start()
    found = collected(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (gap,) = found.gaps
    assert (names(found), gap.reason) == (NAMES, GapReason.TOO_LARGE)
    assert "document 2 (line 6) was not read: it has 95.5 MiB, more than the limit of 64.0 MiB" in gap.message
    assert "kubectl get -o json" in gap.advice
    assert peak < 4 * len(big)
    assert time.monotonic() - start < 20


def test_a_json_object_of_100_mb_is_refused_but_a_long_list_is_read(tmp_path):
    big = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x"},
        "data": {"x": "y" * 10_000_000},
    }
    (tmp_path / "big.json").write_text(json.dumps(big), encoding="utf-8")
    items = [big, *(pod(f"p{number}") for number in range(3))]
    (tmp_path / "list.json").write_text(json.dumps({"kind": "List", "items": items}), encoding="utf-8")
    found = collected(tmp_path)
    assert names(found) == ["p0", "p1", "p2"]
    assert [gap.message.partition(" was")[0] for gap in found.gaps] == [
        f"{tmp_path.name}/big.json",
        f"{tmp_path.name}/list.json, item 1",
    ]


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nowhere does not exist") as error:
        ManifestSource([tmp_path / "nowhere"]).collect()
    assert (error.value.exit_code, error.value.advice) == (ExitCode.USAGE, "Check the path.")


def test_input_without_any_object_is_an_error_that_says_why(tmp_path):
    with pytest.raises(InputError, match=r"no Kubernetes object could be read from .*: there is no .yaml"):
        collected(tmp_path)
    with pytest.raises(
        InputError, match=r"cluster.yaml, document 1 \(line 1\) was not read: it is not a Kubernetes object"
    ):
        collected(tmp_path, "not a manifest")


def test_an_unreadable_file_is_a_gap(tmp_path):
    (tmp_path / "broken.yaml").symlink_to(tmp_path / "gone")
    found = collected(tmp_path, POD)
    assert [gap.message for gap in found.gaps] == [
        f"{tmp_path.name}/broken.yaml was not read: No such file or directory"
    ]


def test_the_same_folder_gives_the_same_collection(tmp_path):
    for number in range(20):
        (tmp_path / f"{number}.yaml").write_text(pod_text(f"p{number}"), encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("x", encoding="utf-8")
    assert collected(tmp_path) == collected(tmp_path)


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.exists(), reason="the public manifests are not beside this project")
@pytest.mark.parametrize("app", ["bookinfo", "emojivoto", "online-boutique", "podinfo", "sock-shop"])
def test_real_applications_are_read_without_error(app):
    found = ManifestSource([SHARED / "manifests" / "apps" / app]).collect()
    read = normalize(found.objects)
    assert {gap.reason for gap in (*found.gaps, *read.gaps)} <= {GapReason.DUPLICATE}
    assert read.inventory.pods
    assert read.inventory.services


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.exists(), reason="the public manifests are not beside this project")
@pytest.mark.parametrize("folder", ["cni", "rendered", "mesh/istio/inject"])
def test_real_install_manifests_are_understood(folder):
    for path in sorted((SHARED / "manifests" / folder).rglob("*.y*ml")):
        found = ManifestSource([path]).collect()
        problems = [
            gap.message
            for gap in (*found.gaps, *normalize(found.objects).gaps)
            if gap.reason is not GapReason.UNKNOWN_KIND
        ]
        assert [item for item in problems if "stands there twice" not in item] == [], path.name
