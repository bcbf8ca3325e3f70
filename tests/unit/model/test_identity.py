import pytest

from app.model.identity import GroupKind, ObjectRef, WorkloadKey


@pytest.mark.parametrize(
    "ref",
    [
        ObjectRef("", "Pod", "shop", "web-0"),
        ObjectRef("networking.k8s.io", "NetworkPolicy", "shop", "deny"),
        ObjectRef("", "Node", "", "worker-1"),
    ],
)
def test_an_identity_survives_its_text_form(ref):
    assert ObjectRef.from_key(ref.key) == ref


def test_names_read_as_kubectl_writes_them():
    assert str(GroupKind("networking.k8s.io", "NetworkPolicy")) == "NetworkPolicy.networking.k8s.io"
    assert str(GroupKind("", "Pod")) == "Pod"
    assert str(ObjectRef("", "Node", "", "worker-1")) == "Node worker-1"
    assert str(ObjectRef("", "Pod", "shop", "web-0")) == "Pod shop/web-0"
    assert str(WorkloadKey("shop", "web", "Deployment")) == "shop/web[Deployment]"
