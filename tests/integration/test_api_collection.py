"""Collection from an API server over HTTPS, in good times and with everything that goes wrong in bad ones."""

import json
import socket
import time
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, repeat
from pathlib import Path

import pytest
import yaml

from app.cli.logs import configure
from app.collect import (
    KINDS,
    ApiSettings,
    KubernetesSource,
    ManifestSource,
    access_review,
    exec_plugin,
    normalize,
)
from app.errors import CollectError, ConfigurationError, ExitCode
from app.model.identity import GroupKind
from app.model.snapshot import Coverage, GapReason, SourceKind
from app.settings.program import LogSettings
from tests.apiserver import TOKEN, USER, VERSION, ApiServer, Fault, forbidden, plural
from tests.certificates import self_signed

CORPUS = Path(__file__).parents[1] / "corpus"
PODS = GroupKind("", "Pod")
POLICIES = GroupKind("networking.k8s.io", "NetworkPolicy")
QUICK = ApiSettings(page_size=10, connect_timeout=2, read_timeout=0.5, attempts=3, backoff=0.01, jitter=False)


def thing(api_version, kind, name, namespace="shop", **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def cluster(pods=25):
    """Three namespaces, some pods, a policy, settings of a plugin, and what carries secrets."""
    return [
        *(thing("v1", "Namespace", name, None) for name in ("kube-system", "shop", "cart")),
        *(
            thing(
                "v1",
                "Pod",
                f"p{number:02}",
                spec={"containers": [{"name": "a", "env": [{"name": "X", "value": "hidden"}]}]},
            )
            for number in range(pods)
        ),
        thing("networking.k8s.io/v1", "NetworkPolicy", "deny", spec={"podSelector": {}}),
        thing("v1", "ConfigMap", "cilium-config", "kube-system", data={"enable-policy": "default"}),
        thing("v1", "ConfigMap", "application", data={"password": "hidden"}),
        thing("v1", "Secret", "tls", type="kubernetes.io/tls", data={"tls.key": "hidden"}),
        thing("cilium.io/v2", "CiliumNetworkPolicy", "l7", spec={}),
    ]


@pytest.fixture
def collect(tmp_path):
    def run(objects=None, *, faults=(), serve=(), settings=QUICK, on_kind=None):
        with ApiServer(cluster() if objects is None else objects, faults=faults, serve=serve) as server:
            file = server.kubeconfig(tmp_path / "kubeconfig")
            found = KubernetesSource(replace(settings, kubeconfig=file), on_kind=on_kind).collect()
        return found, server

    return run


def row(found, kind):
    return next(item for item in found.kinds if item.group_kind == kind)


def names(found, kind):
    return [item.ref.name for item in found.objects if item.ref.group_kind == kind]


def gap(found):
    (only,) = found.gaps
    return only


def test_a_cluster_is_read_whole(collect):
    found, _ = collect()
    assert found.gaps == ()
    assert names(found, PODS) == [f"p{number:02}" for number in range(25)]
    assert row(found, PODS).coverage is Coverage.COMPLETE
    assert (row(found, PODS).count, row(found, PODS).pages) == (25, 3)
    assert row(found, PODS).resource_version.isdigit()
    assert (found.source.kind, found.source.description) == (SourceKind.API, "API server of context test")
    assert (found.source.server_version, found.source.identity) == (VERSION, USER)
    assert found.source.cluster_uid == next(
        item.parsed()["metadata"]["uid"] for item in found.objects if item.ref.name == "kube-system"
    )


def test_objects_from_the_api_are_those_of_a_manifest(collect, tmp_path):
    objects = [
        {**item, "metadata": {"uid": "u", **item["metadata"]}} for item in cluster() if item["kind"] == "Pod"
    ]
    found, _ = collect(objects)
    path = tmp_path / "pods.json"
    path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}), encoding="utf-8")
    assert found.objects == ManifestSource([path]).collect().objects


def test_no_secret_comes_with_it(collect):
    found, server = collect(settings=replace(QUICK, secrets=True))
    assert not [item for item in found.objects if b"hidden" in item.body]
    assert names(found, GroupKind("", "Secret")) == ["tls"]
    assert names(found, GroupKind("", "ConfigMap")) == ["cilium-config"]
    assert server.requests["secrets"] == 1


def test_secrets_are_not_asked_for_by_default(collect):
    found, server = collect()
    assert server.requests["secrets"] == 0
    assert GroupKind("", "Secret") not in {item.group_kind for item in found.kinds}


def test_a_server_that_sends_whole_secrets_is_not_listened_to(collect, monkeypatch):
    whole = ApiServer._list
    monkeypatch.setattr(
        ApiServer,
        "_list",
        lambda self, resource, query, accept, *place: whole(self, resource, query, "", *place),
    )
    found, _ = collect(settings=replace(QUICK, secrets=True))
    problem = "objects were not all read: HTTP 406: the server does not answer with metadata alone"
    assert [item.message for item in found.gaps] == [f"Secret {problem}", f"ServiceAccount {problem}"]
    assert names(found, GroupKind("", "Secret")) == []


def test_only_known_config_maps_are_asked_for_one_by_one(collect):
    _, server = collect()
    assert [query for target, query in server.queries if target == "configmaps"] == [{}] * server.requests[
        "configmaps"
    ]


def test_settings_of_a_mesh_revision_are_found_by_the_namespaces_labels(collect):
    revision = thing("v1", "Namespace", "shop", None)
    revision["metadata"]["labels"] = {"istio.io/rev": "1-31"}
    found, _ = collect(
        [
            revision,
            thing("v1", "Namespace", "istio-system", None),
            thing("v1", "ConfigMap", "istio-1-31", "istio-system", data={"mesh": "enableAutoMtls: false"}),
        ]
    )
    assert names(found, GroupKind("", "ConfigMap")) == ["istio-1-31"]


def test_each_kind_is_told_while_it_is_read(collect):
    told = []
    collect(on_kind=lambda kind, done: told.append((kind, done)))
    assert [item for item in told if item[0] == "Pod"] == [("Pod", 10), ("Pod", 20), ("Pod", 25)]
    assert ("NetworkPolicy.networking.k8s.io", 1) in told


def test_pages_are_asked_for_with_limit_and_continue(collect):
    _, server = collect()
    queries = [query for target, query in server.queries if target == "pods"]
    assert [query["limit"] for query in queries] == ["10"] * 3
    assert ["continue" in query for query in queries] == [False, True, True]


# --- kinds that are found by discovery ------------------------------------------------------------------------------


def test_a_custom_kind_is_read_in_its_served_version(collect):
    found, _ = collect()
    assert row(found, GroupKind("cilium.io", "CiliumNetworkPolicy")).version == "v2"
    assert GroupKind("cilium.io", "CiliumNetworkPolicy") in {
        item.ref.group_kind for item in normalize(found.objects).inventory.policies
    }


def test_a_kind_that_only_another_version_serves_is_found(collect):
    found, _ = collect(
        serve=["gateway.networking.k8s.io/v1/HTTPRoute", "gateway.networking.k8s.io/v1alpha2/TCPRoute"]
    )
    assert row(found, GroupKind("gateway.networking.k8s.io", "HTTPRoute")).version == "v1"
    assert row(found, GroupKind("gateway.networking.k8s.io", "TCPRoute")).version == "v1alpha2"


@pytest.mark.parametrize(("group", "kind"), [("crd.antrea.io", "Tier"), ("cilium.io", "CiliumNode")])
def test_a_kind_that_is_not_served_holds_no_objects_and_is_no_gap(collect, group, kind):
    found, _ = collect()
    assert row(found, GroupKind(group, kind)).coverage is Coverage.ABSENT
    assert found.gaps == ()


def test_a_group_that_does_not_answer_is_a_gap_of_its_kinds(collect):
    found, _ = collect(faults=[Fault("/apis/cilium.io/v2", status=503, times=None)])
    assert {item.group_kind.group for item in found.gaps} == {"cilium.io"}
    assert {item.reason for item in found.gaps} == {GapReason.UNREACHABLE}
    assert row(found, GroupKind("cilium.io", "CiliumNetworkPolicy")).coverage is Coverage.REFUSED
    assert len(names(found, PODS)) == 25


def test_a_version_whose_fields_are_known_comes_before_the_preferred_one(collect):
    kind = "ClusterNetworkPolicy"
    group = "policy.networking.k8s.io"
    found, _ = collect(serve=[f"{group}/v1beta1/{kind}", f"{group}/v1alpha2/{kind}"])
    assert row(found, GroupKind(group, kind)).version == "v1alpha2"


def test_a_policy_kind_that_is_younger_than_this_version_is_a_gap(collect):
    found, _ = collect(serve=("cilium.io/v2/FutureNetworkPolicy", "cilium.io/v2/CiliumNode"))
    assert (gap(found).group_kind, gap(found).reason) == (
        GroupKind("cilium.io", "FutureNetworkPolicy"),
        GapReason.UNKNOWN_KIND,
    )


def test_discovery_that_is_refused_leaves_open_which_policies_there_are(collect):
    found, _ = collect(faults=[Fault("/apis", status=403, times=None)])
    assert (gap(found).group_kind, gap(found).reason) == (GroupKind("", ""), GapReason.FORBIDDEN)
    assert "system:discovery" in gap(found).advice
    assert row(found, GroupKind("cilium.io", "CiliumNetworkPolicy")).coverage is Coverage.REFUSED
    assert len(names(found, POLICIES)) == 1


# --- refusals -------------------------------------------------------------------------------------------------------


def test_a_refused_list_is_a_gap_with_the_rule_that_grants_it(collect):
    found, server = collect(faults=[forbidden("networkpolicies")])
    assert (gap(found).group_kind, gap(found).reason) == (POLICIES, GapReason.FORBIDDEN)
    assert gap(found).advice.endswith(
        '- apiGroups: ["networking.k8s.io"]\n  resources: ["networkpolicies"]\n  verbs: ["list"]'
    )
    assert row(found, POLICIES).coverage is Coverage.REFUSED
    assert server.requests["networkpolicies"] == 1


def test_a_refused_config_map_is_a_gap_with_the_names_to_grant(collect):
    found, _ = collect(faults=[forbidden("configmaps")])
    first = next(item for item in found.gaps if item.name == "cilium-config")
    assert (first.namespace, first.reason) == ("kube-system", GapReason.FORBIDDEN)
    assert '"cilium-config"' in first.advice
    assert 'verbs: ["get"]' in first.advice


def test_a_list_refused_in_the_middle_keeps_what_was_read_as_a_part(collect):
    found, _ = collect(faults=[Fault("pods", status=403, after=1, times=None)])
    assert gap(found).reason is GapReason.FORBIDDEN
    assert (row(found, PODS).coverage, row(found, PODS).count) == (Coverage.PARTIAL, 10)


def test_a_builtin_list_that_is_not_served_is_a_gap(collect):
    found, _ = collect(faults=[Fault("cronjobs", status=404, times=None)])
    assert (gap(found).group_kind, gap(found).reason) == (GroupKind("batch", "CronJob"), GapReason.NOT_SERVED)


def test_an_account_that_may_read_nothing_is_an_error(collect):
    with pytest.raises(CollectError, match=f"lets {USER} read nothing") as error:
        collect(
            faults=[
                Fault(resource, status=403, times=None)
                for resource in map(plural, {spec.kind for spec in KINDS})
            ]
        )
    assert error.value.exit_code is ExitCode.UNREACHABLE
    assert "ClusterRole" in error.value.advice


def test_a_custom_kind_that_went_away_since_discovery_holds_no_objects(collect):
    found, _ = collect(faults=[Fault("ciliumnetworkpolicies", status=404, times=None)])
    assert found.gaps == ()
    assert row(found, GroupKind("cilium.io", "CiliumNetworkPolicy")).coverage is Coverage.ABSENT


def test_a_version_that_went_away_since_discovery_is_no_gap(collect):
    found, _ = collect(faults=[Fault("/apis/cilium.io/v2", status=404, times=None)])
    assert found.gaps == ()
    assert row(found, GroupKind("cilium.io", "CiliumNetworkPolicy")).coverage is Coverage.ABSENT


@pytest.mark.parametrize(
    ("depth", "reason"), [(200, None), (700, GapReason.UNREADABLE), (2000, GapReason.UNREACHABLE)]
)
def test_an_object_that_is_nested_without_end_stops_nothing_else(collect, monkeypatch, depth, reason):
    healthy = ApiServer.answer
    spec = b"[" * depth + b"]" * depth

    def answer(self, method, path, query, accept, body):
        if path == "/apis/networking.istio.io/v1/envoyfilters":
            return 200, b'{"items": [{"metadata": {"name": "deep"}, "spec": ' + spec + b"}]}"
        return healthy(self, method, path, query, accept, body)

    monkeypatch.setattr(ApiServer, "answer", answer)
    found, _ = collect(serve=["networking.istio.io/v1/EnvoyFilter"])
    assert [item.reason for item in found.gaps] == ([reason] if reason else [])
    assert len(names(found, PODS)) == 25


def test_an_object_beyond_the_size_limit_is_a_gap_and_hides_no_other(collect):
    huge = thing("v1", "Pod", "huge", spec={"containers": [{"name": "x" * 9_000_000}]})
    found, _ = collect([*cluster(), huge], settings=replace(QUICK, read_timeout=10))
    assert (gap(found).group_kind, gap(found).reason) == (PODS, GapReason.TOO_LARGE)
    assert (row(found, PODS).coverage, row(found, PODS).count) == (Coverage.PARTIAL, 25)


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        (b'"items": [{"metadata": {}}]', GapReason.UNREADABLE),
        (b'"items": [{"spec": {}}]', GapReason.UNREADABLE),
        (b'"items": [5]', GapReason.UNREADABLE),
        (b'"items": null', GapReason.UNREACHABLE),
        (b'"items": 5', GapReason.UNREACHABLE),
        (b'"items": [{"metadata": {"name": "\xff"}}]', GapReason.UNREADABLE),
        (b'"items": [], "metadata": {"continue": "\xff"}', GapReason.UNREACHABLE),
    ],
)
def test_an_answer_that_is_no_list_of_objects_is_a_gap(collect, monkeypatch, items, reason):
    healthy = ApiServer.answer

    def answer(self, method, path, query, accept, body):
        if path == "/api/v1/pods":
            return 200, b'{"kind": "PodList", "metadata": {}, ' + items + b"}"
        return healthy(self, method, path, query, accept, body)

    monkeypatch.setattr(ApiServer, "answer", answer)
    found, _ = collect()
    assert (gap(found).group_kind, gap(found).reason) == (PODS, reason)
    assert names(found, POLICIES) == ["deny"]


@pytest.mark.parametrize(
    ("tokens", "says"),
    [(repeat("again"), "a page was followed by itself"), (map(str, count()), "had not ended after 30 pages")],
    ids=["the same page", "a page more each time"],
)
def test_a_list_without_end_is_left(collect, monkeypatch, tokens, says):
    monkeypatch.setattr("app.collect.listing.MOST_PAGES", 30)
    healthy = ApiServer.answer

    def answer(self, method, path, *rest):
        if path == "/api/v1/pods":
            page = {"kind": "PodList", "metadata": {"continue": next(tokens)}, "items": []}
            return 200, json.dumps(page).encode()
        return healthy(self, method, path, *rest)

    monkeypatch.setattr(ApiServer, "answer", answer)
    found, server = collect()
    assert (gap(found).group_kind, gap(found).reason) == (PODS, GapReason.TRUNCATED)
    assert says in gap(found).message
    assert server.requests["pods"] <= 30
    assert names(found, POLICIES) == ["deny"]


# --- what another attempt can mend ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault("pods", status=429),
        Fault("pods", status=429, retry_after=0),
        Fault("pods", status=500),
        Fault("pods", status=503, times=2),
        Fault("pods", cut=True),
        Fault("pods", cut=True, after=1),
        Fault("pods", hang=0.8),
        Fault("/apis", status=500),
        Fault("/version", status=504),
        Fault("configmaps", cut=True),
        Fault("*", status=503),
    ],
    ids=str,
)
def test_a_failure_that_passes_leaves_no_trace(collect, fault):
    healthy, _ = collect()
    found, server = collect(faults=[replace_fault(fault)])
    assert (found.objects, found.kinds, found.gaps) == (healthy.objects, healthy.kinds, ())
    assert server.faults[0].seen > 1


def replace_fault(fault):
    """Parametrised faults are shared, and count: take a fresh one."""
    return Fault(
        **{
            name: getattr(fault, name)
            for name in ("target", "status", "after", "times", "retry_after", "cut", "hang")
        }
    )


def test_retry_after_is_honoured_up_to_the_longest_wait(collect):
    start = time.monotonic()
    collect(faults=[Fault("pods", status=429, retry_after=1)])
    assert time.monotonic() - start > 1
    start = time.monotonic()
    collect(faults=[Fault("pods", status=429, retry_after=3600)], settings=replace(QUICK, longest_wait=0.2))
    assert 0.2 < time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("pods", status=500, times=None), "HTTP 500, 3 times"),
        (Fault("pods", status=429, times=None), "HTTP 429, 3 times"),
        (Fault("pods", cut=True, times=None), "the connection broke off"),
        (Fault("pods", hang=0.8, times=None), "the server did not answer in time, 3 times"),
    ],
    ids=str,
)
def test_a_failure_that_stays_is_a_gap_of_that_kind_alone(collect, fault, says):
    found, server = collect(faults=[replace_fault(fault)])
    assert (gap(found).group_kind, gap(found).reason) == (PODS, GapReason.UNREACHABLE)
    assert says in gap(found).message
    assert row(found, PODS).coverage is Coverage.REFUSED
    assert names(found, POLICIES) == ["deny"]
    assert server.requests["pods"] == QUICK.attempts


LIMITS = {
    "a small answer that unpacks to a large one": (
        2**20,
        {"largest_answer": 2**16},
        "larger than 65536 bytes",
    ),
    "an answer without end": (-1, {"answer_seconds": 0.3}, "took longer than 0.3 s"),
}


@pytest.mark.parametrize(("pad", "limits", "says"), LIMITS.values(), ids=LIMITS)
def test_an_answer_without_bounds_is_left_and_asked_for_once(collect, pad, limits, says):
    fault = Fault("pods", pad=pad, times=None)
    found, server = collect(faults=[fault], settings=replace(QUICK, read_timeout=5, **limits))
    assert (gap(found).group_kind, gap(found).reason) == (PODS, GapReason.UNREACHABLE)
    assert says in gap(found).message
    assert names(found, POLICIES) == ["deny"]
    assert server.requests["pods"] == 1


def test_a_packed_answer_is_read_as_any_other(collect):
    healthy, _ = collect()
    found, _ = collect(faults=[Fault("*", pad=1000, times=None)], settings=replace(QUICK, read_timeout=5))
    assert (found.objects, found.gaps) == (healthy.objects, ())


def test_a_collection_has_an_end_and_what_was_not_read_by_then_is_a_gap(collect):
    slow = Fault("pods", hang=0.4, times=None)
    found, _ = collect(faults=[slow], settings=replace(QUICK, page_size=5, total_seconds=1.2))
    assert {item.reason for item in found.gaps} <= {GapReason.TRUNCATED, GapReason.UNREACHABLE}
    assert "took longer than 1.2 s (collect.total_seconds)" in found.gaps[-1].message
    assert row(found, PODS).coverage is not Coverage.COMPLETE


def test_a_list_that_breaks_off_for_good_is_a_part(collect):
    found, _ = collect(faults=[Fault("pods", status=500, after=2, times=None)])
    assert gap(found).reason is GapReason.TRUNCATED
    assert (row(found, PODS).coverage, row(found, PODS).count, len(names(found, PODS))) == (
        Coverage.PARTIAL,
        20,
        20,
    )


# --- page tokens that expire ----------------------------------------------------------------------------------------


def test_an_expired_page_token_begins_the_list_again(collect):
    found, server = collect(faults=[Fault("pods", status=410, after=2)])
    assert found.gaps == ()
    assert (len(names(found, PODS)), row(found, PODS).coverage) == (25, Coverage.COMPLETE)
    assert server.requests["pods"] == 6  # two pages, the refusal, then all three again


def test_a_list_read_again_shows_the_later_moment_only(collect):
    with_change = ApiServer.answer
    changed = []

    def answer(self, method, path, query, accept, body):
        if path == "/api/v1/pods" and "continue" in query and not changed:
            changed.append(True)
            self.delete("v1", "Pod", "p00", "shop")
            return 410, b'{"message": "the provided continue parameter is too old"}'
        return with_change(self, method, path, query, accept, body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ApiServer, "answer", answer)
        found, _ = collect()
    assert names(found, PODS) == [f"p{number:02}" for number in range(1, 25)]


def test_a_token_that_expires_every_time_is_a_truncated_list(collect):
    faults = [Fault("pods", status=410, after=after, times=1) for after in (1, 2, 3, 4)]
    found, server = collect(faults=faults)
    assert (gap(found).reason, row(found, PODS).coverage) == (GapReason.TRUNCATED, Coverage.PARTIAL)
    assert gap(found).message.endswith("its page token expired 4 times")
    assert server.requests["pods"] == 8


# --- the connection -------------------------------------------------------------------------------------------------


@contextmanager
def kubeconfig(tmp_path, **options):
    with ApiServer(cluster()) as server:
        yield server.kubeconfig(tmp_path / "kubeconfig", **options)


def run(file, **settings):
    return KubernetesSource(replace(QUICK, kubeconfig=file, **settings)).collect()


def test_a_server_that_is_gone_is_an_error_that_names_it(tmp_path):
    with kubeconfig(tmp_path) as file:
        pass
    with pytest.raises(CollectError) as error:
        run(file)
    assert str(error.value) == (
        "API server of context test cannot be reached: no connection (Connection refused), 3 times"
    )
    assert error.value.exit_code is ExitCode.UNREACHABLE
    assert "kubeconfig" in error.value.advice


def test_a_server_that_never_answers_is_an_error(tmp_path):
    with kubeconfig(tmp_path) as file, socket.create_server(("127.0.0.1", 0)) as silent:
        text = file.read_text(encoding="utf-8")
        port = text.partition("127.0.0.1:")[2].partition("\n")[0]
        file.write_text(text.replace(port, str(silent.getsockname()[1])), encoding="utf-8")
        with pytest.raises(
            CollectError, match="cannot be reached: the server did not answer in time, 3 times"
        ):
            run(file, connect_timeout=0.2)


def test_wrong_credentials_are_an_error(tmp_path):
    with kubeconfig(tmp_path, token="wrong") as file, pytest.raises(CollectError) as error:
        run(file)
    assert "refuses the credentials: HTTP 401: Unauthorized" in str(error.value)
    assert "wrong" not in str(error.value)


def test_a_certificate_that_does_not_verify_is_an_error(tmp_path):
    with kubeconfig(tmp_path) as file:
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("certificate-authority-data", "ignored"), encoding="utf-8")
        with pytest.raises(CollectError, match="its TLS certificate was not accepted"):
            run(file)


def test_a_kubeconfig_that_turns_verification_off_is_obeyed_and_said(tmp_path):
    with kubeconfig(tmp_path, verify=False) as file:
        found = run(file)
    assert found.source.description == (
        "API server of context test, TLS certificate not verified as the kubeconfig says"
    )


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"context": "prod"}, "prod"), ({"in_cluster": True}, "Service host/port is not set")],
)
def test_credentials_that_cannot_be_used_are_an_error(tmp_path, settings, says):
    with kubeconfig(tmp_path) as file, pytest.raises(ConfigurationError) as error:
        run(file, **settings)
    assert "the credentials for the cluster cannot be used" in str(error.value)
    assert says in str(error.value)
    assert "--context" in error.value.advice


def test_a_kubeconfig_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be used"):
        run(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        b"x: [",
        b"[1]",
        bytes(range(128, 256)),
        (CORPUS / "kubeconfig" / "context-is-no-mapping.yaml").read_bytes(),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_named(tmp_path, content):
    file = tmp_path / "odd"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"the credentials for the cluster cannot be used: .*/odd: "):
        run(file)


# --- permissions ----------------------------------------------------------------------------------------------------


def test_the_access_review_says_what_may_be_read_and_what_depends_on_it(tmp_path):
    with ApiServer(cluster(), faults=[forbidden("networkpolicies")]) as server:
        reviews = access_review(replace(QUICK, kubeconfig=server.kubeconfig(tmp_path / "kubeconfig")))
    refused = [item for item in reviews if not item.allowed]
    assert [item.kind for item in refused] == [POLICIES]
    assert refused[0].rule.startswith('- apiGroups: ["networking.k8s.io"]')
    assert "cross-zone-path-into-cde" in refused[0].verdicts
    assert GroupKind("cilium.io", "CiliumNetworkPolicy") in {item.kind for item in reviews}
    assert GroupKind("crd.antrea.io", "Tier") not in {item.kind for item in reviews}


def test_an_access_review_of_a_server_that_is_gone_is_an_error(tmp_path):
    with kubeconfig(tmp_path) as file:
        pass
    with pytest.raises(CollectError):
        access_review(replace(QUICK, kubeconfig=file))


def tls_secret(namespace):
    key, certificate = self_signed("shop.example")
    data = {"tls.crt": b64encode(certificate + key).decode(), "tls.key": b64encode(key).decode()}
    return thing("v1", "Secret", "web-tls", namespace, type="kubernetes.io/tls", data=data), key


def test_certificates_are_read_in_namespaces_that_opted_in_and_keys_never(collect):
    (opened, key), (closed, _) = tls_secret("shop"), tls_secret("cart")
    other = thing("v1", "Secret", "password", "shop", type="Opaque", data={"tls.crt": "hidden"})
    found, server = collect(
        [*cluster(), opened, closed, other], settings=replace(QUICK, certificates=("shop",))
    )
    assert [(item.ref.namespace, item.ref.name) for item in found.objects if item.ref.kind == "Secret"] == [
        ("shop", "tls"),
        ("shop", "web-tls"),
    ]
    assert not [item for item in found.objects if b"hidden" in item.body]
    assert not [item for item in found.objects if b64encode(key)[:40] in item.body]
    assert row(found, GroupKind("", "Secret")).coverage is Coverage.PARTIAL
    assert server.requests["secrets"] == 1


def test_names_of_all_secrets_and_certificates_of_some_go_together(collect):
    opened, _ = tls_secret("shop")
    found, _ = collect([*cluster(), opened], settings=replace(QUICK, certificates=("shop",), secrets=True))
    assert not found.gaps
    assert names(found, GroupKind("", "Secret")) == ["tls", "web-tls"]
    assert row(found, GroupKind("", "Secret")).coverage is Coverage.COMPLETE


def test_a_namespace_that_refuses_its_secrets_is_a_gap_of_that_namespace(collect):
    refusal = Fault("secrets", status=403)
    found, _ = collect(faults=[refusal], settings=replace(QUICK, certificates=("shop",)))
    assert (gap(found).namespace, gap(found).reason) == ("shop", GapReason.FORBIDDEN)
    assert 'resources: ["secrets"]' in gap(found).advice


# --- credential plugins of a kubeconfig -------------------------------------------------------------------------------


def plugged(server, tmp_path, script):
    """Settings whose credentials come from a script."""
    plugin, file = tmp_path / "plugin", server.kubeconfig(tmp_path / "kubeconfig")
    plugin.write_text(f"#!/bin/sh\n{script}\n")
    plugin.chmod(0o755)
    config = yaml.safe_load(file.read_text())
    api = "client.authentication.k8s.io/v1"
    config["users"][0]["user"] = {"exec": {"apiVersion": api, "command": str(plugin)}}
    file.write_text(yaml.safe_dump(config))
    return KubernetesSource(replace(QUICK, kubeconfig=file))


PLUGINS = {
    "hangs": ("exec /bin/sleep 600", "did not end within 3 s"),
    "hangs in what it started": ("/bin/sleep 600; echo", "did not end within 3 s"),
    "does not listen": ("trap '' TERM; while :; do /bin/sleep 1; done", "did not end within 3 s"),
    "leaves somebody with its pipes": ("/usr/bin/setsid /bin/sleep 60 & exit 0", "did not end within 3 s"),
    "tells a secret": (
        "echo 'denied for Authorization: Bearer opensesame-of-it' >&2; exit 1",
        "denied for",
    ),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("script", "says"), PLUGINS.values(), ids=PLUGINS)
def test_a_credential_plugin_that_fails_ends_in_an_error_and_its_secrets_are_not_logged(
    tmp_path, monkeypatch, capfd, script, says
):
    monkeypatch.setattr(exec_plugin, "SECONDS", 3)
    monkeypatch.setattr(exec_plugin, "KILL_AFTER", 1)
    monkeypatch.setenv("PATH", "/nowhere")  # the bound is ours, whatever the machine has
    configure(LogSettings(), debug=False)
    began = time.monotonic()
    with ApiServer(cluster()) as server, pytest.raises(CollectError, match="refuses the credentials"):
        plugged(server, tmp_path, script).collect()
    said = capfd.readouterr().err
    assert time.monotonic() - began < 55
    assert says in said
    assert "opensesame" not in said


def test_a_credential_plugin_that_answers_gives_the_token(tmp_path):
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": TOKEN},
    }
    with ApiServer(cluster()) as server:
        found = plugged(server, tmp_path, f"echo '{json.dumps(answer)}'").collect()
    assert found.objects


def test_a_password_in_a_servers_address_is_not_part_of_the_record(tmp_path):
    settings = replace(QUICK, attempts=1, server="https://joe:opensesame@127.0.0.1:9/k8s", token_file=None)
    with pytest.raises(CollectError, match=r"API server https://127\.0\.0\.1:9/k8s cannot be reached"):
        KubernetesSource(settings).collect()
