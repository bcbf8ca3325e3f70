"""Everything about a pod that Istio's answers depend on. Pods with equal sides are one class to the mesh."""

from dataclasses import dataclass

from app.detect.meshes.istio.capture import EVERYTHING, Capture
from app.detect.meshes.istio.membership import Kind
from app.detect.meshes.istio.posture import UNSAID, Listener
from app.detect.meshes.istio.service_entries import Entry
from app.detect.meshes.istio.sidecar_scopes import Scope
from app.detect.served import Front, Served
from app.model.encryption import EvidenceStrength, Known
from app.model.platform import Sign


@dataclass(frozen=True, slots=True)
class Side:
    """One class of pods.

    Attributes:
        kind: what they are.
        strength: how that is known, and everything else that holds for the pods alone.
        revision: whose settings they obey.
        doubt: why their part in the mesh is not known, as a clause; empty when it is.
        capture: what a sidecar sees.
        speaks_mtls: label `security.istio.io/tlsMode` is `istio`: clients believe that a sidecar ends mutual TLS here.
        tunnel_in: the pod takes HBONE although it has a sidecar.
        tunnel_out: whether its proxy opens HBONE tunnels to ambient pods.
        bypass: ambient: its inbound traffic is not captured.
        listener: what its ports do with plain text.
        fronts: Service ports by container port, sorted.
        named: Service ports that a DestinationRule, a ServiceEntry or a Sidecar object can tell apart, sorted.
        entered: ports of ServiceEntries that lead to the pod, sorted.
        unready: Services in front of it through which no client uses mutual TLS by itself, by namespace and name, and why.
        off: the object that turns mutual TLS off for its namespace; None where none does.
        labels: the pod's labels that subsets and workloadSelectors name.
        client_namespace: its namespace, where clients of a namespace have rules of their own.
        scope: the Sidecar object that narrows what its proxy knows.
        filtered: an EnvoyFilter holds for it and may change anything.
        bytes_only: container ports at which its proxy sees no requests.
        guarded: numbers of the authorisation policies that hold for it, in order.
        caller: class of its identity and addresses, as authorisation policies can tell it.
    """

    kind: Kind
    strength: EvidenceStrength = EvidenceStrength.OBSERVED
    revision: str = ""
    doubt: str = ""
    capture: Capture = EVERYTHING
    speaks_mtls: bool = False
    tunnel_in: bool = False
    tunnel_out: Known = Known.NO
    bypass: bool = False
    listener: Listener = UNSAID
    fronts: tuple[Front, ...] = ()
    fronts_known: Known = Known.YES
    named: tuple[Served, ...] = ()
    entered: tuple[Entry, ...] = ()
    unready: tuple[tuple[tuple[str, str], str], ...] = ()
    off: Sign | None = None
    labels: tuple[tuple[str, str], ...] = ()
    client_namespace: str = ""
    scope: Scope | None = None
    filtered: bool = False
    bytes_only: tuple[int, ...] = ()
    guarded: tuple[int, ...] = ()
    waypoint: tuple[int, ...] | None = None
    caller: int = -1

    def service_ports(self, port: int) -> tuple[int, ...]:
        """Service ports in front of a container port."""
        return next((ports for number, ports in self.fronts if number == port), ())

    def entries(self, port: int) -> tuple[Served, ...]:
        """Named Service ports in front of a container port."""
        return tuple(item for item in self.named if item.target == port)

    def ways(self, port: int, client: "Side") -> tuple[Entry, ...]:
        """ServiceEntries that a client knows and that lead to a container port."""
        return tuple(
            item
            for item in self.entered
            if item.served.target == port and item.seen_from(client.client_namespace, client.revision)
        )

    def unready_through(self, port: Served) -> str:
        """Why no client uses mutual TLS by itself through a Service; empty where it may."""
        return dict(self.unready).get((port.namespace, port.service), "")


OUTSIDE = Side(Kind.OUTSIDE)
