"""`toServices` → the pods that a service selects, or outside addresses where it selects none.

Source: Cilium `pkg/policy/k8s/service.go` (serviceRefMatches, serviceSelectorMatches, processRule): a namespace that is not
given is any namespace; a service without selector stands for the addresses of its EndpointSlices, which are compared as
CIDRs are.
"""

from collections.abc import Iterator, Sequence

from app.collect.policies.api import Context
from app.collect.policies.cilium.labels import plain_selector
from app.collect.policies.cilium.parts import PeerPart, outside
from app.collect.policies.cilium.referents import NamedService, cidrs_match
from app.collect.wire import cilium as wire
from app.model.policy import EVERYTHING, LabelSelector, Operator, Requirement, SelectorPeer
from app.model.scope import selects


def service_parts(
    peers: Sequence[wire.ServicePeer], path: str, context: Context, unclear: list[str]
) -> Iterator[PeerPart]:
    """What the services of one rule stand for."""
    for index, peer in enumerate(peers):
        where = f"{path}[{index}]"
        if peer.k8s_service_selector is not None:
            yield from _by_labels(peer.k8s_service_selector, where, context, unclear)
        elif peer.k8s_service is not None:
            yield from _by_name(peer.k8s_service, where, context)
        else:
            unclear.append(f"{where}: it names neither k8sService nor k8sServiceSelector")


def _by_labels(
    wanted: wire.ServiceSelector, where: str, context: Context, unclear: list[str]
) -> Iterator[PeerPart]:
    labels = plain_selector(wanted.selector, f"{where}.k8sServiceSelector", unclear)
    for service in context.each(NamedService):
        if wanted.namespace in ("", service.ref.namespace) and selects(labels, service.labels):
            yield _part(service, where, context)


def _by_name(wanted: wire.ServiceName, where: str, context: Context) -> Iterator[PeerPart]:
    """One that is not there stands for no one, but from files it may only not have been given."""
    found = [
        service
        for service in context.each(NamedService)
        if service.ref.name == wanted.service_name and wanted.namespace in ("", service.ref.namespace)
    ]
    if found:
        yield from (_part(service, where, context) for service in found)
        return
    text = f"Service {wanted.namespace or '(any namespace)'}/{wanted.service_name}"
    anywhere = (SelectorPeer(EVERYTHING), outside(text))
    yield PeerPart(where, anywhere, (f"only what {text} stands for, which was not read",))


def _part(service: NamedService, where: str, context: Context) -> PeerPart:
    if service.selector is None:
        condition = f"only the addresses of {service.ref}, which has no selector"
        pods = (SelectorPeer(EVERYTHING),) if cidrs_match("pods", context) else ()
        return PeerPart(where, (outside(str(service.ref)), *pods), (condition,))
    required = (Requirement(key, Operator.IN, (value,)) for key, value in sorted(service.selector.items()))
    return PeerPart(where, (SelectorPeer(LabelSelector(tuple(required)), service.ref.namespace),))
