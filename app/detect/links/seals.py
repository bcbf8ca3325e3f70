"""Findings about single pods and nodes, sorted into the few classes that a link depends on.

A class remembers one field as evidence and how many places share it, so that a cluster of a thousand equal nodes has one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.detect.pods import place_of
from app.model.encryption import EvidenceStrength, Known, weakest
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Pod
from app.model.links import Link, LinkState
from app.model.platform import Sign

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether traffic between nodes is encrypted at one end, for one address family.

    `says` is a clause that holds for every end alike ("the node has published a key"); it names no single object.
    `strict` ends drop what they cannot encrypt. `sign` is the deciding field, `more` those beside it.
    """

    state: Known
    strength: EvidenceStrength
    says: str
    sign: Sign | None = field(default=None, compare=False)
    strict: bool = False
    weak: tuple[str, ...] = ()
    more: tuple[Sign, ...] = field(default=(), compare=False)


@dataclass(frozen=True, eq=False)
class Seal:
    """Ends with one finding. Compared by identity: there is one for each distinct finding."""

    finding: Finding
    where: str

    @property
    def says(self) -> str:
        """The finding and where it was made."""
        return f"{self.finding.says} ({self.where})" if self.where else self.finding.says

    @property
    def signs(self) -> tuple[Sign, ...]:
        """The fields that show it."""
        return (*((self.finding.sign,) if self.finding.sign else ()), *self.finding.more)


End = tuple[Seal | None, Seal | None]  # IPv4, IPv6; None where the pod has no such address


@dataclass(frozen=True)
class SealedLinks:
    """Links between ends that each were found sealed or not: implements `app.model.links.Links`."""

    id: str
    name: str
    fips: Known
    ends: Mapping[ObjectRef, End] = field(repr=False)
    signs: tuple[Sign, ...] = ()
    cautions: tuple[str, ...] = ()

    def end(self, pod: ObjectRef) -> End:
        """The seals of a pod, by family."""
        return self.ends[pod]

    def link(self, source: End, destination: End) -> Link:
        """The weakest over the families that both have: traffic may use any of them."""
        pairs = [
            (one, other) for one, other in zip(source, destination, strict=True) if one and other
        ] or _crossed(source, destination)
        return max((self._between(*pair) for pair in pairs), key=lambda item: item.state.rank)

    def _between(self, one: Seal, other: Seal) -> Link:
        """Encrypted when both ends are sealed; one end that is not is enough for clear text."""
        both = (one, other)
        for state in (Known.NO, Known.UNKNOWN):
            decisive = next((item for item in both if item.finding.state is state), None)
            if decisive:
                return self._unsealed(decisive)
        strict = all(item.finding.strict for item in both)
        fails = (
            "what it cannot encrypt is dropped" if strict else "in clear to a peer that it cannot encrypt to"
        )
        return Link(
            state=LinkState.STRICT if strict else LinkState.BEST_EFFORT,
            strength=weakest(*(item.finding.strength for item in both)),
            says=f"{self.name} encrypts between their nodes: {one.says}; {fails}",
            signs=tuple(dict.fromkeys((*one.signs, *other.signs))),
            weak=tuple(dict.fromkeys((*one.finding.weak, *other.finding.weak))),
        )

    def _unsealed(self, seal: Seal) -> Link:
        clear = seal.finding.state is Known.NO
        what = (
            "does not encrypt between their nodes" if clear else "may or may not encrypt between their nodes"
        )
        return Link(
            state=LinkState.CLEAR if clear else LinkState.UNKNOWN,
            strength=seal.finding.strength,
            says=f"{self.name} {what}: {seal.says}",
            signs=seal.signs,
        )


def _crossed(source: End, destination: End) -> list[tuple[Seal, Seal]]:
    """Ends without a common family: whatever translates between them, each end's own seals hold."""
    return [(one, other) for one in source if one for other in destination if other]


def ends_of(
    inventory: Inventory, find: Callable[[Pod, int], Finding], place: Callable[[Pod], str]
) -> Mapping[ObjectRef, End]:
    """Classes of all pods.

    Args:
        inventory: the cluster's pods.
        find: the finding about a pod in a family, 4 or 6.
        place: what to name as the place of a finding: the pod's node, or the pod.
    """
    usual = families(inventory)
    found = {
        pod.ref: tuple(
            _witnessed(find(pod, family), pod) if family in _families(pod, usual) else None
            for family in (4, 6)
        )
        for pod in inventory.pods
    }
    places: dict[Finding, dict[str, None]] = {}
    for pod in inventory.pods:
        for finding in found[pod.ref]:
            if finding is not None:
                places.setdefault(finding, {})[place(pod)] = None
    seals = {finding: Seal(finding, _where(names)) for finding, names in places.items()}

    def seal(finding: Finding | None) -> Seal | None:
        return seals[finding] if finding else None

    return {ref: (seal(pair[0]), seal(pair[1])) for ref, pair in found.items()}


def _witnessed(finding: Finding, pod: Pod) -> Finding:
    """What is in clear for want of something is shown by the pod itself: its network, or the node on which it runs."""
    if finding.sign or finding.state is not Known.NO:
        return finding
    field, value = ("hostNetwork", "true") if pod.host_network else ("nodeName", pod.node)
    if not value:
        return finding
    says = "it is on the host network" if pod.host_network else "the node on which it runs"
    path = f"{place_of(pod.ref.kind)}spec.{field}"
    return replace(finding, sign=Sign(pod.ref, path, value, says, pod.digest))


def families(inventory: Inventory) -> frozenset[int]:
    """Address families that this cluster's pods are seen to use; IPv4 where no address is known."""
    texts = [ip for pod in inventory.pods for ip in pod.ips]
    texts += [cidr for node in inventory.nodes for cidr in node.pod_cidrs]
    return frozenset(6 if ":" in text else 4 for text in texts) or frozenset({4})


def _families(pod: Pod, usual: frozenset[int]) -> frozenset[int]:
    return frozenset(6 if ":" in text else 4 for text in pod.ips) or usual


def _where(names: Iterable[str]) -> str:
    known = sorted(name for name in names if name)
    if len(known) > _NAMED:
        return f"{', '.join(known[:_NAMED])} and {len(known) - _NAMED} more"
    return ", ".join(known)
