"""What a client's proxy sends to a server's port, and why; one function for each rule, the first that speaks decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.detect.meshes.istio.destination_rules import DestinationRule, Tls, Told
from app.detect.meshes.istio.ending import cannot_end, not_begun
from app.detect.meshes.istio.hosts import host_of
from app.detect.meshes.istio.membership import Kind
from app.detect.meshes.istio.mesh_config import MeshConfig, MeshConfigs
from app.detect.meshes.istio.posture import Mode
from app.detect.meshes.istio.routes import Routes
from app.detect.meshes.istio.rule_lookup import DestinationRules
from app.detect.meshes.istio.service_entries import Entry
from app.detect.meshes.istio.services import Services
from app.detect.meshes.istio.sides import Side
from app.detect.served import Served
from app.model.encryption import ClientTls, EvidenceStrength, Known, Sending, weakest
from app.model.platform import Sign

_WEAKEST = (
    ClientTls.PLAIN,
    ClientTls.UNKNOWN,
    ClientTls.AUTHENTICATED,
    ClientTls.APP_TLS,
    ClientTls.MESH_MTLS,
)


@dataclass(frozen=True)
class Client:
    """How clients send.

    Attributes:
        configs: settings by revision.
        rules: DestinationRules.
        routes: VirtualServices.
        services: Services.
        foreign: the ServiceEntry that speaks for a host.
        doubt: why DestinationRules or ServiceEntries are not all known; empty when they are.
        scope_doubt: why Sidecar objects are not all known; empty when they are.
    """

    configs: MeshConfigs
    rules: DestinationRules
    routes: Routes
    services: Services
    foreign: Mapping[str, Sign]
    doubt: str
    scope_doubt: str = ""

    def sends(self, client: Side, server: Side, port: int) -> Sending:
        """What pods of one class send to a container port of pods of another."""
        match client.kind:
            case Kind.AMBIENT:
                return self._from_ztunnel(client, server)
            case Kind.UNCERTAIN | Kind.PROXYLESS:
                return _unknown(client, server, client.doubt or "what the client's side sends cannot be told")
            case Kind.WAYPOINT if server.kind is Kind.AMBIENT and not server.bypass:
                return _mtls(client, server, "the waypoint opens an HBONE tunnel (mutual TLS)")
            case Kind.OUTSIDE:
                return _plain(client, server, "the client has no proxy of the mesh")
            case _:
                return self._from_envoy(client, server, port)

    def _from_ztunnel(self, client: Side, server: Side) -> Sending:
        if server.kind is Kind.UNCERTAIN:
            return _unknown(client, server, server.doubt)
        if server.kind is Kind.AMBIENT and server.bypass:
            return _plain(client, server, "the server's inbound traffic bypasses ztunnel")
        if server.kind in (Kind.AMBIENT, Kind.WAYPOINT) or (server.kind is Kind.SIDECAR and server.tunnel_in):
            return _mtls(client, server, "the client's ztunnel opens an HBONE tunnel (mutual TLS)")
        says = "the server is not in ambient mode and takes no HBONE, so ztunnel sends it plain text"
        return _plain(client, server, says)

    def _from_envoy(self, client: Side, server: Side, port: int) -> Sending:
        if why := next(self._unknowns(client, server), ""):
            return _unknown(client, server, why)
        ways = [item for item in server.ways(port, client) if _known(client, item.served)]
        fronts = (*server.service_ports(port), *(item.served.port for item in ways))
        if not fronts:
            return self._passed_through(client, server, "no Service stands in front of this port")
        left_out = any(number not in client.capture.outbound for number in fronts)
        if left_out or client.capture.addresses is Known.NO:
            says = f"the client's sidecar does not see this connection ({client.capture.says})"
            return _plain(client, server, says)
        if client.capture.addresses is Known.UNKNOWN:
            says = f"only some destination addresses pass the client's sidecar ({client.capture.says})"
            return _unknown(client, server, says)
        sent = [self._by_entry(client, server, port, item) for item in ways]
        if server.service_ports(port):
            sent.append(self._through_service(client, server, port))
        return _weakest(*sent)

    def _by_entry(self, client: Side, server: Side, port: int, way: Entry) -> Sending:
        """What is sent to a host of a ServiceEntry: by its DestinationRule, else by what the entry says of itself."""
        told = self._told(client, server, way.served)
        if isinstance(told, str):
            return _unknown(client, server, told, way.sign)
        explicit = [self._explicit(client, server, port, item) for item in told if item]
        unsaid = [self._by_itself(client, server, port, way)] if None in told else []
        return _weakest(*explicit, *unsaid)

    def _by_itself(self, client: Side, server: Side, port: int, way: Entry) -> Sending:
        if way.doubt:
            return _unknown(
                client, server, f"{way.doubt}, and what clients send there cannot be told", way.sign
            )
        if not way.automatic:
            says = f"{way.sign.ref} names it as {way.served.host}, to which proxies use no mutual TLS by themselves"
            return _plain(client, server, says, way.sign)
        return self._automatic(client, server, port)

    def _unknowns(self, client: Side, server: Side) -> Iterator[str]:
        """What would have to be known to tell anything about a client with an Envoy."""
        if client.capture.doubt:
            yield client.capture.doubt
        if server.kind is Kind.UNCERTAIN:
            yield server.doubt
        unread = "" if server.fronts_known is Known.YES else "not all Services were read"
        if why := self.doubt or self.scope_doubt or unread:
            yield f"how clients call this port cannot be told: {why}"

    def _through_service(self, client: Side, server: Side, port: int) -> Sending:
        """What is sent through Services: by what is told for each that can be told apart, by itself for the others."""
        entries = server.entries(port)
        if hidden := next(filter(None, (self._hidden(client, item) for item in entries)), None):
            says, sign, passes = hidden
            return self._passed_through(client, server, says, sign, passes)
        sent: list[Sending] = []
        for entry in entries:
            told = self._told(client, server, entry)
            if isinstance(told, str):
                return _unknown(client, server, told)
            for item in told:
                itself = self._automatic(client, server, port, entry)
                sent.append(self._explicit(client, server, port, item) if item else itself)
        return _weakest(*sent) if sent else self._automatic(client, server, port)

    def _hidden(self, client: Side, entry: Served) -> tuple[str, Sign, Known | None] | None:
        """Why a client's proxy does not know a Service, and what becomes of calls to it; None where it does."""
        if client.scope and not _known(client, entry):
            says = f"{client.scope.sign.ref} leaves {host_of(entry)} out of what the client's proxy knows"
            return says, client.scope.sign, client.scope.passes_through
        if found := self.services.hidden(entry, client.client_namespace):
            says = f"{host_of(entry)} is not known to proxies of the client's namespace ({found.sign.ref})"
            return says, found.sign, client.scope.passes_through if client.scope else None
        return None

    def _told(self, client: Side, server: Side, entry: Served) -> tuple[Told | None, ...] | str:
        """TLS that a client may be told to use; a clause where that cannot be told."""
        host, config = host_of(entry), self.configs.of(client.revision)
        if not entry.host and host in self.foreign:
            return f"{self.foreign[host].ref} speaks for {host} beside the Service, and which of the two holds is not worked out"
        told = self._ruled(client, server, entry, config.root)
        if isinstance(told, str) or None not in told:
            return told
        if why := self.services.policies_doubt:
            return f"whether a BackendTLSPolicy makes proxies start TLS of their own to {host}: {why}"
        if policy := self.services.started(entry):
            return (
                f"{policy.ref} may make proxies start TLS of their own to {host}, as newer control planes do"
            )
        return told

    def _ruled(self, client: Side, server: Side, entry: Served, root: str) -> tuple[Told | None, ...] | str:
        """What DestinationRules say, for each subset that requests may be sent to."""
        host = host_of(entry)
        rule = self.rules.lookup(
            client.client_namespace, dict(client.labels), host, entry.namespace, root, client.revision
        )
        if rule is None:
            return (None,)
        told = self._by_rule(rule, client, server, entry)
        if rule.perhaps and told != (None,):
            return (
                f"whether {rule.item.ref} holds for clients that the rule with a workloadSelector beside it leaves out depends on the "
                "release of the control plane"
            )
        return told

    def _by_rule(
        self, rule: DestinationRule, client: Side, server: Side, entry: Served
    ) -> tuple[Told | None, ...] | str:
        host, labels = host_of(entry), dict(server.labels)
        if why := self.routes.doubt:
            possible = rule.told(entry.port, labels, rule.named)
            return (
                possible if len(set(possible)) == 1 else f"which subset of {host} requests are sent to: {why}"
            )
        gateway = client.kind is Kind.GATEWAY
        chosen = self.routes.subsets(
            host, entry, client.client_namespace, gateway=gateway, revision=client.revision
        )
        return rule.told(entry.port, labels, chosen) or (None,)

    def _explicit(self, client: Side, server: Side, port: int, told: Told) -> Sending:
        rule = told.sign.ref
        match told.tls:
            case Tls.DISABLE | Tls.ISTIO_MUTUAL if tunnelled := _tunnelled(client, server):
                return tunnelled
            case Tls.DISABLE:
                says = f"{rule} turns TLS off for this host"
                if told.left_over:
                    says = f"{rule} takes its TLS away at this port, and leaves no mutual TLS in its place"
                return _plain(client, server, says, told.sign)
            case Tls.ISTIO_MUTUAL:
                if why := cannot_end(server, port):
                    return _unknown(client, server, f"{rule} asks for mutual TLS, but {why}", told.sign)
                return _mtls(client, server, f"{rule} asks for the mesh's mutual TLS", told.sign)
            case Tls.UNREADABLE:
                return _unknown(client, server, f"{rule}, {told.sign.field}, is not understood", told.sign)
            case Tls.SIMPLE | Tls.MUTUAL:
                return _own_tls(client, server, port, told)

    def _automatic(self, client: Side, server: Side, port: int, through: Served | None = None) -> Sending:
        """What is sent where no rule says anything; `through` a Service where it can be told apart."""
        config = self.configs.of(client.revision)
        if config.doubt:
            return _unknown(client, server, f"whether clients use mutual TLS cannot be told: {config.doubt}")
        if config.auto_mtls is Known.UNKNOWN:
            return _unknown(
                client, server, "enableAutoMtls has a value that is not understood", *config.signs
            )
        if tunnelled := _tunnelled(client, server):
            return tunnelled
        if config.auto_mtls is Known.NO:
            says = "enableAutoMtls is false and no DestinationRule asks for mutual TLS"
            return _plain(client, server, says, *config.signs)
        if why := not_begun(server, port, through):
            return _plain(client, server, why, *filter(None, (server.off,)))
        return _mtls(
            client,
            server,
            "both ends have a sidecar, and clients use mutual TLS by themselves",
            config=config,
        )

    def _passed_through(
        self, client: Side, server: Side, says: str, sign: Sign | None = None, own: Known | None = None
    ) -> Sending:
        """Calls to what the proxy does not know leave it as they came, or are dropped (REGISTRY_ONLY)."""
        config = self.configs.of(client.revision)
        passes = own or config.passes_through
        signs = (sign,) if sign else ()
        if passes is Known.YES:
            return _plain(client, server, f"{says}, so the client's proxy passes it on as it came", *signs)
        if passes is Known.NO:
            says = f"{says}, and the client's proxy drops what it does not know (REGISTRY_ONLY)"
        return _unknown(client, server, says, *signs)


def _known(client: Side, port: Served) -> bool:
    """Whether the Sidecar object of a client leaves a host in what its proxy knows."""
    return client.scope is None or client.scope.knows(port, client.client_namespace)


def _weakest(*sent: Sending) -> Sending:
    """Of several ways to one port the weakest counts, since which one a request takes is the client's choice."""
    return min(sent, key=lambda item: _WEAKEST.index(item.how))


def _tunnelled(client: Side, server: Side) -> Sending | None:
    """What is sent to a pod in ambient mode through a tunnel, which comes before rules; None where there is none."""
    if server.kind is not Kind.AMBIENT or server.bypass or client.tunnel_out is Known.NO:
        return None
    if client.tunnel_out is Known.YES:
        return _mtls(client, server, "the client's proxy opens an HBONE tunnel (mutual TLS)")
    says = (
        "whether the client's proxy opens HBONE tunnels cannot be told: it is told to by a control plane that runs without ambient mode, "
        "or that one's own settings were not all read"
    )
    return _unknown(client, server, says)


def _own_tls(client: Side, server: Side, port: int, told: Told) -> Sending:
    """TLS that a rule starts and that is not the mesh's: a strict listener refuses it, others hand it to the application."""
    rule = told.sign.ref
    if not cannot_end(server, port) and server.listener.at(port).mode is Mode.STRICT:
        says = f"{rule} starts TLS that is not the mesh's, which a strict port refuses"
        return _plain(client, server, says, told.sign)
    weak = (f"{rule} does not verify the server's certificate",) if told.skips else ()
    says = f"{rule} makes the client's proxy start TLS ({told.tls})"
    strength = _strength(client, server)
    return Sending(ClientTls.APP_TLS, strength, says, (told.sign,), weak)


def _mtls(client: Side, server: Side, says: str, *signs: Sign, config: MeshConfig | None = None) -> Sending:
    strength = weakest(_strength(client, server), config.strength if config else EvidenceStrength.CONFIGURED)
    if config and config.strength is EvidenceStrength.INTENDED:
        says = f"{says} (an assumption: the mesh's settings are not among what was read)"
    return Sending(ClientTls.MESH_MTLS, strength, says, signs or (config.signs if config else ()))


def _plain(client: Side, server: Side, says: str, *signs: Sign) -> Sending:
    return Sending(ClientTls.PLAIN, _strength(client, server), says, signs)


def _unknown(client: Side, server: Side, says: str, *signs: Sign) -> Sending:
    return Sending(ClientTls.UNKNOWN, _strength(client, server), says, signs)


def _strength(client: Side, server: Side) -> EvidenceStrength:
    """An EnvoyFilter may change anything, so what is configured is only what was intended."""
    found = weakest(client.strength, server.strength)
    return EvidenceStrength.INTENDED if client.filtered or server.filtered else found
