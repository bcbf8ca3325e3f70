"""Certificates of one cluster: what is served, stored or promised. Never a private key."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.model.encryption import EvidenceStrength, Known
from app.model.identity import ObjectRef


class CertificateSource(StrEnum):
    """Where a certificate was seen, strongest first."""

    SERVED = "served"  # a handshake
    SECRET = "tls-secret"  # noqa: S105  `tls.crt` of a Secret, where reading was opted in
    TRUST_ROOT = "trust-root"  # a mesh's own anchor
    STATUS = "cert-manager"  # what the controller says of it
    PROVIDER = "provider"  # what the cloud says of a certificate that it keeps
    REFERENCE = "reference"  # an object names a Secret that was not read


@dataclass(frozen=True, slots=True)
class X509:
    """Facts of one X.509 certificate. Names as RFC 4514 text; times aware and in UTC.

    Attributes:
        names: DNS names and addresses of the subject alternative names, sorted; the common name where there are none.
        key: algorithm and size, as "RSA 2048", "EC secp256r1", "Ed25519".
        signature: as "sha256" or the algorithm's name.
        authority: it may sign others.
        self_signed: issuer and subject are one, and the key verifies it.
        fingerprint: SHA-256 of the DER bytes, hexadecimal.
        weak: why its key or its signature is no strong cryptography, one clause each.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    serial: str
    key: str
    signature: str
    authority: bool
    self_signed: bool
    fingerprint: str
    weak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate, or the promise of one.

    Attributes:
        id: `Certificate shop/web`, `Secret shop/web-tls`, `served shop.example:443`, `ConfigMap linkerd/…`.
        source: where it was seen.
        ref: the object.
        field: where in it.
        secret: `namespace/name` of the Secret that holds it; empty when none does.
        names: what it is for.
        not_before: None when not known.
        not_after: None when not known.
        renewal: when its controller will renew it; None when nobody said so.
        ready: its controller says that it is issued and current.
        issuer: who signed it, or who is asked to.
        self_signed: known to be signed by itself, or by an issuer that does so.
        x509: the certificate's own facts, where its bytes were seen.
        key: algorithm and size that its controller was asked for, written as in `X509`; empty where nobody was.
        chain: the certificates that were served or stored with it, itself left out.
        trusted: chain and name hold against the trust anchors that the prober was given.
        trust_says: one sentence about `trusted`.
        exposures: ids of the exposures that serve it, sorted.
        strength: how it is known.
    """

    id: str
    source: CertificateSource
    ref: ObjectRef
    field: str
    strength: EvidenceStrength
    secret: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    renewal: datetime | None = None
    ready: Known = Known.UNKNOWN
    issuer: str = ""
    self_signed: Known = Known.UNKNOWN
    x509: X509 | None = None
    chain: tuple[X509, ...] = ()
    trusted: Known = Known.UNKNOWN
    trust_says: str = ""
    exposures: tuple[str, ...] = ()
    key: str = ""
