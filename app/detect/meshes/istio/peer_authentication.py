"""PeerAuthentication: who may still speak plain text to a pod, port by port, as a sidecar resolves it.

Levels are mesh (root namespace, no selector), namespace (no selector), workload (selector, outside the root namespace)
and port. The oldest of a level counts; UNSET inherits; port numbers are container ports. A policy of the root namespace
with a selector holds for no pod, not even there. Source: Istio's API reference and `pilot/pkg/security/authn`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.detect.evidence import Evidence
from app.detect.fields import decimal, dig, mapping, text
from app.detect.meshes.istio.objects import SECURITY, by_age, heeded, match_labels, revision, sign
from app.detect.meshes.istio.posture import Listener, Mode, Posture
from app.detect.served import covers
from app.model.encryption import Level
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

KIND = (SECURITY, "PeerAuthentication")

_BUILT_IN = Posture(Mode.PERMISSIVE)  # what holds where no object says anything


@dataclass(frozen=True)
class PeerAuthentication:
    """One object.

    Attributes:
        selector: labels that a pod must have; None where there is none to match.
        selecting: `spec.selector` is there, even if it names no label.
        ports: mode by container port.
        revision: the one revision that heeds it; empty for all.
    """

    item: SnapshotObject
    selector: Mapping[str, str] | None
    selecting: bool
    mode: Mode
    ports: Mapping[int, Mode]
    revision: str

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.item.ref.namespace

    def sign(self, port: int | None = None) -> Sign:
        """The field that sets a mode."""
        if port is None:
            return sign(self.item, "spec.mtls.mode", self.mode, "mode of the pods that it holds for")
        path = f"spec.portLevelMtls['{port}'].mode"
        return sign(self.item, path, self.ports[port], "mode of this container port")


@dataclass(frozen=True, slots=True)
class Levels:
    """The objects that decide about one pod, one for each level; `rooted` for a pod of the root namespace itself."""

    mesh: PeerAuthentication | None = None
    namespace: PeerAuthentication | None = None
    workload: PeerAuthentication | None = None
    rooted: bool = False

    def inherited(self) -> Posture:
        """What holds above the workload level."""
        return _under(_under(_BUILT_IN, self.mesh, Level.MESH), self.namespace, Level.NAMESPACE)

    def resolved(self) -> Posture:
        """What holds for ports without a mode of their own."""
        return _under(self.inherited(), self.workload, Level.WORKLOAD)


class PeerAuthentications:
    """All PeerAuthentication objects, oldest first."""

    def __init__(self, evidence: Evidence) -> None:
        self.all = tuple(_read(item) for item in by_age(evidence, *KIND))
        self._by_namespace: dict[str, list[PeerAuthentication]] = {}
        self._heeded: dict[tuple[str, str], list[PeerAuthentication]] = {}
        for policy in self.all:
            self._by_namespace.setdefault(policy.namespace, []).append(policy)

    def levels(self, root: str, namespace: str, labels: Labels, revision: str = "") -> Levels:
        """Who decides about a pod of a revision."""
        own = [] if namespace == root else self._of(namespace, revision)
        return Levels(
            mesh=_first(item for item in self._of(root, revision) if item.selector is None),
            namespace=_first(item for item in own if item.selector is None),
            workload=_first(item for item in own if item.selector and covers(item.selector, labels)),
            rooted=namespace == root,
        )

    def without_selector(self, namespace: str, revision: str = "") -> PeerAuthentication | None:
        """The oldest of a namespace that has no selector at all, not even an empty one (as ambient indexes them)."""
        return _first(item for item in self._of(namespace, revision) if not item.selecting)

    def _of(self, namespace: str, revision: str) -> list[PeerAuthentication]:
        key = namespace, revision
        if key not in self._heeded:
            found = self._by_namespace.get(namespace, [])
            self._heeded[key] = [item for item in found if heeded(item.revision, revision)]
        return self._heeded[key]


def listener(levels: Levels) -> Listener:
    """The modes of a pod's ports behind a sidecar."""
    default = levels.resolved()
    if levels.workload is None:
        return Listener(default)
    return Listener(default, tuple(_ports(levels.workload, default)))


def _ports(workload: PeerAuthentication, default: Posture) -> Iterator[tuple[int, Posture]]:
    for port, mode in sorted(workload.ports.items()):
        if mode is not Mode.UNSET:
            yield port, Posture(mode, (workload.sign(port), *default.signs), Level.PORT)


def _under(above: Posture, policy: PeerAuthentication | None, level: Level) -> Posture:
    if policy is None or policy.mode is Mode.UNSET:
        return above
    return Posture(policy.mode, (policy.sign(), *above.signs), level)


def _first(found: Iterable[PeerAuthentication]) -> PeerAuthentication | None:
    return next(iter(found), None)


def _read(item: SnapshotObject) -> PeerAuthentication:
    spec = mapping(item.parsed().get("spec"))
    return PeerAuthentication(
        item=item,
        selector=match_labels(spec.get("selector")),
        selecting=spec.get("selector") is not None,
        mode=_mode(dig(spec, "mtls", "mode")),
        ports={
            number: _mode(dig(said, "mode"))
            for port, said in mapping(spec.get("portLevelMtls")).items()
            if (number := decimal(port)) is not None
        },
        revision=revision(item),
    )


def _mode(value: object) -> Mode:
    if value is None:
        return Mode.UNSET
    word = text(value)
    return Mode(word) if word in set(Mode) - {Mode.UNREADABLE} else Mode.UNREADABLE
