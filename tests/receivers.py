"""Real servers that receive what is delivered: SMTP with STARTTLS, HTTPS, and an S3 store. Each keeps what it was given."""

import socket
import ssl
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "netattest", "opensesame-mail"


@dataclass
class Authority:
    """A certificate authority for one test, and the file that makes it trusted."""

    folder: object
    ca: trustme.CA = field(default_factory=trustme.CA)

    @property
    def anchors(self):
        path = self.folder / "anchors.pem"
        self.ca.cert_pem.write_to_path(path)
        return path

    def server_side(self, *names):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
        return context


class Mailbox:
    """Handler of aiosmtpd: keeps mails; answers with `refusal` while there is one."""

    def __init__(self):
        self.mails, self.refusals = [], []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  aiosmtpd's name
        if self.refusals:
            return self.refusals.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


def _authenticate(_server, _session, _envelope, _mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=good, handled=False)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def mail_server(authority=None):
    """(mailbox, port); with an authority mails are taken over STARTTLS and after a login only."""
    box = Mailbox()
    tls = (
        {
            "tls_context": authority.server_side(),
            "require_starttls": True,
            "authenticator": _authenticate,
            "auth_required": True,
        }
        if authority
        else {}
    )
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, server_hostname="localhost", **tls)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


@dataclass
class Hook:
    """What an HTTP server was sent; it answers with the statuses in `answers`, then with 200."""

    url: str = ""
    requests: list = field(default_factory=list)
    answers: list = field(default_factory=list)


@contextmanager
def http_server(authority=None):
    """A hook, over TLS where there is an authority."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.requests.append((dict(self.headers), body))
            self.send_response(hook.answers.pop(0) if hook.answers else 200)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if authority:
        server.socket = authority.server_side().wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    scheme = "https" if authority else "http"
    hook.url = f"{scheme}://localhost:{server.server_port}/in/opensesame-path"
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def s3_server(monkeypatch):
    """URL of an S3 store without buckets."""
    from moto.server import ThreadedMotoServer

    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "opensesame-s3"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/nonexistent"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
    ):
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        # Its buckets live as long as the process: without this a test would see those of the one before.
        with urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")):
            yield url
    finally:
        server.stop()
