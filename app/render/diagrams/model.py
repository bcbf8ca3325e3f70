"""Values of diagrams: where flows begin and end, what carries them, and what is drawn of that."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.model.connections import Connections
from app.model.edge import Leg, Security
from app.model.encryption import Known, Label


class Transit(StrEnum):
    """What is known of a flow on its way, weakest first; the value is the letter that stands beside it."""

    PLAIN = "P"
    UNTOLD = "?"
    ENCRYPTED = "E"
    AUTHENTICATED = "A"

    @property
    def rank(self) -> int:
        """0 is weakest."""
        return _RANKS[self]


_RANKS = {item: at for at, item in enumerate(Transit)}

TRANSIT_WORDS: Final[dict[Transit, str]] = {
    Transit.AUTHENTICATED: "encrypted, both ends authenticated",
    Transit.ENCRYPTED: "encrypted",
    Transit.PLAIN: "not proven encrypted",
    Transit.UNTOLD: "cannot be told from the cluster",
}

OF_LABEL: Final[dict[Label, Transit]] = {
    Label.MTLS_ENFORCED: Transit.AUTHENTICATED,
    Label.MTLS_OPPORTUNISTIC: Transit.AUTHENTICATED,
    Label.TLS_APP: Transit.ENCRYPTED,
    Label.NODE_TUNNEL_STRICT: Transit.ENCRYPTED,
    Label.NODE_TUNNEL: Transit.ENCRYPTED,
    Label.AUTH_ONLY: Transit.PLAIN,
    Label.PROVIDER_ATTESTED: Transit.UNTOLD,
    Label.PLAINTEXT: Transit.PLAIN,
    Label.UNKNOWN: Transit.UNTOLD,
}
"""Labels that carry traffic. A provider's statement is a person's word, which the cluster does not show."""

LEG_WORDS: Final[dict[Security, str]] = {
    Security.TLS: "TLS",
    Security.REDIRECT: "Plain text, answered by a redirect alone",
    Security.OPTIONAL: "TLS or plain text",
    Security.PLAIN: "Plain text",
    Security.PASSED: "Passed through to the next hop",
    Security.UNKNOWN: "Not known",
}


def of_leg(leg: Leg) -> Transit:
    """What one leg of a way in shows: the worst that it accepts."""
    match leg.security:
        case Security.TLS:
            proven = leg.client_certificate is Known.YES and leg.verified is Known.YES
            return Transit.AUTHENTICATED if proven else Transit.ENCRYPTED
        case Security.PASSED | Security.UNKNOWN:
            return Transit.UNTOLD
        case _:
            return Transit.PLAIN


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a flow begins or ends, from coarse to fine; empty parts mean all of what stands before them.

    Attributes:
        band: index of the band: outside, ways in, then the places of the boundary.
        group: namespace, kind of way in, or range of addresses.
        name: workload id, or the object that opens a way in.
    """

    band: int
    group: str = ""
    name: str = ""

    def at(self, level: int) -> "Place":
        """The same, folded: level 0 is the band, 1 the group, 2 the thing itself."""
        return self if level > 1 else Place(self.band, self.group if level else "")


@dataclass(frozen=True, slots=True)
class Flow:
    """What may flow from one place to another with one kind of protection.

    Attributes:
        ports: union; empty where a port is not known.
        pairs: allowed pairs of workloads (or way in and workload) behind it.
        words: what exactly protects it, in the words of the section on encryption, sorted.
    """

    source: Place
    destination: Place
    transit: Transit
    ports: Connections
    pairs: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """What stands behind a place; `what` is a noun, `touched` holds or handles what the framework protects."""

    what: str
    size: int = 1
    pods: int = 0
    store: bool = False
    touched: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its name, what it stands for, and what flows within it without leaving it."""

    title: str
    meta: str
    within: str = ""
    store: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A zone, the rim or the outside; `rim` puts its lines on the left, `protected` is the most protected part."""

    title: str
    meta: str
    boxes: tuple[Box, ...]
    rim: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A flow between two boxes, which are counted through all bands."""

    source: int
    destination: int
    transit: Transit
    ports: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything that is drawn."""

    id: str
    title: str
    description: str
    bands: tuple[Band, ...]
    lines: tuple[Line, ...]
