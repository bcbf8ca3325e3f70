"""Do policies let traffic through: from outside to a pod, or from outside over a relay to a pod."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.evaluate.checks.common.addresses import PUBLIC, overlap
from app.evaluate.doubts import OUTWARD
from app.evaluate.edges.world import PodPort, World
from app.model.encryption import Known
from app.model.platform import Enforcement
from app.model.policy import AddressRange
from app.model.reachability import ExternalRange
from app.model.snapshot import GapReason

Answer = tuple[Known, str]


@dataclass(frozen=True)
class Admission:
    """Answers of the engine, made cautious: a denial counts only where enforcement is proven and policies were read."""

    world: World

    @cached_property
    def doubt(self) -> str:
        """Why no denial counts; empty when it does."""
        platform = self.world.platform
        if platform.enforcement is not Enforcement.ENFORCED:
            return f"enforcement is {platform.enforcement.value}: {platform.reason}"
        for gap in self.world.snapshot.gaps:
            if gap.group_kind in OUTWARD:
                continue  # they only take away
            policy = gap.group_kind.kind.endswith("NetworkPolicy") or not gap.group_kind.kind
            if policy or gap.reason is GapReason.UNKNOWN_KIND:
                return gap.message.rstrip(".")
        return ""

    def straight(self, to: PodPort, sources: Sequence[AddressRange], *, internal: bool, snat: bool) -> Answer:
        """From outside to a pod.

        Args:
            to: the container port.
            sources: who the load balancer admits; empty means anyone.
            internal: only addresses of the cloud network are outside.
            snat: a node may stand in as the source (`externalTrafficPolicy: Cluster`).
        """
        if to.workload in self.world.host_network:
            return Known.YES, "it uses its node's network, where no policy selects it"
        if not to.port:
            return Known.UNKNOWN, "the Service names a port that the pod does not have"
        for atom in self._atoms(tuple(sources), internal=internal):
            if self._allows(atom.id, to):
                return Known.YES, f"its policies admit {atom.id}"
        says = self._none_of(to, sources, internal=internal)
        if snat:
            return (
                Known.UNKNOWN,
                f"{says}; but a node may stand in as the source, and traffic from a pod's own node cannot be refused",
            )
        return self._denied(says)

    def _none_of(self, to: PodPort, sources: Sequence[AddressRange], *, internal: bool) -> str:
        """Which addresses are not admitted; where public ones were asked for, which others are."""
        if sources:
            return "its policies admit no address that its balancer admits"
        if internal:
            return "its policies admit no address outside"
        others = [atom for atom in self.world.reachability.externals if self._allows(atom.id, to)]
        beside = f", and {others[0].id} beside, which is not" if others else ""
        return f"its policies admit no public address{beside}"

    def relayed(self, relays: Sequence[str], to: PodPort) -> Answer:
        """From relays to a pod; whoever reaches one of them reaches what it reaches."""
        if to.workload in self.world.host_network:
            return Known.YES, "it uses its node's network, where no policy selects it"
        if not to.port:
            return Known.UNKNOWN, "the Service names a port that the pod does not have"
        if not relays:
            return Known.UNKNOWN, "which workload relays the traffic is not known"
        for relay in relays:
            if relay == to.workload or self._allows(relay, to):
                return Known.YES, f"policies let {relay} open it"
        return self._denied(f"policies let no relay open it ({', '.join(relays)})")

    def _allows(self, source: str, to: PodPort) -> bool:
        return self.world.reachability.between(source, to.workload).allows(to.protocol, to.port)

    def _denied(self, why: str) -> Answer:
        if self.doubt:
            return Known.UNKNOWN, f"{why}, but {self.doubt}"
        return Known.NO, why

    def _atoms(self, sources: tuple[AddressRange, ...], *, internal: bool) -> tuple[ExternalRange, ...]:
        """Address atoms that count as outside: those admitted by the balancer, else public ones, else all of them."""
        found = self.world.reachability.externals
        wanted = sources or (() if internal else PUBLIC)
        if not wanted:
            return tuple(found)
        return tuple(atom for atom in found if any(overlap(atom.range, item) for item in wanted))
