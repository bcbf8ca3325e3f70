"""What a port that does not speak TLS answers to one HTTP request."""

import re
import time
from urllib.parse import urlsplit

from app.collect.tls.line import EndpointClosedError, EndpointSilentError, Line
from app.model.probe import PlainAnswer

_HTTP = b"HTTP/"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LOCATION = re.compile(rb"\r?\n[Ll]ocation:[ \t]*([^\r\n]{1,2000})")
_HEADERS = 16 * 1024
_REDIRECTS = range(300, 400)


def ask_http(address: str, port: int, host: str, deadline: float, patience: float) -> tuple[PlainAnswer, str]:
    """Status and the scheme and host of a redirect; never a path, which could carry what is private."""
    request = (
        f"GET / HTTP/1.1\r\nHost: {_host(host, port)}\r\nUser-Agent: netattest\r\nConnection: close\r\n\r\n"
    )
    try:
        with Line(address, port, min(deadline, time.monotonic() + patience)) as line:
            line.send(request.encode("ascii", "ignore"))
            head = _head(line)
    except (EndpointClosedError, EndpointSilentError):
        return PlainAnswer.NONE, ""
    return _read(head)


def _place(target: str) -> str:
    """Host and port of a URL, without user information; empty where there is no such thing."""
    try:
        parts = urlsplit(target)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return f"{host}:{port}" if port else host


def _host(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port == 80 else f"{shown}:{port}"  # noqa: PLR2004  the port of http


def _head(line: Line) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and len(data) < _HEADERS:
        chunk = line.receive()
        if not chunk:
            break
        data += chunk
        if data[: len(_HTTP)] != _HTTP[: len(data)]:
            break  # a banner, or anything else that will not become an answer
    return data[:_HEADERS].partition(b"\r\n\r\n")[0]


def _read(head: bytes) -> tuple[PlainAnswer, str]:
    status = _STATUS.match(head)
    if status is None:
        return (PlainAnswer.OTHER if head else PlainAnswer.NONE), ""
    location = _LOCATION.search(head)
    target = location[1].decode("ascii", "replace").strip() if location else ""
    if int(status[1]) in _REDIRECTS and target.lower().startswith("https://"):
        return PlainAnswer.REDIRECT, f"https://{_place(target)}"
    return PlainAnswer.CONTENT, ""
