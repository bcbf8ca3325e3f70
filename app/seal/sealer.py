"""Signs what a report consists of: PDFs from within, everything else through its manifest."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from app.model.bundle import MANIFEST, SIGNATURE_SUFFIX, pack, unpack
from app.model.report import Artefact
from app.seal.authority import TimeAuthority
from app.seal.keys import KeyPair
from app.seal.signing import sign_detached, sign_pdf

SIGNATURE_TYPE = "application/pkcs7-signature"


class EvidenceSealer:
    """Implements `app.model.ports.Sealer`.

    Args:
        pair: whose signature it is.
        authority: time-stamps each signature; None leaves the time to the signer's own clock.
        now: the clock.
    """

    def __init__(self, pair: KeyPair, authority: TimeAuthority | None, now: Callable[[], datetime]) -> None:
        self._pair = pair
        self._authority = authority
        self._now = now

    def seal(self, artefacts: Iterable[Artefact]) -> tuple[Artefact, ...]:
        """Sign each artefact as its kind allows; HTML, JSON and CSV are covered by the manifest beside them.

        Raises:
            SealError: the authority did not answer as it must.
        """
        return tuple(sealed for artefact in artefacts for sealed in self._sealed(artefact))

    def signature(self, data: bytes) -> bytes:
        """A detached signature."""
        return sign_detached(data, self._pair, self._authority, self._now())

    def _sealed(self, artefact: Artefact) -> Iterator[Artefact]:
        if artefact.name.endswith(".pdf"):
            yield replace(artefact, body=self._pdf(artefact.body))
        elif artefact.name.endswith(".zip"):
            yield replace(artefact, body=self._bundle(artefact.body))
        else:
            yield artefact
        if artefact.name.endswith(MANIFEST):
            name = f"{artefact.name}{SIGNATURE_SUFFIX}"
            yield Artefact(name, SIGNATURE_TYPE, self.signature(artefact.body))

    def _pdf(self, body: bytes) -> bytes:
        return sign_pdf(body, self._pair, self._authority, self._now())

    def _bundle(self, body: bytes) -> bytes:
        """A bundle with its PDF signed, and a signature beside the manifest, whose bytes stay."""
        files = unpack(body)
        sealed = {name: self._pdf(item) if name.endswith(".pdf") else item for name, item in files.items()}
        return pack({**sealed, f"{MANIFEST}{SIGNATURE_SUFFIX}": self.signature(files[MANIFEST])})
