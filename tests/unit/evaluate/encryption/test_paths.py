"""Verdicts about single paths: ports, the outside, the host network, statements of providers, templates."""

from dataclasses import replace
from datetime import date

from app.evaluate import encryption, reachability
from app.model.connections import Connections, PortSet, Protocol
from app.model.encryption import EvidenceStrength, Known, Label
from app.model.transit import AttestedLink, Protection
from tests.builders import container_port, inventory, node, platform, pod, pods_peer, policy, rule, template
from tests.protection import links, mesh

TCP_80 = Connections.of({Protocol.TCP: PortSet.of([(80, 80)])})
WEB, DB = "shop/web[Pod]", "shop/db[Pod]"
PODS = (pod("shop/web", node="n1"), pod("shop/db", node="n2"))


def asked(*meshes, tunnels=(), pods=PODS, nodes=(), attested=(), policies=()):
    cluster = inventory(pods, policies, nodes=nodes)
    view = reachability(cluster, platform(), ())
    return encryption(view, cluster, Protection(tuple(meshes), tuple(tunnels)), attested)


def labels(engine, allowed=None, source=WEB, destination=DB):
    found = engine.paths(source, destination, allowed or Connections.all())
    return [(item.label, str(item.ports)) for item in found]


CLEAR = links("none")
SEALED = links("wg", web="sealed", db="sealed")


def test_ports_are_split_only_where_the_verdict_differs():
    engine = asked(
        mesh("m", web="STRICT", db="STRICT", db__80="PERMISSIVE", db__81="PERMISSIVE"), tunnels=[CLEAR]
    )

    assert labels(engine) == [
        (Label.PLAINTEXT, "UDP all ports · SCTP all ports"),
        (Label.MTLS_OPPORTUNISTIC, "TCP 80–81"),
        (Label.MTLS_ENFORCED, "TCP 1–79, 82–65535"),
    ]


def test_a_mesh_over_a_tunnel_keeps_its_label_and_the_tunnel_carries_the_rest():
    engine = asked(mesh("m", web="STRICT", db="STRICT"), tunnels=[SEALED])
    udp, tcp = engine.paths(WEB, DB, Connections.all())

    assert (tcp.label, tcp.mesh, tcp.link) == (Label.MTLS_ENFORCED, "m", "wg")
    assert (udp.label, udp.mesh, udp.link) == (Label.NODE_TUNNEL, "", "wg")
    assert udp.fips is Known.NO


def test_what_is_said_of_a_node_is_of_its_link_and_not_of_meshes_above_it():
    for tunnel, label in ((CLEAR, Label.PLAINTEXT), (SEALED, Label.NODE_TUNNEL)):
        found = asked(mesh("m", web="STRICT", db="STRICT"), tunnels=[tunnel]).nodes()
        assert [(name, verdict.label, verdict.mesh) for name, verdict in found] == [
            ("n1", label, ""),
            ("n2", label, ""),
        ]
        assert found == asked(tunnels=[tunnel]).nodes()


def test_different_meshes_are_strangers_to_each_other():
    refusing = asked(mesh("a", web="STRICT"), mesh("b", db="STRICT"), tunnels=[CLEAR])
    accepting = asked(mesh("a", web="STRICT"), mesh("b", db="PERMISSIVE"), tunnels=[CLEAR])

    assert labels(refusing, TCP_80) == [(Label.REFUSED, "TCP 80")]
    assert labels(accepting, TCP_80) == [(Label.PLAINTEXT, "TCP 80")]


def test_authentication_out_of_band_is_no_encryption():
    spire = replace(mesh("spire", web="STRICT", db="STRICT"), out_of_band=True)

    assert labels(asked(spire, tunnels=[CLEAR]), TCP_80) == [(Label.AUTH_ONLY, "TCP 80")]
    assert labels(asked(spire, tunnels=[SEALED]), TCP_80) == [(Label.NODE_TUNNEL, "TCP 80")]


def test_addresses_outside_are_not_known_unless_the_port_refuses_strangers():
    engine = asked(mesh("m", db="STRICT"), tunnels=[SEALED])
    outside = "external:0.0.0.0-255.255.255.255"

    assert labels(engine, TCP_80, outside, DB) == [(Label.REFUSED, "TCP 80")]
    assert labels(engine, TCP_80, outside, WEB) == [(Label.UNKNOWN, "TCP 80")]
    assert labels(engine, TCP_80, WEB, outside) == [(Label.UNKNOWN, "TCP 80")]


def test_pods_on_one_node_are_counted_and_said():
    together = (pod("shop/web", node="n1"), pod("shop/db", node="n1"))
    (found,) = asked(tunnels=[SEALED], pods=together).paths(WEB, DB, TCP_80)

    assert (found.label, found.same_node, found.pairs) == (Label.NODE_TUNNEL, 1, 1)
    assert found.says.endswith(
        "all their pods share a node now, where traffic does not leave it and is not encrypted"
    )


def test_the_weakest_pair_of_pods_speaks_and_is_counted():
    pods = [pod(f"shop/w{at}", owner="web[Deployment]", node="n1") for at in range(3)]
    engine = asked(
        mesh("m", w0="STRICT", w1="STRICT", db="PERMISSIVE"),
        tunnels=[CLEAR],
        pods=(*pods, pod("shop/db", node="n2")),
    )
    (found,) = engine.paths("shop/web[Deployment]", DB, TCP_80)

    assert (found.label, found.affected, found.pairs) == (Label.PLAINTEXT, 1, 3)


STATEMENT = AttestedLink(
    "Nitro", "A. Person", date(2026, 1, 1), date(2027, 1, 1), node_labels=(("type", "m6i"),)
)


def test_a_statement_of_the_provider_counts_for_the_nodes_that_it_names():
    both = [node(name, labels={"type": "m6i"}) for name in ("n1", "n2")]
    one = [node("n1", labels={"type": "m6i"}), node("n2", labels={"type": "t2"})]
    (found,) = asked(tunnels=[CLEAR], nodes=both, attested=[STATEMENT]).paths(WEB, DB, TCP_80)

    assert found.label is Label.PROVIDER_ATTESTED
    assert found.strength is EvidenceStrength.INTENDED
    assert "A. Person attested on 2026-01-01" in found.says
    assert labels(asked(tunnels=[CLEAR], nodes=one, attested=[STATEMENT]), TCP_80) == [
        (Label.PLAINTEXT, "TCP 80")
    ]
    assert labels(asked(tunnels=[SEALED], nodes=both, attested=[STATEMENT]), TCP_80) == [
        (Label.NODE_TUNNEL, "TCP 80")
    ]


def test_templates_make_every_verdict_a_wish():
    engine = asked(
        mesh("m", web="STRICT", db="STRICT"),
        tunnels=[CLEAR],
        pods=(template("shop/web"), template("shop/db")),
    )
    (found,) = engine.paths("shop/web[Deployment]", "shop/db[Deployment]", TCP_80)

    assert (found.label, found.strength) == (Label.MTLS_ENFORCED, EvidenceStrength.INTENDED)


def test_listeners_are_the_ports_that_are_declared_or_told_apart():
    web = pod(
        "shop/web", node="n1", ports=[container_port("http", 80), container_port("dns", 53, Protocol.UDP)]
    )
    engine = asked(mesh("m", web="STRICT", web__9090="PERMISSIVE", db="none"), pods=(web, PODS[1]))
    found = [(item.protocol.value, item.port, item.plain, item.mode) for item in engine.listeners(WEB)]

    assert found == [
        ("TCP", 80, Known.NO, "STRICT"),
        ("TCP", 9090, Known.YES, "PERMISSIVE"),
        ("UDP", 53, Known.UNKNOWN, ""),
    ]
    assert [(item.port, item.plain) for item in engine.listeners(DB)] == [(0, Known.UNKNOWN)]


def test_a_permissive_port_is_compensated_where_policies_admit_none_but_the_mesh():
    within = policy("shop/own", ingress=[rule(pods_peer())])
    permissive = mesh("m", web="PERMISSIVE", db="PERMISSIVE")
    stranger = (*PODS, pod("shop/old", node="n1"))

    def circle(**more):
        return asked(permissive, tunnels=[CLEAR], **more).listeners(DB)[0].exposed_to

    assert circle() == "outside"
    assert (
        circle(policies=[policy("shop/own", ingress=[rule(pods_peer("", ""))])], pods=(*PODS, pod("out/x")))
        == "the cluster"
    )
    assert circle(policies=[within], pods=stranger) == "its namespace"
    assert circle(policies=[within]) == "nobody"
