"""One IngressRoute, IngressRouteTCP or IngressRouteUDP of Traefik as it is written, and the routers above it.

Source: Traefik's reference of the three, and of routers in layers (since 3.6): entry points and TLS belong to the top of a hierarchy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.evaluate.edges.backends import BackendRef
from app.evaluate.edges.traefik_entry_points import SECURE, EntryPoint, EntryPoints
from app.evaluate.edges.traefik_objects import named
from app.evaluate.edges.traefik_options import DEFAULT
from app.evaluate.edges.traefik_services import Lost, Service, services_of_routes
from app.evaluate.edges.world import Item, World, objects, words
from app.model.connections import Protocol
from app.model.edge import ANY_HOST
from app.model.fields import mapping, text
from app.model.identity import ObjectRef

_MATCHER = re.compile(r"\bHost(?:SNI)?\(([^)]*)\)")
_QUOTED = re.compile(r"[`\"]([^`\"]+)[`\"]")


@dataclass(frozen=True)
class Router:
    """One object with routes, and the entry points of the Traefik that serves it."""

    world: World
    item: Item
    entries: EntryPoints

    @cached_property
    def routes(self) -> tuple[Mapping[str, Any], ...]:
        """`spec.routes`."""
        return objects(self.item.spec.get("routes"))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Hosts of its rules, sorted; `*` where a rule names none."""
        found = {
            host for route in self.routes for host in hosts_of_rule(text(route.get("match"))) or (ANY_HOST,)
        }
        return tuple(sorted(found)) or (ANY_HOST,)

    @cached_property
    def tls(self) -> Mapping[str, Any] | None:
        """`spec.tls`; None where the router has none. An empty one counts."""
        found = self.item.spec.get("tls")
        return found if isinstance(found, dict) else None

    @property
    def passes(self) -> bool:
        """TLS goes through to the pod."""
        return self.tls is not None and self.tls.get("passthrough") is True

    @property
    def is_tcp(self) -> bool:
        """It routes bytes, not requests."""
        return self.item.ref.kind == "IngressRouteTCP"

    @property
    def protocol(self) -> Protocol:
        """Of the transport."""
        return Protocol.UDP if self.item.ref.kind == "IngressRouteUDP" else Protocol.TCP

    @cached_property
    def bound(self) -> tuple[EntryPoint, ...]:
        """Entry points; a router with TLS that names none, of a Traefik whose entry points were not read, is on 443."""
        wanted = words(self.item.spec.get("entryPoints"))
        if not wanted and self.tls is not None and not self.entries.known:
            wanted = (SECURE,)
        return self.entries.bound(wanted)

    @cached_property
    def found(self) -> tuple[Service | Lost, ...]:
        """What the routes name as their services."""
        return services_of_routes(self.world, self.item, self.routes)

    @cached_property
    def roots(self) -> tuple["Router", ...]:
        """The routers at the top of its hierarchy, which alone have entry points and TLS; itself where it names no parents."""
        waiting, seen, found = [self.item], set[ObjectRef](), []
        while waiting:
            item = waiting.pop()
            if item.ref in seen:
                continue
            seen.add(item.ref)
            parents = objects(item.spec.get("parentRefs"))
            above = (self._parent(item, ref) for ref in parents)
            waiting += [parent for parent in above if parent]
            found += [] if parents else [Router(self.world, item, self.entries)]
        return tuple(sorted(found, key=lambda router: router.item.ref))

    def _parent(self, item: Item, ref: Mapping[str, Any]) -> Item | None:
        home = text(ref.get("namespace")) or item.namespace
        return named(self.world, "IngressRoute", home, text(ref.get("name")))

    def option_at(self, entry: EntryPoint) -> str:
        """The TLSOption that it asks for at an entry point, as `namespace-name`; empty where it asks for none."""
        if self.tls is None:
            return entry.options.partition("@")[0]
        said = mapping(self.tls.get("options"))
        name, home = text(said.get("name")), text(said.get("namespace"))
        return f"{home or self.item.namespace}-{name}" if name and (home or name != DEFAULT) else ""

    @property
    def services(self) -> tuple[Service, ...]:
        """Services of the routes, each as it is written."""
        return tuple(one for one in self.found if isinstance(one, Service))

    @property
    def refs(self) -> list[BackendRef]:
        """References to them, sorted."""
        return sorted({service.ref for service in self.services})

    @property
    def lost(self) -> tuple[Lost, ...]:
        """Services that were not followed."""
        return tuple(one for one in self.found if isinstance(one, Lost))


def hosts_of_rule(rule: str) -> tuple[str, ...]:
    """Hosts that a rule names; none where it takes any."""
    return tuple(host for inner in _MATCHER.findall(rule) for host in _QUOTED.findall(inner))
