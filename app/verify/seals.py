"""Signatures and time-stamps: is the file what was signed, by whom, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.model.verification import Part, Statement, Trust, fails, holds, unchecked
from app.verify.cms import Signature, read_detached, read_embedded
from app.verify.package import Package

_CLOCKS_DIFFER = timedelta(hours=1)
_UNSIGNED = (
    "it is not signed: whoever handed it over could have made all of it; what follows shows only that it agrees with"
    " itself"
)


@dataclass(frozen=True)
class Seal:
    """What the signatures of a package say; empty `signer` when there are none."""

    statements: tuple[Statement, ...]
    signer: str = ""
    at: datetime | None = None


def check_seals(package: Package, trust: Trust) -> Seal:
    """Check every signature of a package: that over the manifest, and those inside its PDFs."""
    signatures = tuple(_signatures(package, trust))
    if not signatures:
        missing = fails if trust.signed or trust.named else unchecked
        return Seal((missing(Part.SIGNATURE, _UNSIGNED),))
    statements: list[Statement] = []
    for what, signature in signatures:
        statements += _told(what, signature, trust)
    statements += _one_signer(signatures)
    statements += _left_out(package)
    first = signatures[0][1]
    return Seal(tuple(statements), first.fingerprint, first.stamped_at or first.claimed_at)


def _signatures(package: Package, trust: Trust) -> Iterator[tuple[str, Signature]]:
    if package.manifest is not None and package.signature is not None:
        yield "the manifest", read_detached(package.manifest, package.signature, trust)
    for name, pdf in package.pdfs.items():
        if pdf.signatures:
            yield name, read_embedded(pdf, trust)


def _told(what: str, signature: Signature, trust: Trust) -> Iterator[Statement]:
    """Statements on one signature; nothing is said about time-stamp or signer when the bytes are not the signed ones."""
    if signature.problem:
        yield fails(Part.SIGNATURE, f"{what}: {signature.problem}")
        return
    yield holds(Part.SIGNATURE, f"{what} is byte for byte what was signed")
    if signature.extras:
        yield fails(Part.SIGNATURE, f"{what}: its signature says more than that", signature.extras)
    yield _signer(what, signature, trust)
    yield _time(what, signature, trust)
    yield from _clock(what, signature)


def _signer(what: str, signature: Signature, trust: Trust) -> Statement:
    by = f"{signature.subject}, certificate SHA-256 {signature.fingerprint}"
    if signature.outside_validity:
        return fails(Part.SIGNATURE, f"{what}: {signature.outside_validity}")
    if trust.named and not signature.trusted:
        return fails(Part.SIGNATURE, f"{what} is signed by another key than the one named: {by}")
    if trust.named:
        return holds(Part.SIGNATURE, f"{what} is signed by the named key: {by}")
    return unchecked(
        Part.SIGNATURE,
        f"{what} is signed by an unpinned key: {by}. Compare this with what you have from elsewhere (--pin, --trust):"
        " anyone can make a key of that name",
    )


def _time(what: str, signature: Signature, trust: Trust) -> Statement:
    if signature.stamp_problem:
        return fails(Part.TIME, f"{what}: {signature.stamp_problem}")
    if signature.stamped_at is None:
        claimed = (
            f"; the signer's own clock says {signature.claimed_at:%Y-%m-%d %H:%M:%S %Z}"
            if signature.claimed_at
            else ""
        )
        missing = fails if trust.stamped else unchecked
        return missing(
            Part.TIME,
            f"{what} has no time-stamp: nothing but the signer's word tells when it was signed{claimed}",
        )
    at = f"{signature.stamped_at:%Y-%m-%d %H:%M:%S} UTC"
    authority = f"{signature.authority}, certificate SHA-256 {signature.authority_fingerprint}"
    known = "the named authority" if trust.authorities else "an authority that is not pinned (--tsa-trust)"
    return holds(Part.TIME, f"{what} existed at {at}, says {known}: {authority}")


def _clock(what: str, signature: Signature) -> Iterator[Statement]:
    """A signer's clock that is far from the time-stamp: viewers show it, and nothing but the signer's word is behind it."""
    claimed, stamped = signature.claimed_at, signature.stamped_at
    if claimed and stamped and abs(claimed - stamped) > _CLOCKS_DIFFER:
        says = f"{what} was signed at {claimed:%Y-%m-%d %H:%M:%S %Z}, says its signer's own clock, which the time-stamp does not bear out"
        yield unchecked(Part.TIME, says)


def _one_signer(signatures: tuple[tuple[str, Signature], ...]) -> Iterator[Statement]:
    signers = {item.fingerprint for _, item in signatures if not item.problem}
    if len(signers) > 1:
        yield fails(Part.SIGNATURE, "manifest and PDF are signed by different keys", sorted(signers))


def _left_out(package: Package) -> Iterator[Statement]:
    """In a signed package everything is signed: a signature that was taken off is told."""
    if package.manifest is not None and package.signature is None:
        yield fails(Part.SIGNATURE, "the PDF is signed, but the manifest beside it is not")
    for name, pdf in package.pdfs.items():
        if not pdf.signatures:
            yield fails(Part.SIGNATURE, f"the manifest is signed, but {name} is not")
