import io
import json

from app import evaluate
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, GapReason
from tests.builders import UNKNOWN_PLATFORM, cidr, inventory, platform, pod, pods_peer, policy, rule

ALL = {"TCP": [[1, 65535]], "UDP": [[1, 65535]], "SCTP": [[1, 65535]]}
V4, V6 = "external:0.0.0.0-255.255.255.255", "external:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
GAP = CollectionGap(
    GroupKind("", "Node"), GapReason.FORBIDDEN, "nodes were refused", advice="grant list on nodes"
)


def engine(found=None, policies=()):
    cluster = inventory(
        [pod("shop/web", {"app": "web"}), pod("shop/cart-1", {"app": "cart"}, owner="cart[Deployment]")],
        policies,
    )
    return evaluate.reachability(cluster, found or platform(), ())


CLOSED = (
    policy("shop/deny", ingress=[]),
    policy(
        "shop/cart", "app=cart", ingress=[rule(pods_peer("app=web"), cidr("10.0.0.0/8"), ports=["8080/TCP"])]
    ),
)


def test_the_document_is_the_contract():
    document = evaluate.reach_document(engine(policies=CLOSED), (GAP,))
    assert document == {
        "schema": "netattest/reach/v1",
        "profile": "calico",
        "as_declared": False,
        "workloads": [
            {
                "id": "shop/cart[Deployment]",
                "namespace": "shop",
                "name": "cart",
                "kind": "Deployment",
                "pods": 1,
                "host_network": False,
            },
            {
                "id": "shop/web[Pod]",
                "namespace": "shop",
                "name": "web",
                "kind": "Pod",
                "pods": 1,
                "host_network": False,
            },
        ],
        "connections": [
            {
                "source": "external:10.0.0.0-10.255.255.255",
                "destination": "shop/cart[Deployment]",
                "allowed": {"TCP": [[8080, 8080]]},
            },
            {"source": "shop/cart[Deployment]", "destination": V4, "allowed": ALL},
            {"source": "shop/cart[Deployment]", "destination": V6, "allowed": ALL},
            {"source": "shop/web[Pod]", "destination": V4, "allowed": ALL},
            {"source": "shop/web[Pod]", "destination": V6, "allowed": ALL},
            {
                "source": "shop/web[Pod]",
                "destination": "shop/cart[Deployment]",
                "allowed": {"TCP": [[8080, 8080]]},
            },
        ],
        "gaps": [
            {
                "kind": "Node",
                "reason": "forbidden",
                "namespace": "",
                "name": "",
                "field": "",
                "message": "nodes were refused",
                "advice": "grant list on nodes",
            }
        ],
        "notes": [],
    }


def test_streamed_it_is_the_same_document():
    for explain in (False, True):
        found = engine(UNKNOWN_PLATFORM, CLOSED)
        stream = io.BytesIO()
        evaluate.write_reach(found, (GAP,), stream.write, explain=explain)
        assert json.loads(stream.getvalue()) == evaluate.reach_document(found, (GAP,), explain=explain)


def test_a_cluster_without_pods_is_a_document_too():
    found = evaluate.reachability(inventory(), UNKNOWN_PLATFORM, ())
    stream = io.BytesIO()
    evaluate.write_reach(found, (), stream.write)
    assert json.loads(stream.getvalue())["connections"] == []


def test_where_enforcement_is_unknown_the_document_says_as_declared():
    assert evaluate.reach_document(engine(UNKNOWN_PLATFORM), ())["notes"] == [
        "as declared: no network plugin was found in what was read, so policies count as declared"
    ]


def test_explained_each_row_has_the_witnesses_of_both_ends():
    rows = evaluate.reach_document(engine(policies=CLOSED), (), explain=True)["connections"]
    assert rows[-1]["egress"] == {"reason": "not-selected"}
    assert rows[-1]["ingress"] == {
        "reason": "allowed-by-rule",
        "policies": ["NetworkPolicy shop/cart", "NetworkPolicy shop/deny"],
        "rules": [
            {
                "policy": "NetworkPolicy shop/cart",
                "path": "spec.ingress[0]",
                "allowed": {"TCP": [[8080, 8080]]},
            }
        ],
    }
    assert rows[0]["egress"] == {"reason": "outside-the-cluster"}


def test_a_thousand_rows_and_more_are_written_in_pieces():
    cluster = inventory([pod(f"shop/p{number}") for number in range(40)])
    found = evaluate.reachability(cluster, platform(), ())
    pieces = []
    evaluate.write_reach(found, (), pieces.append)
    document = json.loads(b"".join(pieces))
    assert len(document["connections"]) == 40 * 39 + 40 * 4
    assert document == evaluate.reach_document(found, ())


def test_rows_say_what_qualifies_them():
    cluster = inventory(
        [pod("shop/web", node="n1"), pod("ops/agent", host_network=True, node="n1")], CLOSED[:1]
    )
    rows = evaluate.reach_document(evaluate.reachability(cluster, platform(), ()), (), explain=True)[
        "connections"
    ]
    (row,) = (item for item in rows if item["destination"] == "shop/web[Pod]")
    assert row["notes"][0].startswith("own node")
    assert row["egress"]["note"].startswith("it uses its node's network")
    assert row["ingress"] == {
        "reason": "own-node",
        "policies": ["NetworkPolicy shop/deny"],
        "note": "both have pods on node n1",
    }
