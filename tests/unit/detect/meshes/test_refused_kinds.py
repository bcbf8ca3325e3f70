"""A list that is refused never makes a path more secure, nor a port closed to plain text, that is not when the list is read."""

import pytest

from app.collect.kinds import BY_KIND
from app.collect.objects import identify
from tests import meshes
from tests.unit.detect.meshes.test_tables import CASES

SECURED = ("mtls", "app-tls", "auth")
# Agents and control planes stand for themselves: what they carry is told from pods too, and where both are gone there is no mesh.
LEFT_OUT = ("DaemonSet", "Deployment", "Namespace", "Node", "Pod")
DECIDING = {kind for kind in BY_KIND if kind.kind not in LEFT_OUT}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_refused_list_secures_nothing(case, monkeypatch):
    whole = meshes._manifests
    asked = [question for question in case["says"] if " > " in question or ":" in question.split()[0]]
    kinds = {kind_of(item) for item in whole(case["cluster"])} & DECIDING
    cluster = meshes.cluster_of(case)
    was = {question: cluster.answer(question) for question in asked}
    for kind in sorted(kinds):
        monkeypatch.setattr(meshes, "_manifests", lambda said, kind=kind: without(whole(said), kind))
        name = f"{kind.kind}.{kind.group}".rstrip(".")
        part = meshes.cluster_of({**case, "gaps": [*(case.get("gaps") or ()), f"{name} forbidden"]})
        for question in asked:
            assert not better(question, was[question], part.answer(question)), (question, str(kind))


def kind_of(manifest):
    return identify(manifest).group_kind


def without(manifests, kind):
    return (item for item in manifests if kind_of(item) != kind)


def better(question, was, now):
    if " > " in question:
        return not was.startswith((*SECURED, "refused")) and now.startswith(SECURED)
    return not was.startswith("no") and now.startswith("no,")
