"""One CMS signature, detached or inside a PDF, as pyHanko validates it (RFC 5652, ETSI EN 319 142-1, RFC 3161).

Nothing is fetched: no revocation list, no intermediate certificate that is not in the file or named by the user.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, x509
from pyhanko.sign.validation import async_validate_detached_cms, async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel, StandardCMSSignatureStatus
from pyhanko_certvalidator import ValidationContext

from app.model.verification import Trust
from app.verify.pdf import PdfFile
from app.verify.pdf_seal import beyond_attributes

_STAMPING = "time_stamping"  # extended key usage of RFC 3161, 2.3
_AHEAD = timedelta(
    minutes=5
)  # a report may be checked in the second in which it was stamped, by a clock that is behind


@dataclass(frozen=True)
class Signature:
    """What one signature says.

    Attributes:
        problem: why it is not a signature over these bytes; everything else is empty then.
        fingerprint: SHA-256 of the signer's certificate.
        trusted: it is one of those that the user named, or issued by one.
        outside_validity: why the certificate did not count when it signed; empty when it did.
        claimed_at: what the signer's clock said.
        stamped_at: what the authority said; None without a valid time-stamp.
        stamp_problem: why the time-stamp does not count.
        extras: what it says besides signing.
    """

    problem: str = ""
    subject: str = ""
    fingerprint: str = ""
    trusted: bool = False
    outside_validity: str = ""
    claimed_at: datetime | None = None
    stamped_at: datetime | None = None
    authority: str = ""
    authority_fingerprint: str = ""
    stamp_problem: str = ""
    extras: tuple[str, ...] = ()


Validate = Callable[[ValidationContext, ValidationContext], StandardCMSSignatureStatus]


def read_detached(data: bytes, signature: bytes, trust: Trust) -> Signature:
    """Validate a detached signature over bytes."""
    try:
        content = cms.ContentInfo.load(signature, strict=True)
        if content["content_type"].native != "signed_data":
            return Signature(problem="what stands beside it is not a signature")
        signed = content["content"]

        def validate(signers: ValidationContext, stamps: ValidationContext) -> StandardCMSSignatureStatus:
            return asyncio.run(async_validate_detached_cms(data, signed, signers, stamps))

        return replace(_signature(validate, trust), extras=tuple(beyond_attributes(signed)))
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001  a hostile signature fails in every way there is
        return Signature(problem=f"its signature cannot be read: {type(error).__name__}: {str(error)[:200]}")


def read_embedded(pdf: PdfFile, trust: Trust) -> Signature:
    """Validate the signature inside a PDF; it has to cover the file to its last byte."""
    try:
        embedded = _embedded(pdf)
        coverage = embedded.evaluate_signature_coverage()

        def validate(signers: ValidationContext, stamps: ValidationContext) -> StandardCMSSignatureStatus:
            # A fresh reader each time: pyHanko keeps what it found. Revisions are compared by `app.verify.pdf`.
            return asyncio.run(async_validate_pdf_signature(_embedded(pdf), signers, stamps, skip_diff=True))

        found = replace(_signature(validate, trust), extras=tuple(beyond_attributes(embedded.signed_data)))
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001  as above
        return Signature(problem=f"its signature cannot be read: {type(error).__name__}: {str(error)[:200]}")
    if found.problem or coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return found
    return Signature(problem="the signature does not cover the whole file: something was added after it")


def _embedded(pdf: PdfFile) -> EmbeddedPdfSignature:
    embedded: EmbeddedPdfSignature = pdf.reader().embedded_signatures[0]
    return embedded


def _signature(validate: Validate, trust: Trust) -> Signature:
    """Validate twice: first to learn who signed and stamped, then with what is trusted, at the time that counts."""
    seen = validate(_context((), trust.now), _context((), trust.now))
    if not seen.intact:
        return Signature(
            problem="the signature is over other bytes: the content was changed after it was signed"
        )
    if not seen.valid:
        return Signature(problem="the signature was not made by the key of its certificate")
    signer: x509.Certificate = seen.signing_cert
    stamp = seen.timestamp_validity
    at = stamp.timestamp.astimezone(UTC) if stamp and stamp.intact and stamp.valid else None
    stamp_problem = _stamp_problem(stamp, trust)
    moment = at if at is not None and not stamp_problem else trust.now
    return Signature(
        subject=signer.subject.human_friendly,
        fingerprint=signer.sha256.hex(),
        trusted=_trusted(validate, signer, trust, moment),
        outside_validity=_validity(signer, moment, proven=moment is at),
        claimed_at=seen.signer_reported_dt,
        stamped_at=None if stamp_problem else at,
        authority=stamp.signing_cert.subject.human_friendly if stamp else "",
        authority_fingerprint=stamp.signing_cert.sha256.hex() if stamp else "",
        stamp_problem=stamp_problem,
    )


def _trusted(validate: Validate, signer: x509.Certificate, trust: Trust, moment: datetime) -> bool:
    if signer.sha256.hex() in trust.pins:
        return True
    if not trust.certificates:
        return False
    roots = tuple(x509.Certificate.load(item) for item in trust.certificates)
    if signer.sha256 in {item.sha256 for item in roots}:
        return True
    return bool(validate(_context(roots, moment), _context((), moment)).trusted)


def _stamp_problem(stamp: Any, trust: Trust) -> str:
    """Why a time-stamp does not count; empty when it does, or when there is none."""
    if stamp is None:
        return ""
    if not (stamp.intact and stamp.valid):
        return "its time-stamp is over another signature"
    return _authority_problem(stamp, trust)


def _authority_problem(stamp: Any, trust: Trust) -> str:
    authority: x509.Certificate = stamp.signing_cert
    at = stamp.timestamp.astimezone(UTC)
    if not authority.not_valid_before <= at <= authority.not_valid_after:
        return (
            f"its time-stamp of {at:%Y-%m-%d %H:%M} UTC was made with a certificate that counts from"
            f" {authority.not_valid_before:%Y-%m-%d} to {authority.not_valid_after:%Y-%m-%d}: it had expired, or had not begun"
        )
    usage = authority.extended_key_usage_value
    if usage is None or _STAMPING not in usage.native:
        return f"its time-stamp comes from {authority.subject.human_friendly}, whose certificate is not for time-stamping"
    if at > trust.now + _AHEAD:
        return f"its time-stamp of {at:%Y-%m-%d %H:%M} UTC lies in the future of this machine's clock"
    if trust.authorities and not _authority_named(authority, trust):
        return (
            f"its time-stamp comes from another authority than the one named: {authority.subject.human_friendly},"
            f" certificate SHA-256 {authority.sha256.hex()}"
        )
    return ""


def _authority_named(authority: x509.Certificate, trust: Trust) -> bool:
    """True when the authority, or the one that issued its certificate, was named."""
    from cryptography import x509 as parsed  # noqa: PLC0415  only where authorities are named
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    leaf = parsed.load_der_x509_certificate(authority.dump())
    for item in trust.authorities:
        if item == authority.dump():
            return True
        try:
            leaf.verify_directly_issued_by(parsed.load_der_x509_certificate(item))
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False


def _validity(signer: x509.Certificate, moment: datetime, *, proven: bool) -> str:
    if signer.not_valid_before <= moment <= signer.not_valid_after:
        return ""
    span = f"{signer.not_valid_before:%Y-%m-%d} to {signer.not_valid_after:%Y-%m-%d}"
    if proven:
        return (
            f"it was signed on {moment:%Y-%m-%d}, outside the time for which the certificate counts: {span}"
        )
    return f"the certificate counts from {span}, which is not now, and no time-stamp that counts proves that it was signed then"


def _context(roots: tuple[x509.Certificate, ...], moment: datetime) -> ValidationContext:
    return ValidationContext(
        trust_roots=list(roots), moment=moment, allow_fetching=False, best_signature_time=moment
    )
