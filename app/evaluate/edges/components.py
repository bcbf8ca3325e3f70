"""The control plane: which parts of it are visible, and what their flags and settings say about TLS.

Sources: command-line references of kube-apiserver, etcd, kube-controller-manager, kube-scheduler and kubelet; KubeletConfiguration v1beta1; APIService v1.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.evaluate.edges import api_server, controllers, etcd, kubelet
from app.evaluate.edges.arguments import arguments, runs
from app.evaluate.edges.go_suites import default_suites, minor_of
from app.evaluate.edges.node_args import started_by_nodes
from app.evaluate.edges.openshift_profiles import of_control_plane
from app.evaluate.edges.world import Item, World, objects
from app.model.control_plane import Component, ComponentKind, Finding
from app.model.encryption import Known
from app.model.fields import dig, mapping, text
from app.model.identity import ObjectRef

_LABEL = "component"
# `spec.providerID` of nodes and marks of their versions that belong to managed control planes.
_MANAGED_VERSIONS = ("-eks-", "-gke.", "-aliyun.", "-tke.", "+IKS")
_MANAGED_LABELS = (
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/cluster",
    "doks.digitalocean.com/node-pool",
    "lke.linode.com/pool-id",
    "ibm-cloud.kubernetes.io/worker-id",
)
_OPENSHIFT = "openshift-"
_SOURCE = "kubernetes.io/config.source"


def components(world: World) -> tuple[Component, ...]:
    """Every visible part, sorted by id; a part that the provider runs is named as such."""
    programs = list(_programs(world))
    found = [
        *(component for component, _ in programs),
        *_kubelets(world),
        *_aggregated(world),
        *_webhooks(world),
        *_metrics(world),
        *_dashboards(world),
    ]
    others = {component.id for component, own in programs if not own}
    seen = {item.kind for item in found if item.id not in others}
    found += [
        _hidden(world, kind)
        for kind in (ComponentKind.API_SERVER, ComponentKind.ETCD, ComponentKind.KUBELET)
        if kind not in seen and world.inventory.nodes
    ]
    # flags of a node tell of that node alone, so they stand for no part that is not seen
    return tuple(sorted((*found, *started_by_nodes(world)), key=lambda item: item.id))


def _programs(world: World) -> Iterator[tuple[Component, bool]]:
    """API servers, members of etcd, controller managers and schedulers, each with whether it is of this cluster's own control plane.

    An application may bring an etcd, which administers nothing here. Control planes of other clusters run in pods too: their etcd
    counts where an API server runs beside it, and neither stands for the one of this cluster.
    """
    servers = list(_containers(world, "kube-apiserver"))
    homes = {item.namespace for item, _, _ in servers}
    clients = frozenset(
        flags["client-ca-file"].value
        for _, _, container in servers
        if "client-ca-file" in (flags := arguments(container, "kube-apiserver"))
    )
    profile = of_control_plane(world)
    for item, path, container in servers:
        flags = arguments(container, "kube-apiserver")
        told = api_server.findings(item, path, flags, container, profile)
        yield _component(ComponentKind.API_SERVER, item, told), _is_own(item)
    for item, path, container in _containers(world, "etcd"):
        if _is_own(item) or item.namespace in homes:
            told = etcd.findings(item, path, arguments(container, "etcd"), container, clients)
            yield _component(ComponentKind.ETCD, item, told), _is_own(item)
    for kind in (ComponentKind.CONTROLLER_MANAGER, ComponentKind.SCHEDULER):
        for item, path, container in _containers(world, kind):
            if _is_own(item) or item.namespace in homes:
                told = controllers.findings(item, path, arguments(container, kind), container)
                yield _component(kind, item, told), _is_own(item)


def _component(kind: ComponentKind, item: Item, findings: Iterable[Finding]) -> Component:
    return Component(f"{kind} {item.namespace}/{item.name}", kind, item.ref, findings=ordered(findings))


def _containers(world: World, program: str) -> Iterator[tuple[Item, str, Mapping[str, Any]]]:
    """Pods that run a program, with the first container that does and its path."""
    for item in world.items("", "Pod", program):
        for index, container in enumerate(objects(item.spec.get("containers"))):
            if _is_program(item, container, program):
                yield item, f"spec.containers[{index}]", container
                break


def _is_own(item: Item) -> bool:
    """A static pod, which its kubelet reads from a file, or one of the namespaces of the system."""
    if item.annotations.get(_SOURCE) == "file" or item.labels.get("tier") == "control-plane":
        return True
    return item.namespace == "kube-system" or item.namespace.startswith(_OPENSHIFT)


def _is_program(item: Item, container: Mapping[str, Any], program: str) -> bool:
    """By its command line; by its label and name where the image's entry point runs it. etcd-manager is read as etcd."""
    if runs(container, program) or (program == "etcd" and runs(container, "etcd-manager")):
        return True
    return item.labels.get(_LABEL) == program and text(container.get("name")) == program


def _kubelets(world: World) -> Iterator[Component]:
    oldest = _oldest(world)
    for item in world.items("", "ConfigMap"):
        if item.namespace == "kube-system" and (
            item.name == "kubelet-config" or item.name.startswith("kubelet-config-")
        ):
            yield Component(
                f"kubelet settings {item.namespace}/{item.name}",
                ComponentKind.KUBELET,
                item.ref,
                findings=ordered(kubelet.findings(item, oldest)),
            )


def _oldest(world: World) -> str:
    """The oldest version of a kubelet, as `1.33`; empty where one was not read that may be older and weaker."""
    minors = {minor_of(node.kubelet_version) or 0 for node in world.inventory.nodes}
    found = f"1.{min(minors)}" if minors and all(minors) else ""
    strong = default_suites(found)[0] is not Known.NO
    return "" if strong and world.cut("", "Node") else found


def _aggregated(world: World) -> Iterator[Component]:
    for item in world.items("apiregistration.k8s.io", "APIService"):
        if not mapping(item.spec.get("service")):
            continue  # served by the API server itself
        skips = item.spec.get("insecureSkipTLSVerify") is True
        says = (
            "the API server checks its certificate"
            if not skips
            else "the API server does not check its certificate"
        )
        sign = item.sign("spec.insecureSkipTLSVerify", str(skips).lower(), says)
        remedy = "Set caBundle and remove insecureSkipTLSVerify."
        found = Finding(Known.NO if skips else Known.YES, says, sign, remedy)
        yield Component(f"APIService {item.name}", ComponentKind.AGGREGATED_API, item.ref, findings=(found,))


def _webhooks(world: World) -> Iterator[Component]:
    group = "admissionregistration.k8s.io"
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for item in world.items(group, kind):
            found = [
                finding
                for index, hook in enumerate(objects(item.body.get("webhooks")))
                for finding in _webhook(item, index, text(dig(hook, "clientConfig", "url")))
            ]
            if found:
                yield Component(str(item.ref), ComponentKind.WEBHOOK, item.ref, findings=ordered(found))


def _webhook(item: Item, index: int, url: str) -> Iterator[Finding]:
    """The API server refuses a URL without https; a manifest may still have one."""
    if not url:
        return
    good = url.startswith("https://")
    says = "its URL is https" if good else "its URL is not https"
    sign = item.sign(f"webhooks[{index}].clientConfig.url", url.partition("?")[0], says)
    yield Finding(Known.YES if good else Known.NO, says, sign, "Serve the webhook over https.")


def _metrics(world: World) -> Iterator[Component]:
    for item in world.items("apps", "Deployment"):
        for index, container in enumerate(objects(dig(item.body, "spec", "template", "spec", "containers"))):
            if text(container.get("name")) != "metrics-server" and not runs(container, "metrics-server"):
                continue
            flag = arguments(container).get("kubelet-insecure-tls")
            skips = flag is not None and flag.value != "false"
            says = (
                "it does not check the kubelets' certificates"
                if skips
                else "it checks the kubelets' certificates"
            )
            path = f"spec.template.spec.containers[{index}].{flag.path if flag else 'args'}"
            sign = item.sign(path, "--kubelet-insecure-tls" if skips else "", says)
            remedy = "Give the kubelets serving certificates of a known authority and remove --kubelet-insecure-tls."
            finding = Finding(Known.NO if skips else Known.YES, says, sign, remedy)
            yield Component(str(item.ref), ComponentKind.METRICS, item.ref, findings=(finding,))


_DASHBOARDS = (
    {"k8s-app": "kubernetes-dashboard"},
    {"app.kubernetes.io/name": "kubernetes-dashboard"},
    {"app.kubernetes.io/part-of": "kubernetes-dashboard"},
    {"app.kubernetes.io/name": "headlamp"},
)


def _dashboards(world: World) -> Iterator[Component]:
    pods = [pod for labels in _DASHBOARDS for pod in world.selected(None, labels)]
    for workload in world.ids(pods):
        first = next(pod for pod in pods if world.workload_of[pod.ref] == workload)
        yield Component(f"dashboard {workload}", ComponentKind.DASHBOARD, first.ref)


def _hidden(world: World, kind: ComponentKind) -> Component:
    node = world.inventory.nodes[0]
    managed = any(mark in node.kubelet_version for mark in _MANAGED_VERSIONS) or any(
        label in node.labels for label in _MANAGED_LABELS
    )
    return Component(str(kind), kind, ObjectRef("", "Node", "", node.name), managed=managed)


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Weaknesses first, then what is not known, then what holds."""
    rank = {Known.NO: 0, Known.UNKNOWN: 1, Known.YES: 2}
    return tuple(sorted(found, key=lambda item: (rank[item.holds], item.says)))
