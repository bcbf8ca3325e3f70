"""Which workload relays the traffic of a class, a Gateway or a router; and with which arguments and settings it runs.

Controllers are told by the labels that their makers' charts and manifests set. What is not known stays unknown: then no
policy is asked on its behalf.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from app.evaluate.edges.arguments import arguments
from app.evaluate.edges.world import Item, World, objects
from app.model.fields import mapping, strings, text
from app.model.inventory import Pod

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"  # deprecated since 1.18, still read by every controller
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"


class Controller(StrEnum):
    """Families of ingress controllers whose settings this version reads."""

    NGINX = "ingress-nginx"
    NGINX_INC = "NGINX Ingress Controller"
    TRAEFIK = "Traefik"
    ALB = "AWS Load Balancer Controller"
    HAPROXY = "HAProxy"
    HAPROXY_INGRESS = "HAProxy Ingress"
    GCE = "GKE Ingress"
    AZURE = "Azure Application Gateway"
    KONG = "Kong"
    OTHER = ""


# `IngressClass.spec.controller` by its beginning, and class names where no IngressClass was read.
_BY_CONTROLLER = {
    "k8s.io/ingress-nginx": Controller.NGINX,
    "nginx.org/ingress-controller": Controller.NGINX_INC,  # F5's, with annotations of its own
    "traefik.io/ingress-controller": Controller.TRAEFIK,
    "ingress.k8s.aws/alb": Controller.ALB,
    "eks.amazonaws.com/alb": Controller.ALB,
    "haproxy.org/ingress-controller": Controller.HAPROXY,
    "haproxy-ingress.github.io/controller": Controller.HAPROXY_INGRESS,  # other annotations under a like name
    "azure/application-gateway": Controller.AZURE,
    "networking.gke.io/": Controller.GCE,
    "ingress-controllers.konghq.com/kong": Controller.KONG,
}
_BY_CLASS = {
    "nginx": Controller.NGINX,
    "traefik": Controller.TRAEFIK,
    "alb": Controller.ALB,
    "kong": Controller.KONG,
    "gce": Controller.GCE,
    "gce-internal": Controller.GCE,
    "azure/application-gateway": Controller.AZURE,
}
_LABELS: Mapping[Controller, tuple[Mapping[str, str], ...]] = {
    Controller.NGINX: (
        {"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"},
        {"app.kubernetes.io/name": "rke2-ingress-nginx", "app.kubernetes.io/component": "controller"},
        {"app.kubernetes.io/name": "ingress-nginx"},
    ),
    Controller.NGINX_INC: ({"app.kubernetes.io/name": "nginx-ingress"}, {"app": "nginx-ingress"}),
    Controller.TRAEFIK: ({"app.kubernetes.io/name": "traefik"},),
    Controller.KONG: (
        {"app.kubernetes.io/name": "kong", "app.kubernetes.io/component": "app"},
        {"app.kubernetes.io/name": "gateway", "app.kubernetes.io/component": "app"},
        {"app": "proxy-kong"},
        {"app": "ingress-kong"},
    ),
    Controller.HAPROXY: (
        {"app.kubernetes.io/name": "kubernetes-ingress"},
        {"run": "haproxy-ingress"},
    ),
    Controller.HAPROXY_INGRESS: (
        {"app.kubernetes.io/name": "haproxy-ingress"},
        {"run": "haproxy-ingress"},
    ),
}
# flag that names the ConfigMap, and the names that install manifests give it; the data of others is not read
_CONFIG_MAPS = {
    Controller.NGINX: ("configmap", ("ingress-nginx-controller", "nginx-configuration")),
    Controller.NGINX_INC: ("nginx-configmaps", ("nginx-config",)),
}
_HOMES = {Controller.NGINX: "ingress-nginx", Controller.NGINX_INC: "nginx-ingress"}
OUTSIDE = frozenset({Controller.ALB, Controller.GCE, Controller.AZURE})  # the balancer itself relays


@dataclass(frozen=True)
class Relay:
    """What relays the traffic of one Ingress.

    Attributes:
        controller: its family.
        name: the class, for a sentence.
        workloads: ids of its workloads, sorted; empty where none was found.
        arguments: flags of its container, without dashes and in lower case; the last value counts.
        settings: its ConfigMap's data; None where it was not read.
        source: the ConfigMap, for evidence.
        parameters: what `IngressClass.spec.parameters` refers to; None where there is none.
        unread: why such parameters may hold and were not read; empty where that is not so.
    """

    controller: Controller
    name: str
    workloads: tuple[str, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] | None = None
    source: Item | None = None
    parameters: Item | None = None
    unread: str = ""


def relay_of(world: World, ingress: Item) -> Relay:
    """The relay of an Ingress."""
    name, controller, chosen = _family(world, ingress)
    parameters, unread = _parameters(world, chosen) if chosen else (None, "")
    shown = name or "the default class"
    found = relay_of_controller(world, controller)
    return replace(found, name=shown, parameters=parameters, unread=unread)


def relay_of_controller(world: World, controller: Controller) -> Relay:
    """What runs of one family, with its flags and settings."""
    return world.once(f"relay of {controller}", lambda known: _running(known, controller))


def pods_of_controller(world: World, controller: Controller) -> tuple[Pod, ...]:
    """Pods of one family: those of the first labels that any pod has."""
    found = (world.selected(None, labels) for labels in _LABELS.get(controller, ()))
    return next((pods for pods in found if pods), ())


def _running(world: World, controller: Controller) -> Relay:
    pods = pods_of_controller(world, controller)
    flags = flags_of(world, pods)
    source = _config_map(world, controller, pods, flags)
    settings = strings(source.body.get("data")) if source else None
    return Relay(controller, str(controller), world.ids(pods), flags, settings, source)


def _parameters(world: World, chosen: Item) -> tuple[Item | None, str]:
    """The object that a class names for its controller, cluster-scoped where it gives no namespace."""
    ref = mapping(chosen.spec.get("parameters"))
    group, kind, name = (text(ref.get(key)) for key in ("apiGroup", "kind", "name"))
    if kind != "IngressClassParams":
        return None, ""
    found = world.item(group, kind, text(ref.get("namespace")), name)
    missing = world.unread(group, kind) or f"{kind} {name}, which {chosen.ref} names, was not found"
    return found, "" if found else missing


def _family(world: World, ingress: Item) -> tuple[str, Controller, Item | None]:
    name = text(ingress.spec.get("ingressClassName")) or ingress.annotations.get(_CLASS_ANNOTATION, "")
    classes = world.items("networking.k8s.io", "IngressClass")
    known = [
        item
        for item in classes
        if (item.name == name if name else item.annotations.get(_DEFAULT_CLASS) == "true")
    ]
    if len(known) == 1:
        said = text(known[0].spec.get("controller"))
        found = next((value for start, value in _BY_CONTROLLER.items() if said.startswith(start)), None)
        return name or known[0].name, found or Controller.OTHER, known[0]
    return name, _BY_CLASS.get(name, Controller.OTHER), None


def flags_of(world: World, pods: tuple[Pod, ...]) -> dict[str, str]:
    """Flags of the first pod's containers, in lower case."""
    if not pods:
        return {}
    item = world.item_of(pods[0].ref)
    if item is None:
        return {}
    spec: Any = item.spec if item.ref.kind == "Pod" else item.at("spec", "template", "spec")
    containers = objects(spec.get("containers") if isinstance(spec, dict) else None)
    return {
        flag.name.lower(): flag.value for container in containers for flag in arguments(container).values()
    }


def _config_map(
    world: World, controller: Controller, pods: tuple[Pod, ...], flags: Mapping[str, str]
) -> Item | None:
    """The ConfigMap that the controller is started with; without a flag that names it, one of the usual name."""
    if controller not in _CONFIG_MAPS:
        return None
    flag, usual = _CONFIG_MAPS[controller]
    home = pods[0].namespace if pods else _HOMES[controller]
    named = flags.get(flag, "").rpartition("/")[2]
    wanted = [name for name in usual if named in ("", name)]
    found = (world.item("", "ConfigMap", home, name) for name in wanted)
    return next((item for item in found if item), None)
