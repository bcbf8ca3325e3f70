"""Which release of Kong's controller reads its objects, where that decides.

Source: changelog of the controller: `konghq.com/protocols` goes after `force-ssl-redirect` since 2.10, a KongIngress says nothing of routes and
services since 3.0, `konghq.com/tls-verify` came with 3.4, and routes of the Gateway API take the protocols of their listeners since 3.4.14
and 3.5.7.
"""

from app.evaluate.edges.relays import Controller, pods_of_controller
from app.evaluate.edges.releases import Release, are_before, releases_of
from app.evaluate.edges.world import World
from app.model.encryption import Known

_IMAGE = "kubernetes-ingress-controller"
_ALONE = {"app.kubernetes.io/name": "controller", "app.kubernetes.io/component": "app"}
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
    pods = (*pods_of_controller(world, Controller.KONG), *world.selected(None, _ALONE))
    return releases_of(world, pods, _IMAGE)


def _not(known: Known) -> Known:
    return {Known.YES: Known.NO, Known.NO: Known.YES}.get(known, Known.UNKNOWN)
