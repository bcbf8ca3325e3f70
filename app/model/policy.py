"""Network policies in normal form: every default of the API made explicit, every selector one list of requirements."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from app.model.connections import PortSet, Protocol
from app.model.identity import ObjectRef


class Direction(StrEnum):
    """`policyTypes`, as seen from the selected pod."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


class Operator(StrEnum):
    """`LabelSelectorRequirement.operator`. NotIn and DoesNotExist match when the key is missing."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """One condition on one label; `values` sorted, empty for Exists and DoesNotExist."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class LabelSelector:
    """All requirements must hold; none means everything. `matchLabels` entries are `In` with one value."""

    requirements: tuple[Requirement, ...] = ()

    def __str__(self) -> str:
        """Write it as kubectl does: `app=web,tier in (a,b),!canary`; `everything` when empty."""
        return ",".join(_requirement_text(item) for item in self.requirements) or "everything"


EVERYTHING = LabelSelector()


def _requirement_text(item: Requirement) -> str:
    match item.operator:
        case Operator.EXISTS:
            return item.key
        case Operator.DOES_NOT_EXIST:
            return f"!{item.key}"
        case Operator.IN if len(item.values) == 1:
            return f"{item.key}={item.values[0]}"
        case Operator.IN:
            return f"{item.key} in ({','.join(item.values)})"
        case Operator.NOT_IN:
            return f"{item.key} notin ({','.join(item.values)})"


@dataclass(frozen=True, slots=True, order=True)
class AddressRange:
    """Closed range of addresses of one family, as integers. `version` is 4 or 6."""

    version: Literal[4, 6]
    first: int
    last: int


@dataclass(frozen=True, slots=True, order=True)
class PodPeer:
    """Pods by label. `namespace_selector` None means the policy's own namespace (API field absent)."""

    namespace_selector: LabelSelector | None
    pod_selector: LabelSelector


@dataclass(frozen=True, slots=True, order=True)
class AddressPeer:
    """`ipBlock`: a CIDR with `except` taken out; ranges sorted and disjoint. `text` is as the object writes it."""

    ranges: tuple[AddressRange, ...]
    text: str


Peer = PodPeer | AddressPeer


@dataclass(frozen=True, slots=True, order=True)
class PortRange:
    """Numeric ports of one protocol; `all` ports of it when the object names no port."""

    protocol: Protocol
    ports: PortSet


@dataclass(frozen=True, slots=True, order=True)
class NamedPort:
    """A port name; resolves on the destination pod by (name, protocol), and may resolve to nothing."""

    protocol: Protocol
    name: str


PolicyPort = PortRange | NamedPort


@dataclass(frozen=True, slots=True)
class Rule:
    """One item of `ingress` or `egress`.

    Attributes:
        path: where it stands in the object, for example `spec.ingress[0]`.
        peers: None means any peer, addresses outside the cluster included (`from`/`to` empty or missing).
        ports: None means every port of every protocol (`ports` empty or missing).
    """

    path: str
    peers: tuple[Peer, ...] | None
    ports: tuple[PolicyPort, ...] | None


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """`networking.k8s.io/v1 NetworkPolicy` with defaults applied.

    `directions` is `policyTypes` after defaulting: Ingress always when absent, Egress only if the object has egress rules
    (pkg/apis/networking/v1/defaults.go). A section whose direction is not listed is ignored and dropped here.
    """

    ref: ObjectRef
    pod_selector: LabelSelector
    directions: frozenset[Direction]
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]
    digest: str = ""

    @property
    def namespace(self) -> str:
        """Namespace whose pods it can select."""
        return self.ref.namespace

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """Rules of one direction; empty when it isolates without allowing, or does not apply."""
        return self.ingress if direction is Direction.INGRESS else self.egress
