import pytest

from app.collect import normalize
from app.model.connections import Protocol
from app.model.identity import GroupKind, ObjectRef, WorkloadKey
from app.model.inventory import NAME_LABEL, Backend, ContainerPort, EdgeKind, ServicePort
from app.model.snapshot import GapReason
from tests.unit.collect.objects import inventory, normalized, pod, policy, stored


def owner(kind, name):
    return {"kind": kind, "name": name, "controller": True}


def owned(by, labels=None, name="web-0"):
    return pod(metadata={"name": name, "namespace": "shop", "labels": labels or {}, "ownerReferences": [by]})


def controller(kind, name, by=None, **spec):
    group = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
    metadata = {"name": name, "namespace": "shop", **({"ownerReferences": [by]} if by else {})}
    spec = {"template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": []}}, **spec}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}


def pods_of(*objects):
    return normalize([stored(item) for item in objects]).inventory.pods


OWNERS = {
    "a bare pod owns itself": ([pod()], "shop/web-0[Pod]"),
    "a StatefulSet": ([owned(owner("StatefulSet", "db"))], "shop/db[StatefulSet]"),
    "a Deployment through its ReplicaSet": (
        [
            owned(owner("ReplicaSet", "web-5d")),
            controller("ReplicaSet", "web-5d", owner("Deployment", "web")),
        ],
        "shop/web[Deployment]",
    ),
    "a Deployment whose ReplicaSet is not in the input": (
        [owned(owner("ReplicaSet", "web-app-5d"), {"pod-template-hash": "5d"})],
        "shop/web-app[Deployment]",
    ),
    "a Rollout whose ReplicaSet is not in the input": (
        [owned(owner("ReplicaSet", "web-5d"), {"rollouts-pod-template-hash": "5d"})],
        "shop/web[Rollout]",
    ),
    "a ReplicaSet that nobody owns": (
        [
            owned(owner("ReplicaSet", "web-5d"), {"pod-template-hash": "5d"}),
            controller("ReplicaSet", "web-5d"),
        ],
        "shop/web-5d[ReplicaSet]",
    ),
    "a ReplicaSet whose name does not tell": (
        [owned(owner("ReplicaSet", "web"), {"pod-template-hash": "5d"})],
        "shop/web[ReplicaSet]",
    ),
    "a CronJob through its Job": (
        [owned(owner("Job", "backup-1")), controller("Job", "backup-1", owner("CronJob", "backup"))],
        "shop/backup[CronJob]",
    ),
    "a Job": ([owned(owner("Job", "backup-1"))], "shop/backup-1[Job]"),
    "an operator's own kind": ([owned(owner("Kafka", "events"))], "shop/events[Kafka]"),
    "a Deployment that an operator made": (
        [
            owned(owner("ReplicaSet", "web-5d")),
            controller("ReplicaSet", "web-5d", owner("Deployment", "web")),
            controller("Deployment", "web", owner("Shop", "mine")),
        ],
        "shop/web[Deployment]",
    ),
    "a static pod's node": ([owned(owner("Node", "node-1"))], "shop/web-0[Pod]"),
    "owners in a circle": (
        [
            owned(owner("ReplicaSet", "a")),
            controller("ReplicaSet", "a", owner("ReplicaSet", "b"), replicas=0),
            controller("ReplicaSet", "b", owner("ReplicaSet", "a"), replicas=0),
        ],
        "shop/a[ReplicaSet]",
    ),
}


@pytest.mark.parametrize("case", OWNERS)
def test_the_owner_of_a_pod_is(case):
    objects, expected = OWNERS[case]
    assert [str(item.owner) for item in pods_of(*objects)] == [expected]


def test_the_controlling_owner_comes_before_others():
    references = [{"kind": "Shop", "name": "mine"}, owner("StatefulSet", "db")]
    (found,) = pods_of(pod(metadata={"name": "a", "namespace": "shop", "ownerReferences": references}))
    assert found.owner == WorkloadKey("shop", "db", "StatefulSet")


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_finished_pods_are_no_endpoints(phase):
    assert pods_of(pod(status={"phase": phase})) == ()


@pytest.mark.parametrize("phase", ["Pending", "Running", "Unknown"])
def test_all_other_pods_are(phase):
    assert [item.phase for item in pods_of(pod(status={"phase": phase}))] == [phase]


TEMPLATES = [
    (controller("Deployment", "web", replicas=3), 3),
    (controller("Deployment", "web"), 1),
    (controller("Deployment", "web", replicas=0), None),
    (controller("StatefulSet", "web", replicas=2), 2),
    (controller("DaemonSet", "web"), 1),
    ({**controller("DaemonSet", "web"), "status": {"desiredNumberScheduled": 7}}, 7),
    ({**controller("DaemonSet", "web"), "status": {"desiredNumberScheduled": 0}}, None),
    (controller("Job", "web", parallelism=4), 4),
    (controller("Job", "web", suspend=True), None),
    ({**controller("Job", "web"), "status": {"conditions": [{"type": "Complete", "status": "True"}]}}, None),
    ({**controller("Job", "web"), "status": {"conditions": [{"type": "Failed", "status": "False"}]}}, 1),
]


@pytest.mark.parametrize(("workload", "replicas"), TEMPLATES)
def test_a_template_stands_for_its_pods(workload, replicas):
    found = pods_of(workload)
    assert [(item.replicas, item.from_template, item.labels) for item in found] == (
        [] if replicas is None else [(replicas, True, {"app": "web"})]
    )


def cron_job(**spec):
    template = {"metadata": {"labels": {"app": "backup"}}, "spec": {"containers": []}}
    value = controller("CronJob", "backup", **spec)
    value["spec"] = {"jobTemplate": {"spec": {"template": template}}, **spec}
    return value


def test_a_cron_job_is_a_pod_between_its_runs_unless_it_is_suspended():
    assert [(str(item.owner), item.labels) for item in pods_of(cron_job())] == [
        ("shop/backup[CronJob]", {"app": "backup"})
    ]
    assert pods_of(cron_job(suspend=True)) == ()


def test_a_template_gives_way_to_running_pods_of_its_owner():
    found = pods_of(
        controller("Deployment", "web", replicas=2),
        controller("ReplicaSet", "web-5d", owner("Deployment", "web")),
        owned(owner("ReplicaSet", "web-5d")),
    )
    assert [item.ref.kind for item in found] == ["Pod"]


def test_an_owners_template_comes_before_those_it_made():
    found = pods_of(
        controller("Deployment", "web", replicas=2),
        controller("ReplicaSet", "web-5d", owner("Deployment", "web"), replicas=2),
    )
    assert [item.ref.kind for item in found] == ["Deployment"]


def test_a_template_returns_when_the_pods_have_finished():
    finished = owned(owner("Job", "backup-1"))
    finished["status"] = {"phase": "Succeeded"}
    done = controller("Job", "backup-1", owner("CronJob", "backup"))
    done["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}
    assert [item.ref.kind for item in pods_of(cron_job(), done, finished)] == ["CronJob"]


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("apps/v1", "Deployment"),
        ("extensions/v1beta1", "Deployment"),
        ("v1", "ReplicationController"),
        ("argoproj.io/v1alpha1", "Rollout"),
        ("apps.openshift.io/v1", "DeploymentConfig"),
        ("v1", "DeploymentConfig"),
    ],
)
def test_every_kind_with_a_pod_template_is_a_workload(api_version, kind):
    workload = {**controller("Deployment", "web"), "apiVersion": api_version, "kind": kind}
    assert [str(item.owner) for item in pods_of(workload)] == [f"shop/web[{kind}]"]


def test_ports_of_containers_sidecars_and_init_containers_are_told_apart():
    spec = {
        "containers": [
            {"ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}]}
        ],
        "initContainers": [
            {"ports": [{"containerPort": 1, "name": "setup"}]},
            {
                "restartPolicy": "Always",
                "ports": [{"containerPort": 15090, "hostPort": 9000, "hostIP": "192.0.2.1"}],
            },
        ],
    }
    (found,) = pods_of(pod(spec=spec))
    assert found.ports == (
        ContainerPort("", Protocol.TCP, 15090, 9000, "192.0.2.1"),
        ContainerPort("", Protocol.UDP, 53),
        ContainerPort("http", Protocol.TCP, 8080),
        ContainerPort("setup", Protocol.TCP, 1, init=True),
    )


def test_on_the_host_network_the_host_port_is_the_container_port():
    (found,) = pods_of(pod(spec={"hostNetwork": True, "containers": [{"ports": [{"containerPort": 80}]}]}))
    assert (found.host_network, found.ports) == (True, (ContainerPort("", Protocol.TCP, 80, 80),))


@pytest.mark.parametrize(
    ("status", "ips"),
    [
        ({"podIP": "10.0.0.1"}, ("10.0.0.1",)),
        (
            {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "2001:db8::1"}]},
            ("10.0.0.1", "2001:db8::1"),
        ),
        ({"podIPs": []}, ()),
        ({}, ()),
    ],
)
def test_a_pod_has_all_its_addresses(status, ips):
    (found,) = pods_of(pod(status=status))
    assert found.ips == ips


BROKEN = [
    (
        pod(spec={"containers": [{"ports": [{"containerPort": 0}]}]}),
        "spec.containers[0].ports[0].containerPort",
    ),
    (
        pod(spec={"containers": [{"ports": [{"containerPort": 1, "hostPort": 70000}]}]}),
        "spec.containers[0].ports[0].hostPort",
    ),
    (
        pod(spec={"initContainers": [{"ports": [{"containerPort": 1, "protocol": "x"}]}]}),
        "spec.initContainers[0].ports[0].protocol",
    ),
    (pod(spec={"containers": "x"}), "spec.containers"),
    (pod(spec={"containers": [{"name": ["a", "b"], "image": "x"}]}), "spec.containers[0].name"),
    (pod(metadata={"name": "a", "namespace": "shop", "labels": {"a": 1}}), "metadata.labels[...]"),
    (controller("Deployment", "web", template=None), "spec.template"),
    (controller("Deployment", "web", replicas="3"), "spec.replicas"),
    (controller("CronJob", "web"), "spec.jobTemplate.spec.template"),
    (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s"},
            "spec": {"ports": [{"port": "80"}]},
        },
        "spec.ports[0].port",
    ),
    (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s"},
            "spec": {"ports": [{"port": 80, "protocol": "x"}]},
        },
        "spec.ports[0].protocol",
    ),
    (
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "n"},
            "status": {"addresses": [{"type": "x"}]},
        },
        "status.addresses[0]",
    ),
    ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": []}}, "metadata.labels"),
    (
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "i"},
            "spec": {"rules": {}},
        },
        "spec.rules",
    ),
    (policy({"ingress": [{"ports": [{"port": 0}]}]}), "spec.ingress[0].ports[0].port"),
]


@pytest.mark.parametrize(
    ("broken", "field"), BROKEN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_broken_object_is_a_gap_and_hides_no_other(broken, field):
    healthy = [
        pod("other"),
        policy({}, "other"),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "other"}},
    ]
    found = normalize([stored(broken, "cluster.yaml, document 3"), *map(stored, healthy)])
    (gap,) = found.gaps
    ref = stored(broken).ref
    assert (gap.reason, gap.group_kind, gap.name, gap.field) == (
        GapReason.INVALID,
        ref.group_kind,
        ref.name,
        field,
    )
    assert f"{ref} (cluster.yaml, document 3) was left out: {field}" in gap.message
    assert [item.ref.name for item in found.inventory.pods] == ["other"]
    assert [item.ref.name for item in found.inventory.policies] == ["other"]
    assert [item.ref.name for item in found.inventory.services] == ["other"]


def test_namespaces_that_are_used_but_not_given_are_assumed():
    found = inventory("""
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a, kubernetes.io/metadata.name: forged}}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: cart}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec: {}
""")
    assert [(item.name, item.labels, item.assumed) for item in found.namespaces] == [
        ("cart", {NAME_LABEL: "cart"}, True),
        ("default", {NAME_LABEL: "default"}, True),
        ("shop", {"team": "a", NAME_LABEL: "shop"}, False),
    ]


def test_a_node_is_read_with_its_addresses_and_readiness():
    found = inventory("""
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.io/os: windows}, annotations: {a: b}}
spec: {podCIDR: 10.0.0.0/24, providerID: aws:///x}
status:
  addresses: [{type: InternalIP, address: 192.0.2.1}, {type: Hostname, address: n1}, {type: ExternalIP, address: 198.51.100.1}]
  conditions: [{type: MemoryPressure, status: "False"}, {type: Ready, status: Unknown}]
  nodeInfo: {kubeletVersion: v1.34.0}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
""").nodes
    first, second = found
    assert first.addresses == ("192.0.2.1", "198.51.100.1")
    assert (first.pod_cidrs, first.os, first.ready) == (("10.0.0.0/24",), "windows", False)
    assert (first.kubelet_version, first.provider_id, first.annotations) == (
        "v1.34.0",
        "aws:///x",
        {"a": "b"},
    )
    assert (second.ready, second.os, second.pod_cidrs) == (True, "", ())


def test_a_service_takes_the_defaults_of_the_api():
    found = inventory("""
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}], selector: {}, clusterIP: None}
---
apiVersion: v1
kind: Service
metadata: {name: edge, annotations: {internal: "true"}}
spec:
  type: LoadBalancer
  selector: {app: web}
  clusterIPs: [10.0.0.9, "2001:db8::9"]
  externalIPs: [192.0.2.9]
  loadBalancerSourceRanges: [198.51.100.0/24]
  ports: [{port: 443, targetPort: https, nodePort: 30443, protocol: TCP, name: tls}, {port: 53, targetPort: 5353, protocol: UDP}]
status: {loadBalancer: {ingress: [{ip: 192.0.2.7}, {hostname: lb.example}, {}]}}
""").services
    edge, web = found
    assert (web.type, web.selector, web.ports, web.cluster_ips) == (
        "ClusterIP",
        None,
        (ServicePort(80, Protocol.TCP, 0),),
        (),
    )
    assert edge.ports == (
        ServicePort(443, Protocol.TCP, "https", 30443, "tls"),
        ServicePort(53, Protocol.UDP, 5353),
    )
    assert (edge.cluster_ips, edge.external_ips) == (("10.0.0.9", "2001:db8::9"), ("192.0.2.9",))
    assert (edge.load_balancer, edge.load_balancer_source_ranges) == (
        ("192.0.2.7", "lb.example"),
        ("198.51.100.0/24",),
    )
    assert edge.annotations == {"internal": "true"}


def test_ways_in_are_read_with_hosts_backends_and_tls():
    found = inventory("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, annotations: {kubernetes.io/ingress.class: nginx}}
spec:
  defaultBackend: {service: {name: fallback, port: {name: http}}}
  tls: [{hosts: [b.example]}]
  rules:
  - {host: a.example, http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}, {backend: {resource: {kind: X, name: y}}}]}}
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: b}
spec: {ingressClassName: traefik, rules: [{http: {paths: [{backend: {serviceName: old, servicePort: 8080}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: edge}
spec: {listeners: [{name: http, protocol: HTTP}, {name: https, protocol: HTTPS}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: c, namespace: shop}
spec:
  parentRefs: [{name: gw, namespace: edge, sectionName: https}]
  hostnames: [c.example]
  rules: [{backendRefs: [{name: web, port: 80}, {name: api, namespace: back, port: 81}, {name: x, kind: Bucket}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: d, namespace: shop}
spec: {parentRefs: [{name: gw, namespace: edge}], rules: [{backendRefs: [{name: web}]}]}
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: e}
spec: {host: e.example, to: {name: web}, alternateBackends: [{name: canary}], port: {targetPort: http}, tls: {termination: edge}}
""").edges
    rows = [(item.ref.name, item.kind, item.hosts, item.ingress_class, item.tls) for item in found]
    assert rows == [
        ("c", EdgeKind.HTTP_ROUTE, ("c.example",), "gw", True),
        ("d", EdgeKind.HTTP_ROUTE, (), "gw", False),
        ("a", EdgeKind.INGRESS, ("a.example", "b.example"), "nginx", True),
        ("b", EdgeKind.INGRESS, (), "traefik", False),
        ("e", EdgeKind.ROUTE, ("e.example",), "", True),
    ]
    assert [item.backends for item in found] == [
        (Backend("back/api", 81), Backend("web", 80)),
        (Backend("web", 0),),
        (Backend("fallback", "http"), Backend("web", 80)),
        (Backend("old", 8080),),
        (Backend("canary", "http"), Backend("web", "http")),
    ]


UNKNOWN = """
apiVersion: networking.k8s.aws/v1alpha1
kind: ApplicationNetworkPolicy
metadata: {name: a, namespace: shop}
---
apiVersion: networking.k8s.aws/v1alpha1
kind: ApplicationNetworkPolicy
metadata: {name: b, namespace: shop}
---
apiVersion: networking.k8s.aws/v1alpha1
kind: ApplicationNetworkPolicy
metadata: {name: c, namespace: cart}
---
apiVersion: networking.k8s.aws/v1alpha1
kind: ClusterNetworkPolicy
metadata: {name: d}
---
apiVersion: crd.projectcalico.org/v1
kind: StagedNetworkPolicy
metadata: {name: e, namespace: shop}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: knp.default.f, namespace: shop}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: g, namespace: shop}
---
apiVersion: example.com/v1
kind: SuperNetworkPolicy
metadata: {name: h, namespace: shop}
---
apiVersion: example.com/v1
kind: GlobalNetworkPolicy
metadata: {name: everywhere}
---
apiVersion: controlplane.antrea.io/v1beta2
kind: NetworkPolicy
metadata: {name: i, namespace: shop}
---
apiVersion: example.com/v1
kind: NetworkPolicyReport
metadata: {name: j, namespace: shop}
"""


def test_policies_that_are_not_evaluated_are_a_gap_for_each_kind_and_namespace():
    found = normalized(UNKNOWN).gaps
    assert [(gap.reason, gap.group_kind, gap.namespace, gap.name) for gap in found] == [
        (GapReason.UNKNOWN_KIND, GroupKind("example.com", "GlobalNetworkPolicy"), "", "everywhere"),
        (GapReason.UNKNOWN_KIND, GroupKind("example.com", "SuperNetworkPolicy"), "shop", "h"),
        (GapReason.UNKNOWN_KIND, GroupKind("networking.k8s.aws", "ApplicationNetworkPolicy"), "cart", "c"),
        (GapReason.UNKNOWN_KIND, GroupKind("networking.k8s.aws", "ApplicationNetworkPolicy"), "shop", ""),
        (GapReason.UNKNOWN_KIND, GroupKind("networking.k8s.aws", "ClusterNetworkPolicy"), "", "d"),
    ]
    assert "in namespace shop can change what is reachable and is not evaluated: a, b" in found[3].message


def test_order_of_the_objects_does_not_matter():
    objects = [stored(item) for case in OWNERS.values() for item in case[0]]
    unique = list({item.ref: item for item in objects}.values())
    assert normalize(unique) == normalize(unique[::-1])


def test_an_old_group_means_the_object_of_today():
    old = {**policy({}), "apiVersion": "extensions/v1beta1"}
    assert stored(old).ref == ObjectRef("networking.k8s.io", "NetworkPolicy", "shop", "p")
