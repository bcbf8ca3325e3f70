"""Whether mutual TLS of the mesh can end at a server's port, which clients with a sidecar ask before they begin it."""

from collections.abc import Iterator

from app.detect.meshes.istio.membership import Kind
from app.detect.meshes.istio.posture import Mode
from app.detect.meshes.istio.sides import Side
from app.detect.served import Served


def cannot_end(server: Side, port: int) -> str:
    """Why mutual TLS of the mesh cannot end at a port of a server; empty when it can."""
    return next(_obstacles(server, port), "")


def _obstacles(server: Side, port: int) -> Iterator[str]:
    if server.kind is Kind.AMBIENT:
        yield "the server is in ambient mode and the client's proxy opens no HBONE tunnel"
    if server.kind is not Kind.SIDECAR:
        yield "the server has no sidecar"
    if not server.speaks_mtls:
        yield "the server's pods are not labelled as ready for mutual TLS (security.istio.io/tlsMode)"
    if server.capture.doubt:
        return
    if port not in server.capture.inbound:
        yield f"the port bypasses the server's sidecar ({server.capture.says})"
    if server.listener.at(port).mode is Mode.DISABLE:
        yield "the server's sidecar takes no mutual TLS here (DISABLE)"


def not_begun(server: Side, port: int, through: Served | None) -> str:
    """Why clients do not begin mutual TLS by themselves; empty where they do. `through`: a Service that can be told apart."""
    if server.off:
        return f"{server.off.ref} turns mutual TLS off for the server's namespace, so clients do not begin it"
    return cannot_end(server, port) or (server.unready_through(through) if through else "")
