"""Ingress: hosts, the relay of their class, and the services behind."""

from collections.abc import Iterator
from typing import Any

from app.evaluate.checks.common.wording import names
from app.evaluate.edges import ingress_alb, ingress_gce, ingress_nginx, ingress_traefik
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.alb_actions import alb_backends
from app.evaluate.edges.backends import (
    BackendRef,
    astray,
    follow,
    ingress_backends,
    resource_backends,
    services_of,
)
from app.evaluate.edges.cloud import is_internal
from app.evaluate.edges.ingress_tls import backend_leg, endpoints
from app.evaluate.edges.nginx_targets import nginx_backends
from app.evaluate.edges.relays import OUTSIDE, Controller, Relay, relay_of
from app.evaluate.edges.tls_hosts import hosts_of
from app.evaluate.edges.world import Item, World, objects
from app.model.edge import ANY_HOST, Exposure, Target, Way
from app.model.encryption import Known
from app.model.fields import dig, text

GROUP = "networking.k8s.io"


def ingress_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each Ingress."""
    for item in world.items(GROUP, "Ingress"):
        yield _exposure(world, admission, item)


def _exposure(world: World, admission: Admission, item: Item) -> Exposure:
    relay = relay_of(world, item)
    hosts = hosts_of(item)
    refs, lost = _backends(item, relay)
    found, unresolved = follow(world, refs)
    targets = []
    for service, to in found:
        admitted, why = _admitted(admission, relay, to)
        leg = backend_leg(world, item, relay)
        targets.append(
            Target(to.workload, to.protocol, to.port, service, relay.workloads, admitted, why, leg)
        )
    if not relay.workloads and relay.controller not in OUTSIDE:
        unresolved += (f"which workload serves class {relay.name} was not found",)
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.INGRESS,
        field="spec",
        says=f"routes requests for {names(host if host != ANY_HOST else 'any host' for host in hosts)}",
        internal=_is_internal(item, relay),
        endpoints=tuple(endpoints(world, item, relay, hosts, addresses_of(item))),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*unresolved, *lost),
        astray=(*astray(world, refs), *lost),
        notes=_notes(world, relay, item),
        services=services_of(refs),
    )


def _backends(item: Item, relay: Relay) -> tuple[tuple[BackendRef, ...], tuple[str, ...]]:
    """Services that it leads to, sorted; and what of it may lead anywhere."""
    match relay.controller:
        case Controller.ALB:
            refs, lost = alb_backends(item)
        case Controller.NGINX:
            refs, lost = nginx_backends(item)
        case _:
            refs, lost = tuple(sorted(set(ingress_backends(item)))), ()
    return refs, (*resource_backends(item), *lost)


def _is_internal(item: Item, relay: Relay) -> bool:
    """By what each controller goes by: scheme and class of AWS, the class of GKE, annotations of the others."""
    if relay.controller is Controller.ALB:
        return ingress_alb.is_internal(item, relay)
    return is_internal(item) or (relay.controller is Controller.GCE and relay.name == ingress_gce.INTERNAL)


def _admitted(admission: Admission, relay: Relay, to: Any) -> tuple[Known, str]:
    """Balancers outside the cluster connect to the pod, or to a node port, as addresses that nobody declared."""
    if relay.controller in OUTSIDE:
        return admission.straight(to, (), internal=True, snat=True)
    return admission.relayed(relay.workloads, to)


def addresses_of(item: Item) -> tuple[str, ...]:
    """Addresses and names of `status.loadBalancer.ingress`."""
    entries = objects(dig(item.body, "status", "loadBalancer", "ingress"))
    return tuple(
        found for entry in entries if (found := text(entry.get("ip")) or text(entry.get("hostname")))
    )


def _notes(world: World, relay: Relay, item: Item) -> tuple[str, ...]:
    found = []
    if snippets := [name for name in item.annotations if name.endswith("-snippet")]:
        found.append(f"{names(sorted(snippets))} can change everything that is said about it.")
    if relay.controller is Controller.NGINX:
        found.append("ingress-nginx was retired in March 2026: it gets no fixes.")
        found.append(ingress_nginx.hsts(relay))
    if relay.controller is Controller.TRAEFIK:
        found.append(ingress_traefik.hsts(world, item))
    if relay.controller in OUTSIDE:
        found.append("The balancer outside the cluster relays it; its firewall is not visible.")
    return tuple(text for text in found if text)
