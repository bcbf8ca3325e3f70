"""The control plane: which parts of it are visible, and what their flags and settings say about TLS.

Sources: command-line references of kube-apiserver, etcd and kubelet; KubeletConfiguration v1beta1; APIService v1.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges import api_server, etcd, kubelet
from app.evaluate.edges.arguments import Argument, arguments, runs
from app.evaluate.edges.world import Item, World, objects
from app.model.control_plane import Component, ComponentKind, Finding
from app.model.encryption import Known
from app.model.fields import dig, mapping, text
from app.model.identity import ObjectRef

_LABEL = "component"
# `spec.providerID` of nodes and marks of their versions that belong to managed control planes.
_MANAGED_VERSIONS = ("-eks-", "-gke.")
_MANAGED_LABELS = (
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/cluster",
)


@dataclass(frozen=True)
class Program:
    """A container that runs a program of the control plane."""

    item: Item
    path: str
    container: Mapping[str, Any]
    flags: Mapping[str, Argument]


def components(world: World) -> tuple[Component, ...]:
    """Every visible part, sorted by id; a part that the provider runs is named as such."""
    found = [
        *_programs(world, "kube-apiserver", ComponentKind.API_SERVER),
        *_programs(world, "etcd", ComponentKind.ETCD),
        *_kubelets(world),
        *_aggregated(world),
        *_webhooks(world),
        *_metrics(world),
        *_dashboards(world),
    ]
    seen = {item.kind for item in found}
    found += [
        _hidden(world, kind)
        for kind in (ComponentKind.API_SERVER, ComponentKind.ETCD, ComponentKind.KUBELET)
        if kind not in seen and world.inventory.nodes
    ]
    return tuple(sorted(found, key=lambda item: item.id))


def _programs(world: World, program: str, kind: ComponentKind) -> Iterator[Component]:
    clients = _client_authorities(world)
    for item in world.items("", "Pod", program):
        for index, container in enumerate(objects(item.spec.get("containers"))):
            if not _is_program(item, container, program):
                continue
            flags = arguments(container, program)
            path = f"spec.containers[{index}]"
            findings = (
                api_server.findings(item, path, flags, container)
                if kind is ComponentKind.API_SERVER
                else etcd.findings(item, path, flags, container, clients)
            )
            yield Component(
                f"{kind} {item.namespace}/{item.name}", kind, item.ref, findings=ordered(findings)
            )
            break


def _is_program(item: Item, container: Mapping[str, Any], program: str) -> bool:
    """By its command line; by its label and name where the image's entry point runs it. etcd-manager is read as etcd."""
    if runs(container, program) or (program == "etcd" and runs(container, "etcd-manager")):
        return True
    return item.labels.get(_LABEL) == program and text(container.get("name")) == program


def _client_authorities(world: World) -> frozenset[str]:
    """Files of `--client-ca-file` of the API servers: etcd must not trust whom the API server trusts."""
    return frozenset(
        flags["client-ca-file"].value
        for item in world.items("", "Pod", "kube-apiserver")
        for container in objects(item.spec.get("containers"))
        if _is_program(item, container, "kube-apiserver")
        for flags in [arguments(container, "kube-apiserver")]
        if "client-ca-file" in flags
    )


def _kubelets(world: World) -> Iterator[Component]:
    for item in world.items("", "ConfigMap"):
        if item.namespace == "kube-system" and (
            item.name == "kubelet-config" or item.name.startswith("kubelet-config-")
        ):
            yield Component(
                f"kubelet settings {item.namespace}/{item.name}",
                ComponentKind.KUBELET,
                item.ref,
                findings=ordered(kubelet.findings(item)),
            )


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
