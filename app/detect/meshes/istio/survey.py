"""Reads one cluster for Istio: what each pod is, and the side of each pod as the mesh's answers depend on it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from app.detect.evidence import Evidence
from app.detect.ground import Ground
from app.detect.meshes.common.callers import Callers
from app.detect.meshes.istio import peer_authentication, ztunnel_peers
from app.detect.meshes.istio.authorization.callers import callers_of, names_of
from app.detect.meshes.istio.authorization.policies import AuthorizationPolicy, policies
from app.detect.meshes.istio.capture import EVERYTHING, capture
from app.detect.meshes.istio.control_plane import ControlPlane
from app.detect.meshes.istio.discovery import heeded_of, left_out
from app.detect.meshes.istio.envoy_filters import EnvoyFilters
from app.detect.meshes.istio.hosts import host_of
from app.detect.meshes.istio.membership import (
    BYPASS,
    TLS_MODE,
    TUNNEL,
    Kind,
    Place,
    place,
    revision_of,
    role_of,
)
from app.detect.meshes.istio.mesh_config import MeshConfig, MeshConfigs
from app.detect.meshes.istio.objects import NETWORKING, SECURITY
from app.detect.meshes.istio.peer_authentication import Levels, PeerAuthentications
from app.detect.meshes.istio.posture import Listener, Mode
from app.detect.meshes.istio.routes import Routes
from app.detect.meshes.istio.rule_lookup import DestinationRules
from app.detect.meshes.istio.service_entries import Entry, ServiceEntries
from app.detect.meshes.istio.services import Services
from app.detect.meshes.istio.sidecar_scopes import Scope, Scopes
from app.detect.meshes.istio.sides import Side
from app.detect.meshes.istio.tunnels import tunnels
from app.detect.meshes.istio.waypoints import Waypoints
from app.detect.pods import SeenPod
from app.detect.served import Served, covers, fronts
from app.model.encryption import Known
from app.model.identity import ObjectRef
from app.model.platform import Sign

_GROUPS = (SECURITY, NETWORKING)


@dataclass
class Survey:
    """One cluster; everything is worked out when it is first asked for."""

    ground: Ground
    parts: ControlPlane = field(init=False)
    configs: MeshConfigs = field(init=False)

    def __post_init__(self) -> None:
        self.parts = ControlPlane(self.ground)
        self.configs = MeshConfigs(self.ground.evidence)

    @cached_property
    def places(self) -> Mapping[ObjectRef, Place]:
        """What each pod is; pods that have nothing to do with Istio are left out."""
        found = ((pod.ref, self._place(pod)) for pod in self.ground.pods)
        return {ref: answer for ref, answer in found if answer is not None}

    def _place(self, pod: SeenPod) -> Place | None:
        return place(
            pod,
            ztunnel=self.parts.ztunnel_on(pod),
            installed=self._installed,
            revisions=self.parts.revisions,
        )

    @cached_property
    def _installed(self) -> bool:
        """Whether labels of a template will have an effect: a part of Istio, a proxy or an object of it is there."""
        return (
            self.parts.found
            or any(role_of(program) for pod in self.ground.pods for program in pod.programs)
            or any(item.ref.group in _GROUPS for item in self.ground.evidence.snapshot.objects)
        )

    @cached_property
    def present(self) -> bool:
        """Whether Istio is there: a part of it, or a pod that it carries. Labels and objects alone are not enough."""
        return self.parts.found or any(item.kind is not Kind.OUTSIDE for item in self.places.values())

    @cached_property
    def root(self) -> str:
        """The root namespace, by the first settings that were found."""
        return next((item.root for item in self.configs.all), MeshConfig("").root)

    @cached_property
    def rules(self) -> DestinationRules:
        """DestinationRules."""
        exports = next((item.exports for item in self.configs.all if item.exports), ())
        return DestinationRules(self._heeded, exports)

    @cached_property
    def entries(self) -> ServiceEntries:
        """ServiceEntries."""
        exports = next((item.entry_exports for item in self.configs.all if item.entry_exports), ())
        return ServiceEntries(self._heeded, exports)

    @cached_property
    def services(self) -> Services:
        """Services as clients see them."""
        exports = next((item.entry_exports for item in self.configs.all if item.entry_exports), ())
        return Services(self.ground.evidence, exports, self._left_out)

    @cached_property
    def routes(self) -> Routes:
        """VirtualServices."""
        exports = next((item.route_exports for item in self.configs.all if item.route_exports), ())
        return Routes(self._heeded, exports)

    @cached_property
    def peers(self) -> PeerAuthentications:
        """PeerAuthentications."""
        return PeerAuthentications(self._heeded)

    @cached_property
    def scopes(self) -> Scopes:
        """Sidecar objects."""
        return Scopes(self._heeded)

    @cached_property
    def policies(self) -> tuple[AuthorizationPolicy, ...]:
        """AuthorizationPolicies; their position is their number."""
        return policies(self._heeded)

    @cached_property
    def callers(self) -> Callers:
        """Classes of callers."""
        return callers_of(self.policies)

    @cached_property
    def sides(self) -> Mapping[ObjectRef, Side]:
        """The side of each pod, members and others alike."""
        return {pod.ref: self._side(pod) for pod in self.ground.pods}

    def doubt(self, kind: str, group: str = SECURITY) -> str:
        """Why objects of a kind are not all known; empty when they are."""
        return self.ground.evidence.doubt(group, kind)

    # ---- one pod

    def _side(self, pod: SeenPod) -> Side:
        found = self.places.get(pod.ref)
        kind = found.kind if found else Kind.OUTSIDE
        revision = revision_of(pod) if kind is not Kind.OUTSIDE else ""
        config = self.configs.of(revision)
        ports = self.ground.served.get(pod.ref, ())
        guarded = kind in (Kind.SIDECAR, Kind.AMBIENT)
        envoy = kind.has_envoy
        levels = self.peers.levels(config.root, pod.pod.namespace, pod.labels, config.revision)
        return Side(
            kind=kind,
            strength=found.strength if found else pod.strength,
            revision=config.revision,
            doubt=(config.doubt if guarded else found.says if found else ""),
            capture=capture(pod, found.proxy) if found and kind is Kind.SIDECAR else EVERYTHING,
            speaks_mtls=self._speaks_mtls(pod, found),
            tunnel_in=pod.labels.get(TUNNEL) == "http",
            tunnel_out=tunnels(found, config, self.parts) if envoy else Known.NO,
            bypass=pod.annotations.get(BYPASS) == "true",
            listener=self._listener(levels, kind, config) if guarded else Side(kind).listener,
            fronts=fronts(ports),
            fronts_known=self._fronts_known,
            named=tuple(item for item in ports if self._tells_apart(item)),
            entered=tuple(self._entered(pod, ports, config)),
            unready=tuple(self._unready_services(ports)),
            off=_off(levels) if guarded else None,
            labels=tuple(sorted((k, v) for k, v in pod.labels.items() if k in self._named_labels)),
            client_namespace=pod.pod.namespace if envoy and self._by_namespace else "",
            scope=self._scope(pod, config) if kind is Kind.SIDECAR else None,
            filtered=envoy and self._filters.hold_for(pod, config.root),
            bytes_only=self.services.bytes_only(ports) if guarded else (),
            guarded=tuple(self._guarding(pod, config)) if guarded else (),
            waypoint=self._behind(ports, config) if kind is Kind.AMBIENT else None,
            caller=self.callers.number(names_of(pod.pod, config), pod.pod.ips),
        )

    def _listener(self, levels: Levels, kind: Kind, config: MeshConfig) -> Listener:
        if kind is Kind.AMBIENT:
            return ztunnel_peers.listener(self.peers, config.root, levels, config.revision)
        return peer_authentication.listener(levels)

    def _entered(self, pod: SeenPod, ports: Iterable[Served], config: MeshConfig) -> Iterator[Entry]:
        """Ways of ServiceEntries; a namespace without mutual TLS takes it from the hosts that it speaks for."""
        for item in self.entries.of(pod, ports):
            levels = self.peers.levels(config.root, item.home, {}, config.revision)
            yield replace(item, automatic=item.automatic and _off(levels) is None)

    def _unready_services(self, ports: Iterable[Served]) -> Iterator[tuple[tuple[str, str], str]]:
        for name in sorted({(item.namespace, item.service) for item in ports}):
            if other := self._unready.get(name):
                says = (
                    f"Service {'/'.join(name)} is headless, and {other} behind it is not ready for mutual TLS"
                )
                yield name, says

    def _scope(self, pod: SeenPod, config: MeshConfig) -> Scope | None:
        return self.scopes.of(pod.pod.namespace, pod.labels, config.root, config.revision)

    def _behind(self, ports: Iterable[Served], config: MeshConfig) -> tuple[int, ...] | None:
        return self._waypoints.of(ports, self.policies, config.revision)

    @staticmethod
    def _speaks_mtls(pod: SeenPod, found: Place | None) -> bool:
        """The injector writes the label with the sidecar, so a template that waits for one will have it."""
        waiting = found is not None and found.proxy is None and found.kind is Kind.SIDECAR
        return pod.labels.get(TLS_MODE, "istio" if waiting else "") == "istio"

    def _guarding(self, pod: SeenPod, config: MeshConfig) -> Iterator[int]:
        homes = {*self._by_home.get(pod.pod.namespace, ()), *self._by_home.get(config.root, ())}
        for number in sorted(homes):
            policy = self.policies[number]
            chosen = policy.selector is None or covers(policy.selector, pod.labels)
            if chosen and policy.heeded(config.revision):
                yield number

    def _tells_apart(self, port: Served) -> bool:
        host = host_of(port)
        told = self.scopes.narrows or self.rules.names(host) or host in self.entries.hosts
        return told or (port.namespace, port.service) in self._apart

    # ---- what is read once

    @cached_property
    def _left_out(self) -> Mapping[str, Sign]:
        return left_out(self.configs.all, self.ground.inventory.namespace_labels)

    @cached_property
    def _heeded(self) -> Evidence:
        return heeded_of(self.ground.evidence, self._left_out)

    @cached_property
    def _fronts_known(self) -> Known:
        return Known.UNKNOWN if self.ground.evidence.doubt("", "Service") else Known.YES

    @cached_property
    def _waypoints(self) -> Waypoints:
        return Waypoints(self.ground, self.root)

    @cached_property
    def _by_home(self) -> Mapping[str, list[int]]:
        homes: dict[str, list[int]] = {}
        for number, policy in enumerate(self.policies):
            if not policy.targets:
                homes.setdefault(policy.ref.namespace, []).append(number)
        return homes

    @cached_property
    def _by_namespace(self) -> bool:
        """Whether the client's namespace can matter to what it sends."""
        return bool(self.rules.all or self.entries.all or self.services.narrowed or self.scopes.narrows)

    @cached_property
    def _named_labels(self) -> frozenset[str]:
        """Labels that subsets and workloadSelectors name."""
        chosen = (
            labels
            for rule in self.rules.all
            for labels in (rule.selector or {}, *(s.labels for s in rule.subsets))
        )
        return frozenset(key for labels in chosen for key in labels)

    @cached_property
    def _filters(self) -> EnvoyFilters:
        return EnvoyFilters(self._heeded)

    @cached_property
    def _apart(self) -> frozenset[tuple[str, str]]:
        """Services that clients may treat in a way of their own."""
        return frozenset({*self.services.narrowed, *self.services.policed, *self._unready})

    @cached_property
    def _unready(self) -> Mapping[tuple[str, str], ObjectRef]:
        """Headless Services of which a pod is not labelled as able to end mutual TLS, and the first such pod."""
        found: dict[tuple[str, str], ObjectRef] = {}
        for pod in self.ground.pods:
            names = {(item.namespace, item.service) for item in self.ground.served.get(pod.ref, ())}
            names &= self.services.headless
            if names and not self._speaks_mtls(pod, self.places.get(pod.ref)):
                for name in names:
                    found.setdefault(name, pod.ref)
        return found


def _off(levels: Levels) -> Sign | None:
    """The object that turns mutual TLS off for a namespace: clients then use none by themselves, whatever a workload says."""
    above = levels.inherited()
    return above.signs[0] if above.mode is Mode.DISABLE else None
