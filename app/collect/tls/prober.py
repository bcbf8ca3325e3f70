"""Every declared endpoint, once, in bounded time: few at once, with pauses, and an answer whatever a server does."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue

from app.collect.tls.greet import Greeter, Spoken
from app.collect.tls.handshake import Handshake
from app.collect.tls.line import EndpointClosedError, EndpointSilentError
from app.collect.tls.places import AllowList, Place, Resolve, place_of, resolve
from app.collect.tls.plain import ask_http
from app.model.connections import Protocol
from app.model.edge import Endpoint
from app.model.encryption import Known
from app.model.probe import PlainAnswer, Probe, ProbeOutcome
from app.model.snapshot import SnapshotObject

_ANSWERS = {
    PlainAnswer.REDIRECT: "it answers plain text by a redirect to https",
    PlainAnswer.CONTENT: "it answers plain text with content",
    PlainAnswer.OTHER: "it speaks neither TLS nor HTTP",
    PlainAnswer.NONE: "it does not answer with TLS, and not to a request in plain text either",
}

_NOT_VERIFIED = "no handshake came to its end, so the chain was not verified"


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """Where a probe may go, and with how much patience.

    Attributes:
        allow: host patterns and CIDR blocks that may be connected to beside what the cluster's status reports.
        trust_anchors: PEM file of own authorities; None trusts the public ones alone.
        threads: endpoints at once.
        pause: seconds between two connections to one endpoint.
        connection_seconds: patience with one connection.
        endpoint_seconds: patience with one endpoint.
        total_seconds: patience with all of them.
    """

    allow: tuple[str, ...] = ()
    trust_anchors: Path | None = None
    threads: int = 4
    pause: float = 0.05
    connection_seconds: float = 5.0
    endpoint_seconds: float = 30.0
    total_seconds: float = 600.0


@dataclass(frozen=True)
class TlsProber:
    """Probes endpoints; `find` resolves names."""

    settings: ProbeSettings = field(default_factory=ProbeSettings)
    find: Resolve = resolve

    def probe(self, endpoints: Sequence[Endpoint]) -> tuple[SnapshotObject, ...]:
        """One object for each distinct TCP endpoint, sorted by identity. No server can stall it or make it fail."""
        wanted = {end.key: end for end in reversed(endpoints) if end.protocol is Protocol.TCP}
        deadline = time.monotonic() + self.settings.total_seconds
        waiting: SimpleQueue[Endpoint] = SimpleQueue()
        for key in sorted(wanted):
            waiting.put(wanted[key])
        done: dict[tuple[str, int], Probe] = {}
        threads = [
            threading.Thread(target=self._work, args=(waiting, done, deadline), daemon=True)
            for _ in range(min(self.settings.threads, len(wanted)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()) + self.settings.connection_seconds)
        probes = [done.get(key) or _untried(end) for key, end in wanted.items()]
        return tuple(sorted((item.stored() for item in probes), key=lambda item: item.ref))

    def _work(
        self, waiting: "SimpleQueue[Endpoint]", done: dict[tuple[str, int], Probe], deadline: float
    ) -> None:
        """Take endpoints until none is left or the time is up."""
        while time.monotonic() < deadline:
            try:
                endpoint = waiting.get_nowait()
            except Empty:
                return
            try:
                done[endpoint.key] = self._one(endpoint, deadline)
            except Exception as error:  # noqa: BLE001  an answer that nobody thought of must not end the scan
                says = f"the probe failed ({type(error).__name__})"
                done[endpoint.key] = _probe(endpoint, ProbeOutcome.SILENT, says)

    def _one(self, endpoint: Endpoint, deadline: float) -> Probe:
        place = place_of(endpoint, AllowList.of(self.settings.allow), self.find)
        if not place.address:
            outcome = ProbeOutcome.NOT_ALLOWED if place.refused else ProbeOutcome.NOT_TRIED
            return _probe(endpoint, outcome, f"it was not connected to: {place.why}")
        until = min(deadline, time.monotonic() + self.settings.endpoint_seconds)
        try:
            spoken = self._greeter(endpoint, place, until).greet()
        except EndpointClosedError as error:
            return _probe(endpoint, ProbeOutcome.CLOSED, f"nothing answers there: {error}", place)
        except EndpointSilentError as error:
            return _probe(endpoint, ProbeOutcome.SILENT, str(error), place)
        if spoken.tls:
            return self._encrypted(endpoint, place, spoken, until)
        answer, location = ask_http(
            place.address, endpoint.port, place.name or place.address, until, self.settings.connection_seconds
        )
        base = _probe(endpoint, ProbeOutcome.PLAIN, _ANSWERS[answer], place)
        return replace(base, plain=answer, location=location)

    def _greeter(self, endpoint: Endpoint, place: Place, until: float) -> Greeter:
        return Greeter(
            address=place.address,
            port=endpoint.port,
            name=place.name,
            deadline=until,
            wait=lambda: time.sleep(self.settings.pause),
            patience=self.settings.connection_seconds,
        )

    def _encrypted(self, endpoint: Endpoint, place: Place, spoken: Spoken, until: float) -> Probe:
        shown = Handshake(
            place.address,
            endpoint.port,
            place.name,
            until,
            self.settings.connection_seconds,
            self.settings.trust_anchors,
            spoken.asks,
        ).show()
        versions = ", ".join(spoken.accepted) or "no version that was offered"
        chain = shown.chain if len(shown.chain) > 1 or not spoken.chain else spoken.chain
        says = f"a handshake is accepted in {versions}"
        if spoken.unanswered:
            says += f"; not everything that was asked about {', '.join(spoken.unanswered)} was answered"
        base = _probe(endpoint, ProbeOutcome.TLS, says, place)
        return replace(
            base,
            accepted=spoken.accepted,
            refused=spoken.refused,
            suites=spoken.suites,
            unanswered=spoken.unanswered,
            group_bits=spoken.group_bits,
            chain=chain,
            trusted=shown.trusted,
            trust_says=shown.trust_says if shown.chain or not chain else _NOT_VERIFIED,
            client_certificate=Known.NO if not spoken.asks and spoken.chain else shown.client_certificate,
        )


def _probe(endpoint: Endpoint, outcome: ProbeOutcome, says: str, place: Place | None = None) -> Probe:
    host, port = endpoint.key
    return Probe(host, port, outcome, says, address=place.address if place else "")


def _untried(endpoint: Endpoint) -> Probe:
    return _probe(
        endpoint, ProbeOutcome.NOT_TRIED, "it was not connected to: the time for all probes was used up"
    )
