"""One whole handshake by the standard library: the served chain, whether it is trusted, whether a client must show one.

The handshake runs over memory, so that time and bytes stay under our own limits whatever the server does.
"""

import base64
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from app.collect.tls.line import EndpointClosedError, EndpointSilentError, Line
from app.model.encryption import Known

# OpenSSL's X509_V_ERR codes: the authority is not known.
_UNKNOWN_AUTHORITY = (2, 19, 20, 21)
_WORDS = {
    9: "it is not valid yet",
    10: "it is expired",
    18: "it is self-signed",
    62: "it does not carry the name",
    64: "it does not carry the address",
}
_LONGEST_CHAIN = 10
_DEMANDS = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN")
# a demand where a certificate was asked for; else it says that there is nothing in common
_MAY_DEMAND = "HANDSHAKE_FAILURE"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a whole handshake showed. `chain` is DER in base64, leaf first."""

    chain: tuple[str, ...]
    trusted: Known
    trust_says: str
    client_certificate: Known


@dataclass(frozen=True)
class Handshake:
    """Handshakes with one address.

    Attributes:
        address: where to connect.
        port: likewise.
        name: server name to send; empty where there is only an address.
        deadline: when to give up, in monotonic seconds.
        patience: seconds that one connection may take.
        anchors: a PEM file beside the public authorities, None for these alone.
        asks: the server asked for a certificate of its client in an earlier greeting.
    """

    address: str
    port: int
    name: str
    deadline: float
    patience: float
    anchors: Path | None = None
    asks: bool = False

    def show(self) -> Shown:
        """Two handshakes: one that trusts anything, to see the chain; one that verifies it."""
        try:
            chain, demanded = self._chain()
        except (EndpointClosedError, EndpointSilentError, ValueError):
            # it answered greetings and has had enough, or its name is none that can be asked for
            chain, demanded = (), Known.UNKNOWN
        if not chain:
            says = "no certificate was seen"
            return Shown((), Known.UNKNOWN, says, demanded)
        try:
            trusted, says = self._verified()
        except (EndpointClosedError, EndpointSilentError):
            trusted, says = Known.UNKNOWN, "the verifying handshake did not come to an end"
        return Shown(chain, trusted, says, demanded)

    def _chain(self) -> tuple[tuple[str, ...], Known]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # to see what is served; nothing is believed because of it
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:COMPLEMENTOFDEFAULT:@SECLEVEL=0")
        session = _Session(self._line(), context, self.name)
        with session.line:
            try:
                session.handshake()
            except ssl.SSLError as error:
                return session.chain(), _demanded(error, asks=self.asks)
            except (EndpointClosedError, EndpointSilentError):
                return session.chain(), Known.UNKNOWN
            return session.chain(), session.demands_certificate(asks=self.asks)

    def _verified(self) -> tuple[Known, str]:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")  # versions and suites are judged apart
        if self.anchors is not None:
            context.load_verify_locations(cafile=self.anchors)
        session = _Session(self._line(), context, self.name or self.address)
        with session.line:
            try:
                session.handshake()
            except ssl.SSLCertVerificationError as error:
                return self._untrusted(error)
            except (ssl.SSLError, EndpointClosedError, EndpointSilentError):
                if not session.verified:
                    return Known.UNKNOWN, "the verifying handshake did not come to an end"
        return Known.YES, ""

    def _untrusted(self, error: ssl.SSLCertVerificationError) -> tuple[Known, str]:
        code = error.verify_code
        if code in _UNKNOWN_AUTHORITY:
            if self.anchors is None:
                return Known.UNKNOWN, "its authority is not public, and no anchors of your own are declared"
            return Known.NO, "its authority is neither public nor declared"
        return Known.NO, _WORDS.get(code, error.verify_message or "its chain does not verify")

    def _line(self) -> Line:
        return Line(self.address, self.port, min(self.deadline, time.monotonic() + self.patience))


def _demanded(error: ssl.SSLError, *, asks: bool) -> Known:
    """TLS 1.2 and older end the handshake where a certificate is missing, with an alert that has other reasons too."""
    reason = error.reason or ""
    told = any(word in reason for word in _DEMANDS) or (asks and _MAY_DEMAND in reason)
    return Known.YES if told else Known.UNKNOWN


class _Session:
    """A TLS session over memory."""

    def __init__(self, line: Line, context: ssl.SSLContext, name: str) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name or None)
        line.__enter__()
        self.line = _Entered(line)
        self.verified = False

    def handshake(self) -> None:
        """Bring it to its end."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
                continue
            self._flush()
            self.verified = True
            return

    def chain(self) -> tuple[str, ...]:
        """Served certificates; the leaf alone where the interpreter gives no more (before Python 3.13)."""
        chain = getattr(self._tls, "get_unverified_chain", None)
        found: list[bytes] = list(chain() or ()) if chain else []
        if not found:
            try:
                leaf = self._tls.getpeercert(binary_form=True)
            except ValueError:
                leaf = None
            found = [leaf] if leaf else []
        return tuple(base64.b64encode(item).decode() for item in found[:_LONGEST_CHAIN])

    def demands_certificate(self, *, asks: bool) -> Known:
        """TLS 1.3 refuses after the handshake, with the first bytes that the server sends; nothing is sent to it before."""
        if self._tls.version() != "TLSv1.3":
            return Known.NO
        try:
            self._feed()
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return Known.NO  # what came is no refusal: tickets for a next session
        except ssl.SSLError as error:
            return _demanded(error, asks=asks)
        except EndpointClosedError:
            return Known.UNKNOWN
        except EndpointSilentError:
            return Known.NO  # it waits for a request, so it took us as we are
        return Known.NO

    def _flush(self) -> None:
        if data := self._out.read():
            self.line.line.send(data)

    def _feed(self) -> None:
        data = self.line.line.receive()
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()


@dataclass(frozen=True)
class _Entered:
    """A line that is open already, to be closed by `with`."""

    line: Line

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.line.__exit__(None, None, None)
