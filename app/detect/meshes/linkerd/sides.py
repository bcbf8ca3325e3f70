"""Everything about a pod that Linkerd's answers depend on, and what each inbound policy does."""

from dataclasses import dataclass

from app.detect.meshes.common.ports import NO_PORT
from app.detect.meshes.linkerd.policies import Server
from app.detect.served import Front
from app.model.connections import PortSet
from app.model.encryption import EvidenceStrength, Known, Level
from app.model.platform import Sign

# policy → whether plain text is accepted
INBOUND = {
    "all-unauthenticated": Known.YES,
    "cluster-unauthenticated": Known.YES,
    "audit": Known.YES,
    "all-authenticated": Known.NO,
    "cluster-authenticated": Known.NO,
    "deny": Known.NO,
}

# Policies that a pod may make ask for an identity at some of its ports. One that only writes down what comes in stays as it is.
_WITH_IDENTITY = {
    "all-unauthenticated": "all-authenticated",
    "cluster-unauthenticated": "cluster-authenticated",
}


@dataclass(frozen=True, slots=True)
class Inbound:
    """A default inbound policy: its word, where that is said as a clause, and the field; see `Accepting` for `own`."""

    policy: str = ""
    source: str = ""
    level: Level = Level.MESH
    signs: tuple[Sign, ...] = ()
    own: str = ""

    @property
    def plain(self) -> Known:
        """Whether a port without a Server accepts plain text; UNKNOWN for a policy that nobody knows."""
        return INBOUND.get(self.policy, Known.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Side:
    """One class of pods.

    Attributes:
        enrolled: whether a proxy is there.
        strength: how that is known.
        control_plane: whose destinations and identities it uses.
        trust_root: digest of its trust anchors, empty when it is not said.
        skips_in: container ports that its proxy does not see; None when they cannot be read.
        skips_out: destination ports that its proxy does not see; None when they cannot be read.
        skips_networks: address blocks whose connections pass its proxy by.
        inbound: what holds for ports without a Server.
        identity_ports: ports that ask for an identity although the policy does not.
        servers: the Server of each port that has one, sorted by port.
        fronts: Service ports by container port.
        caller: class of its identity and addresses.
        probed: ports of HTTP probes, which policies let in without an identity.
    """

    enrolled: Known = Known.NO
    strength: EvidenceStrength = EvidenceStrength.OBSERVED
    control_plane: str = ""
    trust_root: str = ""
    ingress: bool = False
    skips_in: PortSet | None = NO_PORT
    skips_out: PortSet | None = NO_PORT
    skips_networks: str = ""
    inbound: Inbound = Inbound()
    identity_ports: PortSet | None = NO_PORT
    servers: tuple[tuple[int, int], ...] = ()
    fronts: tuple[Front, ...] = ()
    caller: int = -1
    probed: tuple[int, ...] = ()

    def server(self, port: int) -> int | None:
        """Number of the Server of a port; None where there is none."""
        return next((number for at, number in self.servers if at == port), None)

    def asks_for_identity(self, port: int) -> bool:
        """Whether a port without a Server asks for an identity although the pod's policy does not."""
        return (
            bool(self.identity_ports and port in self.identity_ports)
            and self.inbound.policy in _WITH_IDENTITY
        )

    def policy(self, port: int) -> str:
        """The inbound policy of a port without a Server."""
        word = self.inbound.policy
        return _WITH_IDENTITY[word] if self.asks_for_identity(port) else word

    def service_ports(self, port: int) -> tuple[int, ...]:
        """Service ports in front of a container port."""
        return next((ports for at, ports in self.fronts if at == port), ())


OUTSIDE = Side()


def by_access(server: Server) -> Known:
    """Whether plain text is accepted of those whom no authorisation of a Server lets in."""
    return INBOUND.get(server.access, Known.UNKNOWN)
