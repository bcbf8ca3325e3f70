"""CMS signatures by pyHanko: PAdES in a PDF, detached beside any other file, both with a time-stamp where asked for."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from io import BytesIO
from typing import Any, TypeVar

from asn1crypto import keys, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.errors import SealError
from app.seal.authority import TimeAuthority
from app.seal.keys import KeyPair

FIELD = "Seal"
"""Name of the one signature field; it has no appearance, so no page changes."""

_DIGEST = "sha256"
_Value = TypeVar("_Value")


def sign_pdf(pdf: bytes, pair: KeyPair, authority: TimeAuthority | None, now: datetime) -> bytes:
    """Add a PAdES signature (ETSI EN 319 142-1, level B-B, or B-T with a time-stamp).

    Returns:
        The PDF and, after its last byte, one revision that holds the signature and nothing else: the bytes given stay
        the beginning of the file.

    Raises:
        SealError: the authority did not answer as it must.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm=_DIGEST, subfilter=fields.SigSeedSubFilter.PADES
    )
    signer = signers.PdfSigner(
        metadata, _signer(pair), timestamper=authority.client(now) if authority else None
    )
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    signed: BytesIO = _run(signer.async_sign_pdf(writer), authority)
    return signed.getvalue()


def sign_detached(data: bytes, pair: KeyPair, authority: TimeAuthority | None, now: datetime) -> bytes:
    """Sign bytes; the signature is a CMS SignedData without content, DER (RFC 5652), as `openssl cms` reads it.

    Raises:
        SealError: the authority did not answer as it must.
    """
    made = _signer(pair).async_sign_general_data(
        data,
        _DIGEST,
        detached=True,
        timestamper=authority.client(now) if authority else None,
        signed_attr_settings=PdfCMSSignedAttributes(signing_time=now),
    )
    signature: bytes = _run(made, authority).dump()
    return signature


def _signer(pair: KeyPair) -> signers.SimpleSigner:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([x509.Certificate.load(item) for item in pair.intermediates])
    return signers.SimpleSigner(
        x509.Certificate.load(pair.certificate), keys.PrivateKeyInfo.load(pair.key), store
    )


def _run(work: Coroutine[Any, Any, _Value], authority: TimeAuthority | None) -> _Value:
    try:
        return asyncio.run(work)
    except (TimestampRequestError, OSError, TimeoutError, ValueError) as error:
        if authority is None:
            raise
        raise SealError(
            f"the time-stamping authority {authority.url} gave no time-stamp: {str(error) or type(error).__name__}",
            advice="run it again later, correct sealing.timestamp_url, or add --unsigned for a report without a seal",
        ) from error
