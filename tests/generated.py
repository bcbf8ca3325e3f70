"""A cluster as teams make them: default deny, name resolution, monitoring, tiers, neighbours, and the world outside."""

import random
from dataclasses import dataclass, field

from app.model.connections import Protocol
from app.model.inventory import Inventory, Namespace, Pod
from app.model.policy import Policy, Rule
from tests.builders import TCP, UDP, cidr, container_port, inventory, namespace, pod, pods_peer, policy, rule

TIERS = ("frontend", "backend", "db", "cache", "worker", "gateway")
TEAMS = ("payments", "identity", "search", "catalog")
PORTS = {
    "frontend": (("http", 8080), ("https", 8443)),
    "backend": (("http", 8080), ("grpc", 9090), ("metrics", 9100)),
    "db": (("pg", 5432), ("metrics", 9187)),
    "cache": (("redis", 6379),),
    "worker": (("metrics", 9100),),
    "gateway": (("http", 80), ("https", 443)),
}
PROBES: tuple[tuple[Protocol, int], ...] = (
    *((TCP, at) for at in (53, 80, 443, 5432, 6379, 8080, 9080, 9090, 9100, 9187, 65535)),
    (UDP, 53),
)
OUTSIDE = ("52.7.0.1", "8.8.8.8", "10.9.9.9")
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


@dataclass
class _Maker:
    random: random.Random
    namespaces: list[Namespace] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)

    def workload(
        self, space: str, name: str, labels: dict[str, str], ports: tuple[tuple[str, int], ...]
    ) -> None:
        """One port name means another number in one version, so that it resolves differently by workload."""
        more = 1000 if labels.get("version") == "v2" else 0
        self.pods.append(
            pod(
                f"{space}/{name}-0",
                labels,
                owner=f"{name}[Deployment]",
                ips=[f"10.64.0.{len(self.pods) + 1}"],
                ports=[container_port(port, number + more * (port == "http")) for port, number in ports],
            )
        )

    def shared(self) -> None:
        for name, role in (("kube-system", "dns"), ("ingress", "ingress"), ("monitoring", "monitoring")):
            self.namespaces.append(namespace(name, {"role": role}))
        self.workload("kube-system", "kube-dns", {"k8s-app": "kube-dns"}, (("dns", 53),))
        self.workload("ingress", "controller", {"app": "nginx"}, PORTS["gateway"])
        self.workload("monitoring", "prometheus", {"app": "prometheus"}, (("web", 9090),))

    def team(self, number: int, workloads: int, policies: int) -> None:
        team, environment = TEAMS[number % len(TEAMS)], self.random.choice(("prod", "prod", "stage"))
        space = f"{team}-{number}"
        self.namespaces.append(namespace(space, {"team": team, "env": environment}))
        apps = []
        for at in range(workloads):
            tier = self.random.choice(TIERS)
            labels = {"app": f"{tier}-{at}", "tier": tier, "version": f"v{self.random.randint(1, 3)}"}
            labels |= {"canary": "true"} if self.random.random() < 0.3 else {}
            self.workload(space, f"{tier}-{at}", labels, PORTS[tier])
            apps.append((f"{tier}-{at}", tier))
        self.usual(space)
        for at in range(policies):
            self.policies.append(self.own(f"{space}/p{at}", apps, environment))

    def usual(self, space: str) -> None:
        if self.random.random() < 0.75:
            self.policies.append(policy(f"{space}/default-deny", ingress=[], egress=[]))
        dns = pods_peer("k8s-app=kube-dns", "kubernetes.io/metadata.name=kube-system")
        monitoring, entry = pods_peer("", "role=monitoring"), pods_peer("", "role=ingress")
        self.policies += [
            policy(f"{space}/allow-dns", egress=[rule(dns, ports=["53/UDP", "53/TCP"])]),
            policy(f"{space}/allow-monitoring", ingress=[rule(monitoring, ports=["metrics/TCP"])]),
            policy(f"{space}/entry", "tier=frontend", ingress=[rule(entry, ports=["http/TCP", "https/TCP"])]),
        ]

    def own(self, name: str, apps: list[tuple[str, str]], environment: str) -> Policy:
        chosen = self.random.random()
        (app, tier), (other, _) = self.random.choice(apps), self.random.choice(apps)
        if chosen < 0.3:
            number = self.random.choice(PORTS[tier])
            into: list[Rule] = [rule(pods_peer(f"app={other}"), ports=[f"{self.random.choice(number)}/TCP"])]
            return policy(name, f"app={app}", ingress=into)
        if chosen < 0.5:
            return policy(name, f"app={app}", egress=[rule(pods_peer(f"app={other}"))])
        if chosen < 0.65:
            peer = pods_peer(f"tier in ({self.random.choice(TIERS)},gateway)")
            return policy(name, f"tier={tier}", ingress=[rule(peer)])
        if chosen < 0.8:
            team = self.random.choice(TEAMS)
            here = pods_peer(f"tier={self.random.choice(TIERS)}", f"team={team},env={environment}")
            there = rule(pods_peer("", f"team={team}"), ports=["5432/TCP", "6379/TCP"])
            return policy(name, "!canary", ingress=[rule(here, ports=["8080-9100/TCP"])], egress=[there])
        if chosen < 0.9:
            out = [rule(cidr("0.0.0.0/0", *PRIVATE), ports=["443/TCP"]), rule(cidr("52.7.0.0/16"))]
            return policy(name, f"app={app}", egress=out)
        from_production = rule(pods_peer("", "env notin (dev,stage)"), ports=["http/TCP"])
        return policy(name, "tier notin (db,cache)", ingress=[from_production])


def generated(seed: int, *, namespaces: int, workloads: int, policies: int) -> Inventory:
    """The same arguments make the same cluster. `workloads` and `policies` are of each namespace of a team."""
    maker = _Maker(random.Random(seed))
    maker.shared()
    for number in range(namespaces):
        maker.team(number, workloads, policies)
    return inventory(maker.pods, maker.policies, namespaces=maker.namespaces)
