"""One TCP connection with an end: by the clock, and by bytes. A server that hangs or floods costs no more than that."""

import socket
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_CHUNK = 4096
_MOST = 256 * 1024  # of bytes that one connection may send us; a chain of certificates has a few thousand


class EndpointClosedError(Exception):
    """Refused, reset, or no route: nothing listens, or it does not want to talk."""


class EndpointUnreachedError(EndpointClosedError):
    """There was no connection at all, so that nothing was asked."""


class EndpointSilentError(Exception):
    """No answer in time, or too much of it."""


@dataclass
class Line:
    """A connection that gives up at `deadline` (monotonic seconds)."""

    address: str
    port: int
    deadline: float
    _socket: socket.socket = field(init=False, repr=False)
    _received: int = field(init=False, default=0)

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            EndpointUnreachedError: refused, or no route.
            EndpointSilentError: the time is up.
        """
        try:
            self._socket = socket.create_connection((self.address, self.port), timeout=self._left())
        except TimeoutError:
            raise EndpointSilentError("no answer to the attempt to connect") from None
        except OSError as error:
            raise EndpointUnreachedError(_reason(error)) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send all of it; raises as `receive`."""
        try:
            self._socket.settimeout(self._left())
            self._socket.sendall(data)
        except TimeoutError:
            raise EndpointSilentError("it takes no more bytes") from None
        except OSError as error:
            raise EndpointClosedError(_reason(error)) from None

    def receive(self) -> bytes:
        """Some bytes; none at the end of the stream.

        Raises:
            EndpointClosedError: reset.
            EndpointSilentError: the time is up, or it sends without end.
        """
        try:
            self._socket.settimeout(self._left())
            data = self._socket.recv(_CHUNK)
        except TimeoutError:
            raise EndpointSilentError("no answer in time") from None
        except OSError as error:
            raise EndpointClosedError(_reason(error)) from None
        self._received += len(data)
        if self._received > _MOST:
            raise EndpointSilentError(f"it sent more than {_MOST // 1024} KiB")
        return data

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise EndpointSilentError("no answer in time")
        return left


def _reason(error: OSError) -> str:
    """What the system says, without numbers that differ from machine to machine."""
    match error:
        case ConnectionRefusedError():
            return "the connection is refused"
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return "the connection is reset"
        case _:
            return "there is no route to it"
