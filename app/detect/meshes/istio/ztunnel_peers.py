"""PeerAuthentication as ztunnel gets it: turned into policies that deny whoever has no identity.

The control plane attaches to a pod a fixed strict policy, a policy made of one workload's port levels, both or neither.
That differs from what a sidecar does: DISABLE is merely not strict, exceptions below a strict parent count only where one
of them says PERMISSIVE, and some combinations name a policy that is never made, so that nothing is refused. What is modelled
is what ztunnel receives, not what the object's author meant. Source: Istio, `pilot/pkg/serviceregistry/ambient`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.detect.meshes.istio.peer_authentication import Levels, PeerAuthentication, PeerAuthentications
from app.detect.meshes.istio.posture import Listener, Mode, Posture
from app.model.encryption import Level
from app.model.platform import Sign


@dataclass(frozen=True, slots=True)
class Converted:
    """The policy made of one object's port levels: it refuses those without identity.

    Attributes:
        strict: ports that refuse them, each on its own.
        elsewhere: all ports but `exempt` refuse them.
        exempt: ports that let them in.
    """

    strict: frozenset[int] = frozenset()
    elsewhere: bool = False
    exempt: frozenset[int] = frozenset()


def listener(peers: PeerAuthentications, root: str, asked: Levels, revision: str = "") -> Listener:
    """What a pod behind ztunnel refuses; a mode that cannot be read leaves the whole pod unknown.

    Args:
        peers: every object.
        root: name of the root namespace.
        asked: those that decide about the pod behind a sidecar. For ztunnel an object of another namespace than the pod's
            with a selector holds for nobody, even where the selector is empty.
        revision: of the control plane.
    """
    levels = replace(asked, mesh=asked.mesh if asked.rooted else peers.without_selector(root, revision))
    involved = [level for level in (levels.mesh, levels.namespace, levels.workload) if level]
    for item in involved:
        if Mode.UNREADABLE in (item.mode, *item.ports.values()):
            return Listener(Posture(Mode.UNREADABLE, (_unreadable(item),)))
    strict, attached = _attached(levels)
    resolved = levels.resolved()
    signs, level = resolved.signs, resolved.level
    policy = levels.workload
    if policy is None or not attached:
        return Listener(Posture(_mode(refuses=strict), signs, level))
    made = converted(
        policy,
        peers.without_selector(policy.namespace, revision),
        peers.without_selector(root, revision),
        root,
    )
    found = made or Converted()
    default = Posture(_mode(refuses=strict or found.elsewhere), signs, level)
    return Listener(default, tuple(_differing(policy, found, default, strict)))


def converted(
    policy: PeerAuthentication,
    namespace: PeerAuthentication | None,
    mesh: PeerAuthentication | None,
    root: str,
) -> Converted | None:
    """The policy that is made of an object with port levels; None where none is made.

    Args:
        policy: the object.
        namespace: the oldest object of its namespace without a selector.
        mesh: the oldest of the root namespace without one.
        root: name of the root namespace.
    """
    if policy.namespace == root or not policy.selecting or not policy.ports:
        return None
    own, above = policy.mode, _mode_of(namespace)
    root_strict = _mode_of(mesh) is Mode.STRICT
    parent_strict = (root_strict and above in (Mode.UNSET, Mode.STRICT)) or above is Mode.STRICT
    covered = (
        own is Mode.STRICT
        or (own is Mode.UNSET and above is Mode.STRICT)
        or (above is Mode.UNSET and root_strict)  # whatever its own mode says
    )
    heeds_exceptions = not own.loose and not (
        own is Mode.UNSET
        and ((namespace is not None and above is not Mode.STRICT) or (namespace is None and not root_strict))
    )
    strict = frozenset(port for port, mode in policy.ports.items() if mode is Mode.STRICT and not covered)
    exempt = frozenset(port for port, mode in policy.ports.items() if mode.loose and heeds_exceptions)
    if not exempt and (own is Mode.STRICT or not strict):
        return None
    elsewhere = bool(exempt) and (own is Mode.STRICT or parent_strict)
    return Converted(strict, elsewhere, exempt)


def _attached(levels: Levels) -> tuple[bool, bool]:
    """Which policies a pod is told to obey: the fixed strict one, and the one made of its workload's port levels."""
    strict = levels.inherited().mode is Mode.STRICT
    policy = levels.workload
    if policy is None:
        return strict, False
    if policy.mode is not Mode.UNSET:
        strict = policy.mode is Mode.STRICT
    modes = set(policy.ports.values())
    if policy.mode is Mode.STRICT:
        excepted = any(mode.loose for mode in modes)
        return strict and not excepted, excepted
    if policy.mode is Mode.UNSET and strict:
        excepted = Mode.PERMISSIVE in modes
        return not excepted, excepted
    return strict, Mode.STRICT in modes


def _differing(
    policy: PeerAuthentication, made: Converted, default: Posture, strict: bool
) -> Iterator[tuple[int, Posture]]:
    for port in sorted(policy.ports):
        refuses = strict or port in made.strict or (made.elsewhere and port not in made.exempt)
        mode = _mode(refuses=refuses)
        if mode is not default.mode:
            yield port, Posture(mode, (policy.sign(port), *default.signs), Level.PORT)


def _mode(*, refuses: bool) -> Mode:
    return Mode.STRICT if refuses else Mode.PERMISSIVE


def _mode_of(policy: PeerAuthentication | None) -> Mode:
    return policy.mode if policy else Mode.UNSET


def _unreadable(policy: PeerAuthentication) -> Sign:
    port = next((port for port, mode in policy.ports.items() if mode is Mode.UNREADABLE), None)
    return policy.sign(port)
