"""What an EnvoyFilter holds for may be changed by it, so that the rest is no more than an intention."""

import pytest

from tests.meshes import cluster_of

PODS = {"shop/web": {"like": "istio"}, "shop/cart": {"like": "istio"}, "back/job": {"like": "istio"}}


def filtering(namespace, labels=None):
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "f", "namespace": namespace},
        "spec": {"workloadSelector": {"labels": labels}} if labels else {},
    }


# where it is and whom it selects → who is filtered
PLACES = [
    (filtering("shop"), {"shop/web", "shop/cart"}),
    (filtering("shop", {"app": "cart"}), {"shop/cart"}),
    (filtering("istio-system"), set(PODS)),
    (filtering("istio-system", {"app": "job"}), {"back/job"}),
    (filtering("lab"), set()),
]


@pytest.mark.parametrize(("item", "filtered"), PLACES)
def test_what_it_holds_for_counts_as_intended(item, filtered):
    services = {name: {80: 8080} for name in PODS}
    cluster = cluster_of({"cluster": {"pods": PODS, "services": services, "objects": [item]}})

    for server in PODS:
        others = [name for name in PODS if name != server]
        assert (cluster.accepting(f"{server}:8080").strength == "intended") is (server in filtered)
        for client in others:
            sent = cluster.sending(client, f"{server}:8080")
            assert (sent.strength == "intended") is bool({client, server} & filtered)
