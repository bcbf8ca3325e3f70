"""Host names in Istio's objects: short names, wildcards, and which of several is the most specific."""

from app.detect.meshes.istio.mesh_config import LOCAL_DOMAIN
from app.detect.served import Served


def host_of(port: Served) -> str:
    """What clients call: the full name of a Service, or a host of its own."""
    return port.host or f"{port.service}.{port.namespace}.svc.{LOCAL_DOMAIN}"


def full_name(host: str, namespace: str) -> str:
    """A host as an object of a namespace means it: a name without a dot is a Service of that namespace."""
    if host == "*" or "." in host:
        return host.lower()
    return f"{host}.{namespace}.svc.{LOCAL_DOMAIN}".lower()


def matches(pattern: str, host: str) -> bool:
    """`*` alone and a leading `*.` stand for anything before them."""
    if pattern == "*":
        return True
    if pattern.startswith("*"):
        return host.endswith(pattern[1:])
    return pattern == host


def specificity(pattern: str) -> tuple[bool, int]:
    """Sorts patterns: an exact host before any wildcard, a longer wildcard before a shorter."""
    return not pattern.startswith("*"), len(pattern)
