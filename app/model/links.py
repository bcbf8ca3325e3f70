"""Encryption between nodes: what the link under two pods does, and the interface that detection implements for each system."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol as Interface

from app.model.encryption import EvidenceStrength, Key, System
from app.model.identity import ObjectRef
from app.model.platform import Sign


class LinkState(StrEnum):
    """What the link between two nodes does with traffic between two pods, strongest first."""

    STRICT = "strict"  # encrypted, and dropped where it cannot be
    BEST_EFFORT = "best-effort"  # encrypted now, in clear where it cannot be
    ATTESTED = "attested"  # the provider says so
    UNKNOWN = "unknown"
    CLEAR = "clear"

    @property
    def rank(self) -> int:
        """0 is strongest."""
        return _STATES[self]


_STATES = {item: at for at, item in enumerate(LinkState)}


@dataclass(frozen=True, slots=True)
class Link:
    """One pair of link ends, and why."""

    state: LinkState
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...] = ()
    weak: tuple[str, ...] = ()


class Links(System, Interface):
    """Node-to-node encryption of one system (WireGuard, IPsec). It carries every IP protocol, and nothing within a node.

    Ends are the classes of pods that it can tell apart: by node, host network, address family, and its own endpoint status.
    """

    def end(self, pod: ObjectRef) -> Key:
        """The class of a pod."""
        ...

    def link(self, source: Key, destination: Key) -> Link:
        """The link between pods of two classes on different nodes."""
        ...
