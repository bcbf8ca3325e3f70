"""Ways in from outside: Ingress, Gateway API routes and OpenShift routes → inventory."""

from collections.abc import Iterable, Mapping

import msgspec

from app.collect.invalid import decode
from app.collect.wire import edges as wire
from app.model.inventory import Backend, EdgeKind, EdgeRoute
from app.model.snapshot import SnapshotObject

_INGRESS = msgspec.json.Decoder(wire.Ingress)
_GATEWAY = msgspec.json.Decoder(wire.Gateway)
_GATEWAY_ROUTE = msgspec.json.Decoder(wire.GatewayRoute)
_OPENSHIFT_ROUTE = msgspec.json.Decoder(wire.OpenShiftRoute)
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"  # deprecated since 1.18, still read by every controller
_ENCRYPTED = ("HTTPS", "TLS")

Listeners = Mapping[tuple[str, str], tuple[wire.Listener, ...]]  # by (namespace, name) of their Gateway


def ingress(item: SnapshotObject) -> EdgeRoute:
    """Read one Ingress, v1 or v1beta1.

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    value = decode(item.body, _INGRESS)
    spec = value.spec or wire.IngressSpec()
    annotations = value.metadata.annotations or {}
    hosts = {rule.host for rule in spec.rules or () if rule.host}
    hosts.update(host for tls in spec.tls or () for host in tls.hosts or ())
    return EdgeRoute(
        ref=item.ref,
        kind=EdgeKind.INGRESS,
        hosts=tuple(sorted(hosts)),
        backends=_backends(_ingress_backends(spec)),
        ingress_class=spec.ingress_class_name or annotations.get(_CLASS_ANNOTATION, ""),
        tls=bool(spec.tls),
        digest=item.digest,
    )


def listeners(gateway: SnapshotObject) -> dict[tuple[str, str], tuple[wire.Listener, ...]]:
    """Read the listeners of one Gateway, under its (namespace, name).

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    spec = decode(gateway.body, _GATEWAY).spec or wire.GatewaySpec()
    return {(gateway.ref.namespace, gateway.ref.name): tuple(spec.listeners or ())}


def gateway_route(item: SnapshotObject, gateways: Listeners) -> EdgeRoute:
    """Read one route of the Gateway API; TLS only if every listener that it attaches to is known and encrypted.

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    spec = decode(item.body, _GATEWAY_ROUTE).spec or wire.GatewayRouteSpec()
    parents = spec.parent_refs or []
    return EdgeRoute(
        ref=item.ref,
        kind=EdgeKind.HTTP_ROUTE,
        hosts=tuple(sorted(set(spec.hostnames or ()))),
        backends=_backends(
            _gateway_backend(ref, item.ref.namespace)
            for rule in spec.rules or ()
            for ref in rule.backend_refs or ()
            if ref.kind in (None, "Service")
        ),
        ingress_class=",".join(sorted({parent.name for parent in parents})),
        tls=bool(parents) and all(_encrypted(parent, item.ref.namespace, gateways) for parent in parents),
        digest=item.digest,
    )


def openshift_route(item: SnapshotObject) -> EdgeRoute:
    """Read one OpenShift route.

    Raises:
        InvalidObjectError: a field has the wrong type.
    """
    spec = decode(item.body, _OPENSHIFT_ROUTE).spec or wire.OpenShiftRouteSpec()
    targets = [*([spec.to] if spec.to else ()), *(spec.alternate_backends or ())]
    port = (spec.port or wire.RoutePort()).target_port or 0
    return EdgeRoute(
        ref=item.ref,
        kind=EdgeKind.ROUTE,
        hosts=(spec.host,) if spec.host else (),
        backends=_backends(Backend(target.name, port) for target in targets),
        tls=spec.tls is not None,
        digest=item.digest,
    )


def _ingress_backends(spec: wire.IngressSpec) -> Iterable[Backend]:
    given = [spec.default_backend, spec.backend]
    given += [path.backend for rule in spec.rules or () if rule.http for path in rule.http.paths or ()]
    for backend in given:
        if backend is None:
            continue
        if backend.service is not None:
            port = backend.service.port or wire.BackendPort()
            yield Backend(backend.service.name, port.number or port.name or 0)
        elif backend.service_name:
            yield Backend(backend.service_name, backend.service_port or 0)


def _gateway_backend(ref: wire.BackendRef, namespace: str) -> Backend:
    """A backend in another namespace is written `namespace/service`."""
    away = ref.namespace and ref.namespace != namespace
    return Backend(f"{ref.namespace}/{ref.name}" if away else ref.name, ref.port or 0)


def _encrypted(parent: wire.ParentRef, namespace: str, gateways: Listeners) -> bool:
    known = gateways.get((parent.namespace or namespace, parent.name), ())
    attached = [item for item in known if parent.section_name in (None, item.name)]
    return bool(attached) and all(item.protocol in _ENCRYPTED for item in attached)


def _backends(backends: Iterable[Backend]) -> tuple[Backend, ...]:
    return tuple(sorted(set(backends), key=lambda item: (item.service, str(item.port))))
