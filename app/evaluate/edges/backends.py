"""References to services → container ports."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.world import Item, PodPort, World, objects
from app.model.connections import Protocol
from app.model.encryption import Known
from app.model.fields import is_address, mapping, text


@dataclass(frozen=True, slots=True)
class BackendRef:
    """A Service and one of its ports, by number or name; 0 where the reference does not say (then all of them)."""

    namespace: str
    name: str
    port: int | str

    def __lt__(self, other: "BackendRef") -> bool:
        """By name, ports as text."""
        return (self.namespace, self.name, str(self.port)) < (other.namespace, other.name, str(other.port))


Followed = tuple[tuple[str, PodPort], ...]


def follow(
    world: World, refs: Iterable[BackendRef], protocol: Protocol = Protocol.TCP
) -> tuple[Followed, tuple[str, ...]]:
    """(service, container port) behind references, and what could not be followed.

    Ports of other protocols than the given one are left aside: a number can stand twice on a Service, as DNS has it.
    """
    found: set[tuple[str, PodPort]] = set()
    unresolved: list[str] = []
    for ref in refs:
        name = f"{ref.namespace}/{ref.name}"
        service = world.services.get((ref.namespace, ref.name))
        if service is None:
            why = world.unread("", "Service", ref.namespace)
            unresolved.append(f"Service {name} was not found" + (f": {why}" if why else ""))
            continue
        named = world.service_ports(service, ref.port)
        ports = tuple(port for port in named if port.protocol is protocol)
        if not ports:
            which = f"port {ref.port}" if ref.port else "port"
            unresolved.append(f"Service {name} has no {which}" + (f" for {protocol}" if named else ""))
        if service.selector is None:
            unresolved.append(f"Service {name} has no selector, so where it leads is not known")
        behind = {(name, to) for port in ports for to in world.behind(service, port)}
        if ports and service.selector and not behind:
            unresolved.append(f"Service {name} selects no pod that was read")
        found |= behind
    return tuple(sorted(found)), tuple(dict.fromkeys(unresolved))


def astray(world: World, refs: Iterable[BackendRef]) -> tuple[str, ...]:
    """By which references a way may lead to any workload: Services that were not read, or whose endpoints others write."""
    return tuple(
        dict.fromkeys(why for ref in refs if (why := astray_service(world, ref.namespace, ref.name)))
    )


def astray_service(world: World, namespace: str, name: str) -> str:
    """The same for one Service. An `ExternalName` leads out of the cluster, unless a pod may take its name for something inside."""
    service = world.services.get((namespace, name))
    if service is None:
        why = world.unread("", "Service", namespace)
        return f"Service {namespace}/{name} was not found: {why}" if why else ""
    if service.selector is not None:
        return ""
    item = world.item_of(service.ref)
    outside = text(item.spec.get("externalName")) if item and service.type == "ExternalName" else ""
    why = inside(world, outside) if outside else "has no selector"
    return f"Service {namespace}/{name} {why}, so where it leads is not known" if why else ""


def inside(world: World, host: str) -> str:
    """Why a name of something outside may lead a pod to something in the cluster, as the rest of a sentence; empty where it cannot.

    Relays ask for a name as it is and with the search domains of their pod, and look into the pod's own hosts file first.
    """
    labels = host.lower().rstrip(".").split(".")
    if "svc" in labels or labels[-2:] == ["cluster", "local"]:
        return f"names {host}, a name of the cluster's own"
    if is_address(host):
        return f"names the address {host}"
    if len(labels) == 1 or labels[-1] in world.inventory.namespace_labels:
        return f"names {host}, which search domains of a pod make a Service of the cluster"
    if alias := next(iter(world.aliases.get(".".join(labels), ())), None):
        return f"names {host}, and {alias.says}"
    return ""


def services_of(refs: Iterable[BackendRef]) -> tuple[str, ...]:
    """Services that references name, sorted."""
    return tuple(sorted({f"{ref.namespace}/{ref.name}" for ref in refs}))


def ingress_backends(item: Item) -> Iterator[BackendRef]:
    """Services that an Ingress names, v1 and v1beta1."""
    for backend in _given(item):
        service = mapping(backend.get("service"))
        name = text(service.get("name")) or text(backend.get("serviceName"))
        port = mapping(service.get("port"))
        wanted = port.get("number") or port.get("name") or backend.get("servicePort") or 0
        if name:
            yield BackendRef(item.namespace, name, wanted if isinstance(wanted, int | str) else 0)


def resource_backends(item: Item) -> tuple[str, ...]:
    """Backends of an Ingress that are no Services: objects whose controller knows where they lead."""
    refs = (mapping(backend.get("resource")) for backend in _given(item))
    found = (f"{text(ref.get('kind'))} {item.namespace}/{text(ref.get('name'))}" for ref in refs if ref)
    return tuple(dict.fromkeys(f"backend {name} is not followed" for name in found))


def _given(item: Item) -> list[Mapping[str, Any]]:
    given = [mapping(item.spec.get("defaultBackend")), mapping(item.spec.get("backend"))]
    for rule in objects(item.spec.get("rules")):
        given += [mapping(path.get("backend")) for path in objects(mapping(rule.get("http")).get("paths"))]
    return given


def names_known(value: str) -> Known:
    """`true` and `false` as texts of annotations; anything else is unknown."""
    return {"true": Known.YES, "false": Known.NO}.get(value.strip().lower(), Known.UNKNOWN)
