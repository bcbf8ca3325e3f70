"""Which release of Kong's controller reads its objects, where that decides.

Source: changelog of the controller: `konghq.com/protocols` goes after `force-ssl-redirect` since 2.10, a KongIngress says nothing of routes and
services since 3.0, `konghq.com/tls-verify` and BackendTLSPolicy came with 3.4, the latter behind the feature gate `GatewayAlpha`, which is off by default; and
routes of the Gateway API take the protocols of their listeners since 3.4.14 and 3.5.7.
"""

from collections.abc import Mapping
from typing import Any

from app.evaluate.edges.arguments import arguments, base
from app.evaluate.edges.relays import Controller, pods_of_controller
from app.evaluate.edges.releases import Release, are_before, containers_of, releases_of
from app.evaluate.edges.world import World, objects
from app.model.encryption import Known
from app.model.fields import text
from app.model.inventory import Pod

_IMAGE = "kubernetes-ingress-controller"
_ALONE = {"app.kubernetes.io/name": "controller", "app.kubernetes.io/component": "app"}
_GATE, _GATES, _VARIABLE = "GatewayAlpha", "feature-gates", "CONTROLLER_FEATURE_GATES"
_PROTOCOLS_LAST, _WITHOUT_KONG_INGRESS, _VERIFIES = (2, 10), (3, 0), (3, 4)
_BY_LISTENER = {(3, 4): 14, (3, 5): 7}


def protocols_decide(world: World) -> Known:
    """`konghq.com/protocols` replaces what `force-ssl-redirect` asks for."""
    return _not(are_before(_releases(world), _PROTOCOLS_LAST))


def reads_kong_ingress(world: World) -> Known:
    """A KongIngress counts for routes and services."""
    return are_before(_releases(world), _WITHOUT_KONG_INGRESS)


def verifies(world: World) -> Known:
    """`konghq.com/tls-verify` counts."""
    return _not(are_before(_releases(world), _VERIFIES))


def reads_backend_policies(world: World) -> Known:
    """A BackendTLSPolicy counts: the release knows it, and the gate is on."""
    return world.once("whether Kong reads BackendTLSPolicy", _reads_policies)


def routes_by_listener(world: World) -> Known:
    """A route of the Gateway API takes only the protocols of the listeners that it is attached to."""
    answers = {_by_listener(release) for release in _releases(world)}
    return answers.pop() if len(answers) == 1 else Known.UNKNOWN


def _by_listener(release: Release | None) -> Known:
    if release is None:
        return Known.UNKNOWN
    minor = (release[0], release[1])
    if minor not in _BY_LISTENER:
        return Known.YES if minor > max(_BY_LISTENER) else Known.NO
    if len(release) < len(("major", "minor", "patch")):
        return Known.UNKNOWN
    return Known.YES if release[2] >= _BY_LISTENER[minor] else Known.NO


def _releases(world: World) -> frozenset[Release | None]:
    return world.once("releases of Kong", _found)


def _found(world: World) -> frozenset[Release | None]:
    return releases_of(world, _pods(world), _IMAGE)


def _pods(world: World) -> tuple[Pod, ...]:
    return (*pods_of_controller(world, Controller.KONG), *world.selected(None, _ALONE))


def _reads_policies(world: World) -> Known:
    if are_before(_releases(world), _VERIFIES) is Known.YES:
        return Known.NO
    containers = [item for pod in _pods(world) for item in containers_of(world, pod) if _is_controller(item)]
    gates = {_gate(item) for item in containers}
    if gates == {Known.NO} and None not in _releases(world):
        return Known.NO
    return Known.YES if gates == {Known.YES} and verifies(world) is Known.YES else Known.UNKNOWN


def _is_controller(container: Mapping[str, Any]) -> bool:
    image = text(container.get("image")).partition("@")[0]
    return _IMAGE in base(image).partition(":")[0]


def _gate(container: Mapping[str, Any]) -> Known:
    """A flag goes before a variable; values of variables are not stored, and those of `envFrom` are written elsewhere."""
    if flag := arguments(container).get(_GATES):
        gates = dict(part.strip().partition("=")[::2] for part in flag.value.split(","))
        return Known.YES if gates.get(_GATE, "").lower() == "true" else Known.NO
    named = {text(entry.get("name")) for entry in objects(container.get("env"))}
    return Known.UNKNOWN if _VARIABLE in named or objects(container.get("envFrom")) else Known.NO


def _not(known: Known) -> Known:
    return {Known.YES: Known.NO, Known.NO: Known.YES}.get(known, Known.UNKNOWN)
