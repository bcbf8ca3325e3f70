"""Small clusters with encryption between nodes, one builder for each system: two nodes, a pod on each."""

from tests.unit.detect.build import (
    agent_pod,
    cluster,
    config_map,
    container,
    daemon_set,
    node,
    pod,
    thing,
)

PODS = (
    pod("a", "n1", "shop", ips=["10.0.1.1"]),
    pod("b", "n2", "shop", ips=["10.0.2.1"]),
    pod("host", "n1", "shop", host_network=True, ips=["192.0.2.1"]),
)

DUAL = (
    pod("a", "n1", "shop", ips=["10.0.1.1", "fd00::1"]),
    pod("b", "n2", "shop", ips=["10.0.2.1", "fd00::2"]),
)


def on_both(agent, *, ready=True):
    """Its pod on each node; `ready` is that of the second."""
    return agent_pod(agent, "n1"), agent_pod(agent, "n2", ready=ready)


KEY, KEY6 = "projectcalico.org/WireguardPublicKey", "projectcalico.org/WireguardPublicKeyV6"


def felix(name="default", **spec):
    return thing("crd.projectcalico.org/v1", "FelixConfiguration", name, spec=spec)


def calico(*objects, env=None, keys=("one=", "two="), key=KEY, pods=PODS, **more):
    nodes = [
        node(f"n{at}", annotations={key: value} if value else {}) for at, value in enumerate(keys, start=1)
    ]
    agent = daemon_set(
        "calico-node", container("calico-node", env=env or {}), labels={"k8s-app": "calico-node"}
    )
    return cluster(agent, *on_both("calico-node"), *nodes, *pods, *objects, **more)


ON = felix(wireguardEnabled=True)

OFF = {"enable-policy": "default"}

WG = {"enable-wireguard": "true"}

IPSEC = {"enable-ipsec": "true"}

STRICT_19 = {
    **WG,
    "enable-encryption-strict-mode-egress": "true",
    "encryption-strict-egress-cidr": "10.0.0.0/8",
    "encryption-strict-egress-allow-remote-node-identities": "false",
}

ROLLING = {"desiredNumberScheduled": 2, "updatedNumberScheduled": 1}


def cilium_agent(*args, version="v1.20.0", status=None):
    found = daemon_set(
        "cilium",
        container("cilium-agent", f"quay.io/cilium/cilium:{version}", args=list(args)),
        labels={"k8s-app": "cilium"},
    )
    return {**found, **({"status": status} if status else {})}


STRICT_18 = {
    **WG,
    "enable-encryption-strict-mode": "true",
    "encryption-strict-mode-cidr": "10.0.0.0/8",
    "encryption-strict-mode-allow-remote-node-identities": "false",
}


def endpoint(name, key):
    encryption = {"key": key} if key is not None else {}
    return thing("cilium.io/v2", "CiliumEndpoint", name, "shop", status={"encryption": encryption})


def cilium_node(name, key, ipsec=None):
    item = thing("cilium.io/v2", "CiliumNode", name, spec={"encryption": {"key": ipsec}} if ipsec else {})
    if key:
        item["metadata"]["annotations"] = {"network.cilium.io/wg-pub-key": key}
    return item


def cilium(
    data,
    *objects,
    keys=(255, 255),
    published=("one=", "two="),
    ipsec=None,
    version="v1.20.0",
    pods=PODS,
    **more,
):
    labels = {"node-role.kubernetes.io/control-plane": ""} if more.pop("control_plane", False) else {}
    image = f"quay.io/cilium/cilium:{version}"
    agent = more.pop("agent", None) or daemon_set(
        "cilium", container("cilium-agent", image), labels={"k8s-app": "cilium"}
    )
    return cluster(
        agent,
        *on_both(agent["metadata"]["name"], ready=more.pop("ready", True)),
        config_map("cilium-config", data, changed=more.pop("changed", "")),
        *more.pop("nodes", (node("n1", labels=labels), node("n2"))),
        *(cilium_node(f"n{at}", key, ipsec) for at, key in enumerate(published, start=1)),
        *(endpoint(name, key) for name, key in zip("ab", keys, strict=True) if key != "none"),
        *pods,
        *objects,
        **more,
    )


BACKEND = "flannel.alpha.coreos.com/backend-type"


def flannel(asked, shown, agents=("n1", "n2"), **more):
    conf = f'{{"Network": "10.244.0.0/16", "Backend": {{"Type": "{asked}"}}}}'
    nodes = [
        node(f"n{at}", annotations={BACKEND: value} if value else {})
        for at, value in enumerate(shown, start=1)
    ]
    return cluster(
        daemon_set("kube-flannel-ds", container("kube-flannel"), namespace="kube-flannel"),
        *(agent_pod("kube-flannel-ds", name, namespace="kube-flannel") for name in agents),
        config_map("kube-flannel-cfg", {"net-conf.json": conf}, "kube-flannel"),
        *nodes,
        *PODS,
        **more,
    )


def k3s(args, *shown, others=()):
    """`args` of the first server, as JSON after its first word, or None for no annotation; `others` are those of further servers."""
    said = [args, *others]
    control = {"node-role.kubernetes.io/control-plane": "true"}
    return cluster(
        *(
            node(
                f"n{at}",
                kubelet="v1.31.0+k3s1",
                labels=control if at <= len(said) else {},
                annotations={
                    **(
                        {"k3s.io/node-args": f'["server"{said[at - 1]}]'}
                        if at <= len(said) and said[at - 1] is not None
                        else {}
                    ),
                    **({BACKEND: value} if value else {}),
                },
            )
            for at, value in enumerate(shown, start=1)
        ),
        *PODS,
    )


SECRET = {"WEAVE_PASSWORD": {"valueFrom": {"secretKeyRef": {"name": "weave-passwd", "key": "weave-passwd"}}}}


def weave(
    env=None,
    args=(),
    addresses=("192.0.2.1", "198.51.100.1"),
    status=None,
    agents=("n1", "n2"),
    sources=(),
):
    nodes = []
    for at, address in enumerate(addresses, start=1):
        item = node(f"n{at}")
        item["status"]["addresses"] = [{"type": "InternalIP", "address": address}]
        nodes.append(item)
    agent = daemon_set("weave-net", container("weave", env=env or {}, args=list(args), envFrom=list(sources)))
    if status:
        agent["status"] = status
    return cluster(agent, *(agent_pod("weave-net", at) for at in agents), *nodes, *PODS)


MAYBE = {
    "WEAVE_PASSWORD": {
        "valueFrom": {"secretKeyRef": {"name": "weave-passwd", "key": "weave-passwd", "optional": True}}
    }
}
TRUSTED = {**SECRET, "WEAVE_TRUSTED_SUBNETS": "192.0.2.0/24"}

ANTREA_KEY = "node.antrea.io/wireguard-public-key"


def antrea(conf, keys=("one=", "two="), *objects, changed="", agents=("n1", "n2"), **more):
    nodes = [
        node(f"n{at}", annotations={ANTREA_KEY: key} if key else {}) for at, key in enumerate(keys, start=1)
    ]
    agent = daemon_set("antrea-agent", container("antrea-agent"))
    settings = config_map("antrea-config", {"antrea-agent.conf": conf}, changed=changed)
    running = (agent_pod("antrea-agent", name) for name in agents)
    return cluster(agent, *running, settings, *nodes, *PODS, *objects, **more)


WIRE = 'trafficEncapMode: "encap"\ntrafficEncryptionMode: "wireGuard"\n'


def openshift(config, daemons=("n1", "n2"), **more):
    spec = {"defaultNetwork": {"type": "OVNKubernetes", "ovnKubernetesConfig": config}}
    place = "openshift-ovn-kubernetes"
    return cluster(
        daemon_set("ovnkube-node", container("ovnkube-controller"), namespace=place),
        *([daemon_set("ovn-ipsec-host", container("ovn-ipsec"), namespace=place)] if daemons else []),
        *(agent_pod("ovn-ipsec-host", name, namespace=place) for name in daemons),
        *([thing("operator.openshift.io/v1", "Network", "cluster", spec=spec)] if config is not None else []),
        node("n1"),
        node("n2"),
        *PODS,
        **more,
    )


FULL = {"ipsecConfig": {"mode": "Full"}}


def chart(daemons=("n1", "n2"), env=None, **more):
    """OVN-Kubernetes by its own chart."""
    asked = container("nb-ovsdb", env={"ENABLE_IPSEC": "true"} if env is None else env)
    return cluster(
        daemon_set("ovnkube-node", container("ovnkube-controller"), asked),
        *([daemon_set("ovn-ipsec", container("ovn-ipsec"))] if daemons else []),
        *(agent_pod("ovn-ipsec", name) for name in daemons),
        node("n1"),
        node("n2"),
        *PODS,
        **more,
    )
