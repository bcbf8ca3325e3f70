"""What connecting to one declared endpoint showed. Stored as an object of the snapshot, so that it is judged again alike.

A probe holds no times and no durations: two nights that saw the same give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.model.canonical import canonical_json, digest
from app.model.encryption import Known
from app.model.fields import mapping, sequence, text
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import SnapshotObject

PROBE = GroupKind("probe.netattest", "EndpointProbe")  # never an object of a cluster: no collector lists it
SCHEMA = "netattest/probe/v1"


def written(host: str, port: int) -> str:
    """`host:port`, IPv6 addresses in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class ProbeOutcome(StrEnum):
    """How an attempt to connect ended."""

    TLS = "tls"  # the port speaks TLS
    PLAIN = "plain"  # it speaks, but not TLS
    CLOSED = "closed"  # refused, reset before a word, or no route
    SILENT = "silent"  # accepted, and nothing understandable came in time
    NOT_ALLOWED = "not-allowed"  # no declaration or allow-list covers where its name leads
    NOT_TRIED = "not-tried"  # no address, or the time for all probes was used up


class PlainAnswer(StrEnum):
    """What a port that does not speak TLS answers to an HTTP request."""

    REDIRECT = "redirect"  # to https
    CONTENT = "content"  # anything else that is HTTP
    OTHER = "other"  # not HTTP
    NONE = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One endpoint, as it answered.

    Attributes:
        host: as declared.
        port: likewise.
        outcome: how it ended.
        says: one sentence.
        address: the address that was connected to; empty when none was.
        accepted: protocol versions that a handshake was accepted in, oldest first ("SSL 3.0", "TLS 1.0" … "TLS 1.3").
        refused: versions that were asked for and refused.
        suites: accepted cipher suites by version, IANA names, in the order in which the server prefers them.
        unanswered: versions of which something that was asked was not answered: one that stands neither in `accepted` nor in
            `refused`, or one whose suites may be more than are listed.
        group_bits: size of the Diffie-Hellman group of suites over a finite field; 0 where none is accepted or it was not seen.
        chain: the served certificates, leaf first, DER in base64; the leaf alone where the library shows no more.
        trusted: the chain verifies against the prober's trust anchors and carries the name.
        trust_says: the library's words when it does not.
        client_certificate: the handshake is refused without one.
        plain: what an HTTP request in plain text is answered with.
        location: scheme and host of a redirect.
    """

    host: str
    port: int
    outcome: ProbeOutcome
    says: str
    address: str = ""
    accepted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    suites: Mapping[str, tuple[str, ...]] | None = None
    chain: tuple[str, ...] = ()
    trusted: Known = Known.UNKNOWN
    trust_says: str = ""
    client_certificate: Known = Known.UNKNOWN
    plain: PlainAnswer = PlainAnswer.NONE
    location: str = ""
    unanswered: tuple[str, ...] = ()
    group_bits: int = 0

    @property
    def name(self) -> str:
        """`host:port`, IPv6 addresses in brackets."""
        return written(self.host, self.port)

    @property
    def ref(self) -> ObjectRef:
        """Identity of the stored object."""
        return ObjectRef(PROBE.group, PROBE.kind, "", self.name)

    @property
    def by_version(self) -> Mapping[str, tuple[str, ...]]:
        """Accepted suites by version; empty where none are known."""
        return self.suites or {}

    def stored(self) -> SnapshotObject:
        """The probe as an object of a snapshot."""
        body = canonical_json(
            {
                "apiVersion": SCHEMA,
                "kind": PROBE.kind,
                "metadata": {"name": self.name},
                "host": self.host,
                "port": self.port,
                "outcome": self.outcome.value,
                "says": self.says,
                "address": self.address,
                "accepted": list(self.accepted),
                "refused": list(self.refused),
                "suites": {name: list(items) for name, items in self.by_version.items()},
                "chain": list(self.chain),
                "trusted": self.trusted.value,
                "trustSays": self.trust_says,
                "clientCertificate": self.client_certificate.value,
                "plain": self.plain.value,
                "location": self.location,
                **({"unanswered": list(self.unanswered)} if self.unanswered else {}),
                **({"groupBits": self.group_bits} if self.group_bits else {}),
            }
        )
        return SnapshotObject(self.ref, body, digest(body), "probe")


def read_probe(item: SnapshotObject) -> Probe | None:
    """The probe in a stored object; None for what this version does not understand or no probe wrote."""
    value = item.parsed()
    try:
        return _read(value) if value.get("apiVersion") == SCHEMA else None
    except (ValueError, KeyError, TypeError):
        return None


def _read(value: Mapping[str, Any]) -> Probe:
    return Probe(
        host=text(value["host"]),
        port=int(value["port"]),
        outcome=ProbeOutcome(value["outcome"]),
        says=text(value["says"]),
        address=text(value["address"]),
        accepted=tuple(sequence(value["accepted"])),
        refused=tuple(sequence(value["refused"])),
        suites={name: tuple(items) for name, items in mapping(value["suites"]).items()},
        chain=tuple(sequence(value["chain"])),
        trusted=Known(value["trusted"]),
        trust_says=text(value["trustSays"]),
        client_certificate=Known(value["clientCertificate"]),
        plain=PlainAnswer(value["plain"]),
        location=text(value["location"]),
        unanswered=tuple(sequence(value.get("unanswered"))),
        group_bits=int(value.get("groupBits") or 0),
    )
