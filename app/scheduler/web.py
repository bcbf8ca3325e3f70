"""`/metrics`, `/healthz` and `/readyz` over HTTP; nothing else is served."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from app.errors import ConfigurationError
from app.scheduler.metrics import Metrics

Checks = Mapping[str, Callable[[], bool]]


@contextmanager
def served(host: str, port: int, metrics: Metrics, checks: Checks) -> Iterator[int]:
    """Serve while the context lasts; gives the port, which matters when 0 was asked for.

    Args:
        host: address to listen on.
        port: port to listen on.
        metrics: what `/metrics` answers.
        checks: paths that answer 200 or 503.

    Raises:
        ConfigurationError: the address cannot be used.
    """
    try:
        server = ThreadingHTTPServer((host, port), _handler(metrics, checks))
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            advice="set service.host and service.port in the settings file",
        ) from error
    thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(metrics: Metrics, checks: Checks) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # a client that says nothing does not hold a thread

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, metrics.exposition())
            elif check := checks.get(self.path):
                well = check()
                self._answer(200 if well else 503, "text/plain", b"ok\n" if well else b"no\n")
            else:
                self._answer(404, "text/plain", b"/metrics, /healthz and /readyz are served here\n")

        def _answer(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            """Requests of a monitor every few seconds are no news."""

    return Handler
