"""Real servers on loopback for the prober: good ones, weak ones, and ones that hang, flood or lie."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """A port whose connections are each handed to `serve` in a thread of their own; closed and joined at the end."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            serve(connection)

    def accept(server: socket.socket) -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=one, args=(connection,), daemon=True)
            thread.start()
            threads.append(thread)

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        thread = threading.Thread(target=accept, args=(server,), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stop.set()
            thread.join(5)
            for item in threads:
                item.join(5)


def speaking_tls(context: ssl.SSLContext) -> Serve:
    """A server that ends TLS and answers any request."""

    def serve(connection: socket.socket) -> None:
        with (
            contextlib.suppress(ssl.SSLError, OSError),
            context.wrap_socket(connection, server_side=True) as tls,
        ):
            if tls.recv(1000):
                tls.sendall(b"HTTP/1.0 200 OK\r\n\r\n")

    return serve


def answering(data: bytes) -> Serve:
    """A server that reads something and sends these bytes."""

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)

    return serve


def hanging(connection: socket.socket) -> None:
    """Reads for as long as somebody sends, and says nothing."""
    while connection.recv(4096):
        pass


def greeting_first(banner: bytes) -> Serve:
    """Speaks before it is spoken to, as mail servers do, and has no use for what it then gets."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(banner)
        while connection.recv(4096):
            connection.sendall(b"500 what?\r\n")

    return serve


@dataclass
class Counting:
    """Keeps when each connection began, and answers none of them."""

    began: list[float] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        """Hold a connection until the other side closes it."""
        self.began.append(time.monotonic())
        hanging(connection)


def flooding(data: bytes) -> Serve:
    """Sends without end, until the other side has enough."""

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        while True:
            connection.sendall(data)

    return serve


def resetting(connection: socket.socket) -> None:
    """Resets instead of answering."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def server_context(
    lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ciphers: str = "",
) -> ssl.SSLContext:
    """A server's context with exactly these versions and, below TLS 1.3, these suites."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = lowest
    context.maximum_version = highest
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def in_turn(*serve: Serve) -> Serve:
    """The first connection is served by the first, and so on; the last serves all that come after."""
    left = list(serve)

    def one(connection: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection)

    return one


def by_version(versions: dict[bytes, Serve], other: Serve) -> Serve:
    """Serves by the version that a ClientHello offers at most: the two bytes of `legacy_version`."""

    def one(connection: socket.socket) -> None:
        hello = connection.recv(4096, socket.MSG_PEEK)
        versions.get(hello[9:11], other)(connection)

    return one


def dripping(data: bytes) -> Serve:
    """Sends one byte now and then, and never comes to the end."""

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        for index in range(10_000):
            connection.sendall(data[index % len(data) :][:1])
            time.sleep(0.05)

    return serve


def flooding_after(context: ssl.SSLContext) -> Serve:
    """A server that ends TLS and then sends without end."""

    def serve(connection: socket.socket) -> None:
        with (
            contextlib.suppress(ssl.SSLError, OSError),
            context.wrap_socket(connection, server_side=True) as tls,
        ):
            while True:
                tls.sendall(b"x" * 4096)

    return serve


def hanging_after(data: bytes) -> Serve:
    """Sends these bytes and says nothing more."""

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)
        hanging(connection)

    return serve


@contextlib.contextmanager
def closing_after(serve: Serve, connections: int = 2) -> Iterator[int]:
    """A port that serves so many connections, and nobody listens on it any more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]

        def accept() -> None:
            for _ in range(connections):
                connection, _ = server.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    serve(connection)
            server.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield number
        thread.join(5)
