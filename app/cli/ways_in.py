"""Ways in from outside, as `reach` tells them."""

from collections.abc import Iterator

from app.cli.output import heading, say
from app.cli.shapes import plural
from app.model.edge import ANY_HOST, Edges, Endpoint, Exposure, Security, Target, Way
from app.model.encryption import Known

_SHOWN = 6
_ON_NODES = (Way.NODE_PORT, Way.HOST_PORT, Way.HOST_NETWORK)
_CARRIES = {
    Security.TLS: "TLS",
    Security.REDIRECT: "redirects to https",
    Security.OPTIONAL: "TLS or plain text",
    Security.PLAIN: "plain text",
    Security.PASSED: "what the pod speaks",
    Security.CLOSED: "closed",
    Security.UNKNOWN: "encryption not known",
}
_ADMITTED = {
    Known.YES: "policies let it through",
    Known.NO: "policies keep it out",
    Known.UNKNOWN: "policies are not shown to keep it out",
}


def tell_ways_in(edges: Edges) -> None:
    """Each way in with where it answers and where it leads; nothing where there is none."""
    if not edges.exposures:
        return
    heading(f"{plural(len(edges.exposures), 'way')} in from outside")
    for item in edges.exposures:
        say(f"  {item.id} {item.says}{' (asks to be internal)' if item.internal else ''}")
        for line in (*_endpoints(item), *_targets(item)):
            say(f"    {line}")


def _endpoints(item: Exposure) -> Iterator[str]:
    for end in item.endpoints[:_SHOWN]:
        yield f"at {_place(item, end)}: {_CARRIES[end.leg.security]} ({end.leg.says})"
    if len(item.endpoints) > _SHOWN:
        yield f"at {len(item.endpoints) - _SHOWN} more"


def _place(item: Exposure, end: Endpoint) -> str:
    host = end.host
    if host == ANY_HOST:
        host = "its nodes" if item.way in _ON_NODES else "any host"
    protocol = "" if end.protocol.value == "TCP" else f"/{end.protocol.value}"
    return f"{host} port {end.port}{protocol}"


def _targets(item: Exposure) -> Iterator[str]:
    for target in item.targets[:_SHOWN]:
        yield f"to {_target(target)}: {_ADMITTED[target.admitted]} ({target.why})"
    if len(item.targets) > _SHOWN:
        yield f"to {len(item.targets) - _SHOWN} more"
    yield from (f"not followed: {text}" for text in item.unresolved)


def _target(target: Target) -> str:
    over = f" over {', '.join(target.via)}" if target.via else ""
    port = f"{target.protocol} {target.port}" if target.port else "a port that is not known"
    return f"{target.workload} {port}{over}, {_CARRIES[target.leg.security]}"
