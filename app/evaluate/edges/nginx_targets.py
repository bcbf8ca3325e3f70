"""Where annotations of ingress-nginx send requests beside the backends of the rules: a default backend, and a copy of every request.

Source: annotation documentation of ingress-nginx. A mirror's target is a URL, whose variables begin with a dollar sign.
"""

from app.evaluate.edges.backends import BackendRef, ingress_backends
from app.evaluate.edges.world import Item, number

_PREFIX = "nginx.ingress.kubernetes.io/"
_USUAL = {"http": 80, "https": 443}
_NAMED = 2  # a Service and its namespace, before `svc`


def nginx_backends(item: Item) -> tuple[tuple[BackendRef, ...], tuple[str, ...]]:
    """Services that an Ingress leads to, sorted; and a target that may be any of them."""
    found = set(ingress_backends(item))
    if name := item.annotations.get(f"{_PREFIX}default-backend", ""):
        found.add(BackendRef(item.namespace, name, 0))
    mirrored, lost = _mirrored(item.annotations.get(f"{_PREFIX}mirror-target", ""))
    return tuple(sorted(found | mirrored)), lost


def _mirrored(url: str) -> tuple[set[BackendRef], tuple[str, ...]]:
    """A Service by its full name; a host outside the cluster is nothing here, and one in variables may be any."""
    scheme, mark, rest = url.partition("://")
    place = rest.partition("/")[0].partition("$")[0]
    if not mark or not place:
        return set(), (f"mirror-target {url} is not followed",) if url else ()
    host, _, port = place.partition(":")
    parts = host.split(".")
    if len(parts) <= _NAMED or parts[_NAMED] != "svc":
        return set(), ()
    return {BackendRef(parts[1], parts[0], number(port) or _USUAL.get(scheme, 0))}, ()
