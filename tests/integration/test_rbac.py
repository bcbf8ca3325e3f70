"""The shipped role against an API server that refuses everything else."""

import json
from dataclasses import replace

import pytest

from app.collect import KINDS, ApiSettings, KubernetesSource, access_review
from app.collect.config_maps import PLACES
from app.collect.kinds import chosen
from app.errors import CollectError
from app.model.identity import GroupKind
from app.model.snapshot import GapReason
from tests.apiserver import ApiServer
from tests.unit.deploy.conftest import only

QUICK = ApiSettings(page_size=10, connect_timeout=2, read_timeout=2, attempts=2, backoff=0.01, jitter=False)
LISTED = [spec for spec in chosen() if not spec.by_name]


def things():
    """One object of every kind in the table, and each ConfigMap that is read by name."""
    for spec in LISTED:
        version = spec.versions[0] if spec.versions else "v1"
        api_version = f"{spec.group}/{version}" if spec.group else version
        metadata = {"name": "one", **({"namespace": "shop"} if spec.namespaced else {})}
        yield {"apiVersion": api_version, "kind": spec.kind, "metadata": metadata}
    for name, spaces in PLACES.items():
        metadata = {"name": name, "namespace": spaces[0]}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {}}


def rules():
    return only("service", "ClusterRole")["rules"]


@pytest.fixture
def read(tmp_path):
    def run(granted):
        with ApiServer(things(), rules=granted) as server:
            settings = replace(QUICK, kubeconfig=server.kubeconfig(tmp_path / "kubeconfig"))
            return KubernetesSource(settings).collect(), access_review(settings)

    return run


def refused(collection):
    return {gap.group_kind for gap in collection.gaps if gap.reason is GapReason.FORBIDDEN}


def test_with_the_role_everything_is_read_and_doctor_asks_for_nothing_more(read):
    collection, reviews = read(rules())
    assert refused(collection) == set()
    assert {item.allowed for item in reviews} == {True}
    assert {item.kind for item in reviews} == {spec.group_kind for spec in chosen()}


def test_without_the_role_nothing_is_read_and_that_is_an_error(read):
    with pytest.raises(CollectError, match="read nothing"):
        read([])


def without(granted, group, resource):
    left = json.loads(json.dumps(granted))
    for rule in left:
        if rule["apiGroups"] == [group] and "resourceNames" not in rule:
            rule["resources"] = [name for name in rule["resources"] if name != resource]
    return left


@pytest.mark.parametrize("index", range(0, len(LISTED), 7))
def test_each_right_is_needed_and_its_loss_is_named(read, index):
    spec = LISTED[index]
    collection, reviews = read(without(rules(), spec.group, spec.resource))
    assert refused(collection) == {spec.group_kind}
    (lost,) = [item for item in reviews if not item.allowed]
    assert lost.kind == spec.group_kind
    assert spec.resource in lost.rule


def test_secrets_are_not_readable_even_when_settings_ask_for_them(tmp_path):
    with ApiServer(things(), rules=rules()) as server:
        settings = replace(QUICK, kubeconfig=server.kubeconfig(tmp_path / "kubeconfig"), secrets=True)
        collection = KubernetesSource(settings).collect()
    assert refused(collection) == {GroupKind("", "Secret")}
    assert any(spec.group_kind == GroupKind("", "Secret") for spec in KINDS)
