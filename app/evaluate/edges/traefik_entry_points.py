"""Entry points of Traefik: on which ports a router answers, and what each of them makes of a router that says nothing of TLS.

They stand in the static configuration (`traefik_static`). Source: Traefik's reference of EntryPoints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.evaluate.edges.traefik_objects import pods_of
from app.evaluate.edges.traefik_static import static_settings
from app.evaluate.edges.world import World, number
from app.model.connections import Protocol
from app.model.encryption import Known
from app.model.inventory import Pod

WEB, SECURE = "web", "websecure"  # the two of the chart and of the documentation, behind ports 80 and 443
_USUAL = {WEB: 80, SECURE: 443}
_REDIRECTION = "redirections.entrypoint."
_PRIORITY = f"{_REDIRECTION}priority"
_INTERNAL = ("traefik", "metrics")  # no Service of the chart leads to them


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One entry point.

    Attributes:
        name: in small letters, as arguments are compared.
        port: as clients use it; 0 where that is not known.
        ends_tls: a router without TLS settings of its own takes TLS here.
        redirects: every request is answered by a redirect to https.
        middlewares: what it puts before every router, as `namespace-name@provider`.
        options: the TLSOption of routers that get their TLS from here.
        doubt: why one of the two questions about it is not answered, as a clause; empty where both are.
    """

    name: str
    port: int
    ends_tls: Known
    redirects: Known
    middlewares: tuple[str, ...] = ()
    options: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class EntryPoints:
    """The entry points of one Traefik.

    Attributes:
        world: for the Services that lead to its pods.
        pods: its pods.
        arguments: its static configuration as flags, names in small letters.
    """

    world: World
    pods: tuple[Pod, ...]
    arguments: Mapping[str, str]

    @classmethod
    def of(cls, world: World) -> "EntryPoints":
        """Those of the Traefik of a cluster."""
        return world.once("Traefik", cls._read)

    @classmethod
    def _read(cls, world: World) -> "EntryPoints":
        pods = pods_of(world)
        return cls(world, pods, static_settings(world, pods))

    @property
    def known(self) -> bool:
        """The static configuration that was read defines them; without that they stand where nothing is read."""
        return "configfile" not in self.arguments and bool(self._names)

    def bound(self, wanted: Sequence[str]) -> tuple[EntryPoint, ...]:
        """Those that a router is bound to, by name; without names the default ones. One that is not defined binds nothing."""
        names = tuple(dict.fromkeys(name.strip().lower() for name in wanted if name.strip()))
        if not self.known:
            return tuple(self._unread(name) for name in names or (WEB, SECURE))
        return tuple(self._all[name] for name in names or self._default if name in self._all)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        parts = (name.split(".") for name in self.arguments)
        return tuple(dict.fromkeys(part[1] for part in parts if part[0] == "entrypoints" and len(part) > 1))

    @cached_property
    def _all(self) -> Mapping[str, EntryPoint]:
        return {name: self._defined(name) for name in self._names}

    @cached_property
    def _default(self) -> tuple[str, ...]:
        """Those marked `asDefault`; where none is, all that clients are led to."""
        marked = tuple(name for name in self._names if self._said(name, "asdefault", "false") == "true")
        open_ones = (name for name in self._names if name not in _INTERNAL and not self._is_udp(name))
        return marked or tuple(name for name in open_ones if self._all[name].port)

    def _said(self, name: str, key: str, default: str = "") -> str:
        return self.arguments.get(f"entrypoints.{name}.{key}", default)

    def _is_udp(self, name: str) -> bool:
        return self._said(name, "address").lower().endswith("/udp")

    def _unread(self, name: str) -> EntryPoint:
        doubt = f"whether entry point {name} ends TLS or redirects stands in Traefik's static configuration, which was not read"
        return EntryPoint(name, _USUAL.get(name, 0), Known.UNKNOWN, Known.UNKNOWN, doubt=doubt)

    def _defined(self, name: str) -> EntryPoint:
        start = f"entrypoints.{name}.http."
        below = {
            key.removeprefix(start): value for key, value in self.arguments.items() if key.startswith(start)
        }
        ends = any(key.split(".")[0] == "tls" and value.lower() != "false" for key, value in below.items())
        return EntryPoint(
            name,
            self._port(name),
            Known.YES if ends else Known.NO,
            _redirects(below),
            tuple(item for item in below.get("middlewares", "").split(",") if item),
            below.get("tls.options", ""),
            f"entry point {name} redirects below routers of a higher priority" if _PRIORITY in below else "",
        )

    def _port(self, name: str) -> int:
        """The port of a Service that leads to it, by its number or by its name; else the usual one, or its own."""
        own = number(self._said(name, "address").partition("/")[0].rpartition(":")[2])
        protocol = Protocol.UDP if self._is_udp(name) else Protocol.TCP
        found = [
            port for kind, port, leads in self._led if kind is protocol and leads in (own, name) and leads
        ]
        return min(found, default=_USUAL.get(name, own))

    @cached_property
    def _led(self) -> tuple[tuple[Protocol, int, int | str], ...]:
        """Ports of Services that lead to its pods, each with the container port, or the name where no pod has it."""
        mine = frozenset(self.world.ids(self.pods))
        return tuple(
            (port.protocol, port.port, to.port or port.target)
            for service in self.world.services.values()
            for port in service.ports
            for to in self.world.behind(service, port)
            if to.workload in mine
        )


def _redirects(below: Mapping[str, str]) -> Known:
    """`redirections.entryPoint.to` names where to; the scheme of what it leads to is https unless it says otherwise.

    Above a priority of its own, which is the highest unless it is set, routers answer plain text.
    """
    if not below.get(f"{_REDIRECTION}to") or below.get(f"{_REDIRECTION}scheme", "https").lower() != "https":
        return Known.NO
    return Known.UNKNOWN if _PRIORITY in below else Known.YES
