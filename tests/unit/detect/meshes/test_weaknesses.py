"""What is encrypted, and weakly so."""

import pytest

from tests.meshes import cluster_of


@pytest.mark.parametrize(
    ("version", "weak"),
    [
        ("TLSv1_0", ("Mesh consul/mesh lets proxies use TLSv1_0 (outgoing)",)),
        ("TLSv1_2", ()),
        ("TLS_AUTO", ()),
    ],
)
def test_old_versions_that_consul_allows(version, weak):
    mesh = {
        "apiVersion": "consul.hashicorp.com/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": "mesh", "namespace": "consul"},
        "spec": {"tls": {"outgoing": {"tlsMinVersion": version}}},
    }
    pods = {"shop/web": {"like": "consul"}, "shop/cart": {"like": "consul"}}
    cluster = cluster_of(
        {"cluster": {"pods": pods, "services": {"shop/cart": {80: 8080}}, "objects": [mesh]}}
    )

    sent = cluster.sending("shop/web", "shop/cart:8080")

    assert sent.how == "mesh-mtls"
    assert sent.weak == weak
