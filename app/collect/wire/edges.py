"""Ingresses, Gateway API routes and OpenShift routes."""

from app.collect.wire.base import Metadata, Wire


class BackendPort(Wire):
    """`service.port` of an Ingress backend."""

    number: int | None = None
    name: str | None = None


class IngressService(Wire):
    """`backend.service` of an Ingress."""

    name: str
    port: BackendPort | None = None


class IngressBackend(Wire):
    """An Ingress backend; `service_name` and `service_port` are those of v1beta1."""

    service: IngressService | None = None
    service_name: str | None = None
    service_port: int | str | None = None


class IngressPath(Wire):
    """`rules[].http.paths[]`."""

    backend: IngressBackend | None = None


class IngressHttp(Wire):
    """`rules[].http`."""

    paths: list[IngressPath] | None = None


class IngressRule(Wire):
    """`spec.rules[]` of an Ingress."""

    host: str | None = None
    http: IngressHttp | None = None


class IngressTls(Wire):
    """`spec.tls[]` of an Ingress."""

    hosts: list[str] | None = None


class IngressSpec(Wire):
    """`spec` of an Ingress."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    backend: IngressBackend | None = None
    rules: list[IngressRule] | None = None
    tls: list[IngressTls] | None = None


class Ingress(Wire):
    """`networking.k8s.io Ingress`, v1 and v1beta1."""

    metadata: Metadata
    spec: IngressSpec | None = None


class ParentRef(Wire):
    """`spec.parentRefs[]` of a Gateway API route."""

    name: str
    kind: str | None = None
    namespace: str | None = None
    section_name: str | None = None


class BackendRef(Wire):
    """`rules[].backendRefs[]` of a Gateway API route."""

    name: str
    kind: str | None = None
    namespace: str | None = None
    port: int | None = None


class RouteRule(Wire):
    """`spec.rules[]` of a Gateway API route."""

    backend_refs: list[BackendRef] | None = None


class GatewayRouteSpec(Wire):
    """`spec` of a Gateway API route."""

    parent_refs: list[ParentRef] | None = None
    hostnames: list[str] | None = None
    rules: list[RouteRule] | None = None


class GatewayRoute(Wire):
    """`gateway.networking.k8s.io` HTTPRoute and its siblings."""

    metadata: Metadata
    spec: GatewayRouteSpec | None = None


class Listener(Wire):
    """`spec.listeners[]` of a Gateway."""

    name: str | None = None
    protocol: str | None = None


class GatewaySpec(Wire):
    """`spec` of a Gateway."""

    listeners: list[Listener] | None = None


class Gateway(Wire):
    """`gateway.networking.k8s.io Gateway`."""

    metadata: Metadata
    spec: GatewaySpec | None = None


class RouteTarget(Wire):
    """`spec.to` of an OpenShift Route."""

    name: str
    kind: str | None = None


class RoutePort(Wire):
    """`spec.port` of an OpenShift Route."""

    target_port: int | str | None = None


class RouteTls(Wire):
    """`spec.tls` of an OpenShift Route."""

    termination: str | None = None


class OpenShiftRouteSpec(Wire):
    """`spec` of an OpenShift Route."""

    host: str | None = None
    to: RouteTarget | None = None
    alternate_backends: list[RouteTarget] | None = None
    port: RoutePort | None = None
    tls: RouteTls | None = None


class OpenShiftRoute(Wire):
    """`route.openshift.io/v1 Route`."""

    metadata: Metadata
    spec: OpenShiftRouteSpec | None = None
