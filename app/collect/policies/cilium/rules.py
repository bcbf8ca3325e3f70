"""One entry of `ingress`, `ingressDeny`, `egress` or `egressDeny` → rules of the normal form.

An entry with neither peers nor ports selects no one: it only turns on default deny (Cilium `pkg/policy/rule.go`,
mergeIngress: an entry on layer 3 alone needs a peer). An entry whose parts hold on different conditions becomes several
rules; their places say which.
"""

from collections.abc import Sequence

from app.collect.policies.cilium.parts import PeerPart, PortPart, joined_peers, joined_ports
from app.collect.policies.cilium.peers import Ends, Scope, peer_parts
from app.collect.policies.cilium.ports import port_parts
from app.collect.policies.cilium.refusals import Entry, refused_by_settings
from app.collect.wire import cilium as wire
from app.model.policy import Action, Rule

_AUTHENTICATION = {
    None: (),
    "disabled": (),
    "required": ("only with mutual authentication (authentication.mode: required)",),
    "test-always-fail": ("authentication always fails (authentication.mode: test-always-fail)",),
}


def ingress_rules(spec: wire.PolicySpec, path: str, scope: Scope, unclear: list[str]) -> tuple[Rule, ...]:
    """Denies, then allows: a deny wins wherever it stands."""
    return (
        *_rules(spec.ingress_deny, f"{path}.ingressDeny", Action.DENY, scope, unclear),
        *_rules(spec.ingress, f"{path}.ingress", Action.ALLOW, scope, unclear),
    )


def egress_rules(spec: wire.PolicySpec, path: str, scope: Scope, unclear: list[str]) -> tuple[Rule, ...]:
    """Likewise for the other direction."""
    return (
        *_rules(spec.egress_deny, f"{path}.egressDeny", Action.DENY, scope, unclear),
        *_rules(spec.egress, f"{path}.egress", Action.ALLOW, scope, unclear),
    )


def _rules(
    entries: Sequence[Entry] | None, path: str, action: Action, scope: Scope, unclear: list[str]
) -> tuple[Rule, ...]:
    return tuple(
        rule
        for index, entry in enumerate(entries or ())
        for rule in _entry_rules(entry, f"{path}[{index}]", action, scope, unclear)
    )


def _entry_rules(
    entry: Entry, path: str, action: Action, scope: Scope, unclear: list[str]
) -> tuple[Rule, ...]:
    ends = _ends(entry, path, unclear)
    unclear += refused_by_settings(entry, path, scope.context)
    ports = joined_ports(port_parts(entry.to_ports, entry.icmps, path, unclear, inward=ends.side == "from"))
    anyone = not ends.given and not ends.nobody and bool(ports)
    peers = (PeerPart(path, None),) if anyone else joined_peers(peer_parts(ends, path, scope, unclear))
    extra = _authentication(entry, path, unclear)
    return tuple(
        Rule(
            path=_place(path, peer if len(peers) > 1 else None, port if len(ports) > 1 else None),
            peers=peer.peers,
            ports=port.ports,
            action=action,
            conditions=(*peer.conditions, *port.conditions, *extra),
        )
        for peer in peers or (PeerPart(path, ()),)
        for port in ports or (PortPart(path, None),)
    )


def _place(path: str, peer: PeerPart | None, port: PortPart | None) -> str:
    """Where a part stands: the entry, or the field of it that the part is of."""
    fields = [part.path.removeprefix(path).removeprefix(".") for part in (peer, port) if part is not None]
    return f"{path}.{', '.join(fields)}" if fields else path


def _ends(entry: Entry, path: str, unclear: list[str]) -> Ends:
    match entry:
        case wire.IngressRule() | wire.IngressDenyRule():
            if entry.from_requires:
                unclear.append(_requires(f"{path}.fromRequires"))
            return Ends(
                "from",
                entry.from_endpoints,
                entry.from_entities,
                entry.from_cidr,
                entry.from_cidr_set,
                entry.from_groups,
                entry.from_nodes,
            )
        case _:
            if entry.to_requires:
                unclear.append(_requires(f"{path}.toRequires"))
            return Ends(
                "to",
                entry.to_endpoints,
                entry.to_entities,
                entry.to_cidr,
                entry.to_cidr_set,
                entry.to_groups,
                entry.to_nodes,
                entry.to_services,
                entry.to_fqdns if isinstance(entry, wire.EgressRule) else None,
            )


def _requires(path: str) -> str:
    return f"{path}: removed in Cilium 1.19; before that it narrows every rule of the pods that it selects"


def _authentication(entry: Entry, path: str, unclear: list[str]) -> tuple[str, ...]:
    if isinstance(entry, wire.IngressDenyRule | wire.EgressDenyRule) or entry.authentication is None:
        return ()
    mode = entry.authentication.mode
    if mode not in _AUTHENTICATION:
        unclear.append(f"{path}.authentication.mode: `{mode}` is not known")
    return _AUTHENTICATION.get(mode, ())
