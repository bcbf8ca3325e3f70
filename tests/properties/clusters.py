"""Random small clusters: few names and few values, so that policies often meet the pods they could select."""

from dataclasses import replace

from hypothesis import strategies as st

from app.model.inventory import Inventory
from tests.builders import (
    SCTP,
    TCP,
    UDP,
    cidr,
    container_port,
    inventory,
    namespace,
    node,
    pod,
    pods_peer,
    policy,
    rule,
)

SPACES = ("a", "b", "c")
NODES = ("n1", "n2")
POD_CIDRS = ((), ("10.0.0.0/24", "fd00::/120"), ("10.128.0.0/9",))
LABELS = {"app": ("web", "db", "dns"), "tier": ("x", "y"), "rev": ("1", "2", "3")}
BLOCKS = (
    ("0.0.0.0/0",),
    ("10.0.0.0/8",),
    ("10.0.0.0/29",),
    ("10.0.0.0/29", "10.0.0.2/31"),
    ("10.0.0.4/32",),
    ("192.168.0.0/16", "192.168.4.0/22", "192.168.128.0/17"),
    ("::/0", "fd00::4/126"),
    ("fd00::/124",),
)
PORTS = (
    "80/TCP",
    "81/TCP",
    "80-90/TCP",
    "1-65535/TCP",
    "53/UDP",
    "http/TCP",
    "dns/UDP",
    "*/TCP",
    "*/SCTP",
    "http/UDP",
)

labels = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in LABELS.items()})
requirement = st.one_of(
    *(
        st.sampled_from(
            [
                f"{key}={values[0]}",
                f"{key} in ({','.join(values[:2])})",
                f"{key} notin ({values[0]})",
                key,
                f"!{key}",
            ]
        )
        for key, values in LABELS.items()
    )
)
selectors = st.lists(requirement, max_size=2, unique=True).map(",".join)
namespace_selectors = st.sampled_from(
    ["", "team=red", "team notin (red)", "!team", "kubernetes.io/metadata.name=b"]
)
peers = st.one_of(
    st.builds(pods_peer, selectors, st.none() | namespace_selectors),
    st.sampled_from(BLOCKS).map(lambda block: cidr(*block)),
)
ports = st.none() | st.lists(st.sampled_from(PORTS), min_size=1, max_size=3, unique=True)
rules = st.builds(lambda found, names: rule(*found, ports=names), st.lists(peers, max_size=3), ports)
sections = st.none() | st.lists(rules, max_size=3)
named_ports = st.lists(
    st.sampled_from(
        [
            container_port("http", 80),
            container_port("http", 8080),
            container_port("http", 81, init=True),
            container_port("dns", 53, UDP),
            container_port("http", 85, UDP),
            container_port("web", 80),
        ]
    ),
    max_size=3,
    unique=True,
)


@st.composite
def pods(draw, number: int):
    space = draw(st.sampled_from(SPACES))
    owner = draw(st.sampled_from(["", "one[Deployment]", "two[StatefulSet]"]))
    v4 = [f"10.0.0.{number}"] if owner or draw(st.booleans()) else []
    v6 = [f"fd00::{number}"] if draw(st.integers(0, 3)) == 0 else []
    return pod(
        f"{space}/p{number}",
        draw(labels),
        owner=owner,
        ips=[*v4, *v6],
        node=draw(st.sampled_from(["", *NODES])),
        host_network=draw(st.integers(0, 4)) == 0,
        ports=draw(named_ports),
    )


@st.composite
def policies(draw, number: int, space: str | None = None):
    name = f"{space or draw(st.sampled_from(SPACES))}/np{number}"
    return policy(name, draw(selectors), ingress=draw(sections), egress=draw(sections))


@st.composite
def nodes(draw):
    ranges = draw(st.sampled_from(POD_CIDRS))
    first = replace(node("n1", "10.0.0.4", "fd00::4"), pod_cidrs=ranges)
    return [first, node("n2", "192.168.4.9")] if draw(st.integers(0, 3)) else []


@st.composite
def clusters(draw) -> Inventory:
    spaces = [
        namespace(name, draw(st.sampled_from([{}, {"team": "red"}, {"team": "blue"}]))) for name in SPACES
    ]
    return inventory(
        [draw(pods(number)) for number in range(1, draw(st.integers(1, 6)) + 1)],
        [draw(policies(number)) for number in range(draw(st.integers(0, 5)))],
        namespaces=spaces,
        nodes=draw(nodes()),
    )


PROBES = [(TCP, at) for at in (1, 79, 80, 81, 85, 90, 91, 8080, 65535)]
PROBES += [(UDP, at) for at in (1, 53, 85, 65535)]
PROBES += [(SCTP, 80)]
OUTSIDE = (
    "10.0.0.3",
    "10.0.0.8",
    "172.16.0.1",
    "192.168.4.9",
    "192.168.200.1",
    "192.168.1.1",
    "fd00::5",
    "2001:db8::1",
)
