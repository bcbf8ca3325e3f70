"""Which versions and cipher suites a server accepts: one greeting for each question, until it refuses."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.collect.tls.answer import Chosen, IncompleteError, NotTlsError, Refused, read_answer
from app.collect.tls.flight import Flight, read_flight, read_group_size
from app.collect.tls.hello import (
    SSL_3_0,
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    TLS_1_3,
    VERSIONS,
    Greeting,
    client_hello,
    suites_for,
)
from app.collect.tls.line import EndpointClosedError, EndpointSilentError, EndpointUnreachedError, Line
from app.collect.tls.suites import ALL_SUITES

T = TypeVar("T")


class Unanswered:
    """Nothing came: neither accepted nor refused."""


_ASKED = (TLS_1_2, TLS_1_3, TLS_1_1, TLS_1_0, SSL_3_0)
_FINITE = ("TLS_DHE_", "TLS_DH_anon_")  # suites that agree on a key in a finite field
_MOST_SUITES = 96  # greetings for one version; a server cannot have us ask for ever


@dataclass(frozen=True, slots=True)
class Spoken:
    """What greetings showed.

    `tls` is False where the port answers, and never with TLS. `unanswered` are versions of which something that was asked was
    not answered: the version itself, which is then neither accepted nor refused, or one of its suites. `chain` (DER in base64, leaf first) and `asks` (for a
    certificate of the client) are those of the first flight of the newest version that does not encrypt it. `group_bits` is the size of the
    Diffie-Hellman group of suites over a finite field, 0 where none of them is accepted or the group was not seen.
    """

    tls: bool
    accepted: tuple[str, ...]
    refused: tuple[str, ...]
    suites: dict[str, tuple[str, ...]]
    unanswered: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    asks: bool = False
    group_bits: int = 0


@dataclass(frozen=True)
class Greeter:
    """Greets one address.

    Attributes:
        address: where to connect.
        port: likewise.
        name: server name to send; empty where there is only an address.
        deadline: when to give up, in monotonic seconds.
        wait: called before each connection but the first: manners.
        patience: seconds that one connection may take.
    """

    address: str
    port: int
    name: str
    deadline: float
    wait: Callable[[], None]
    patience: float

    def greet(self) -> Spoken:
        """Ask for every version, then for the suites of those that are accepted.

        Raises:
            EndpointClosedError: nothing listens.
            EndpointSilentError: it accepts connections and never answers any.
        """
        accepted: dict[int, tuple[str, ...]] = {}
        refused: list[int] = []
        open_ended: set[int] = set()
        is_tls = False
        for index, version in enumerate(_ASKED):
            if index:
                self.wait()
            answer = self._ask(version, suites_for(version), first=not index)
            is_tls = is_tls or isinstance(answer, Chosen | Refused)
            if isinstance(answer, Chosen) and answer.version == version:
                accepted[version], whole = self._suites(version, answer)
                open_ended |= set() if whole else {version}
            elif isinstance(answer, Unanswered):
                open_ended.add(version)
            elif answer is not None:
                refused.append(version)
            elif not index:
                return Spoken(tls=False, accepted=(), refused=(), suites={})
        ordered = sorted(accepted)
        clear = [version for version in ordered if version <= TLS_1_2]  # TLS 1.3 encrypts its certificate
        flight = self._flight(clear[-1]) if clear else Flight((), asks=False)
        return Spoken(
            chain=flight.chain,
            asks=flight.asks,
            group_bits=self._group_bits(accepted),
            tls=is_tls,
            accepted=tuple(VERSIONS[version] for version in ordered),
            refused=tuple(VERSIONS[version] for version in sorted(refused)),
            suites={VERSIONS[version]: accepted[version] for version in ordered},
            unanswered=tuple(VERSIONS[version] for version in sorted(open_ended)),
        )

    def _flight(self, version: int) -> Flight:
        """The first flight of a version, which is not encrypted up to TLS 1.2; nothing where it does not come whole."""
        self.wait()
        try:
            return self._read(version, suites_for(version), read_flight) or Flight((), asks=False)
        except (NotTlsError, EndpointClosedError, EndpointSilentError):
            return Flight((), asks=False)

    def _group_bits(self, accepted: Mapping[int, tuple[str, ...]]) -> int:
        """The group for clients that know no named one, in the newest version with a suite that needs one."""
        for version in sorted(accepted, reverse=True):
            finite = [code for code in suites_for(version) if ALL_SUITES[code].startswith(_FINITE)]
            if set(accepted[version]) & {ALL_SUITES[code] for code in finite}:
                self.wait()
                try:
                    return self._read(version, finite, read_group_size, named=False) or 0
                except (NotTlsError, EndpointClosedError, EndpointSilentError):
                    return 0
        return 0

    def _suites(self, version: int, first: Chosen) -> tuple[tuple[str, ...], bool]:
        """Take each chosen suite off the offer and ask again, until nothing is left that the server takes; True if it came to that."""
        found, whole = [first.suite], True
        left = [code for code in suites_for(version) if code != first.suite]
        while left:
            self.wait()
            answer = self._ask(version, left, first=False)
            if isinstance(answer, Unanswered) or len(found) >= _MOST_SUITES:
                whole = False
                break
            if not isinstance(answer, Chosen) or answer.suite not in left or answer.version != version:
                break
            found.append(answer.suite)
            left.remove(answer.suite)
        return tuple(ALL_SUITES[code] for code in found), whole

    def _ask(
        self, version: int, suites: Sequence[int], *, first: bool
    ) -> Chosen | Refused | Unanswered | None:
        """One greeting; None for an answer that is not TLS.

        Some servers refuse by hanging up after a greeting, so only the first connection may fail for good. Silence, or no
        connection at all, refuses nothing: a server that is too busy to answer may accept it all the same.
        """
        try:
            return self._exchange(version, suites)
        except NotTlsError:
            return None
        except (EndpointUnreachedError, EndpointSilentError):
            if first:
                raise
            return Unanswered()
        except EndpointClosedError:
            if first:
                raise
            return Refused(0)

    def _exchange(self, version: int, suites: Sequence[int]) -> Chosen | Refused:
        return self._read(version, suites, read_answer) or Refused(0)

    def _read(
        self, version: int, suites: Sequence[int], read: Callable[[bytes], T], *, named: bool = True
    ) -> T | None:
        """Send one greeting and read until the reader has enough; None where it closes without a word."""
        deadline = min(self.deadline, time.monotonic() + self.patience)
        hello = client_hello(Greeting(version, suites, self.name, os.urandom(32), os.urandom(32), named))
        with Line(self.address, self.port, deadline) as line:
            line.send(hello)
            data = b""
            while chunk := line.receive():
                data += chunk
                try:
                    return read(data)
                except IncompleteError:
                    continue
            if data:
                raise NotTlsError("it ends in the middle of an answer")
        return None  # as some servers refuse a version
