"""Key and certificate on disk. The private key is a file of mode 0600, encrypted where a passphrase is given.

ECDSA on P-256 with SHA-256: small, and understood by every PDF reader (Ed25519 is not, as of 2026).
"""

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from app.errors import ConfigurationError
from app.model.canonical import canonical_json

VALID_FOR = timedelta(days=3653)
"""Ten years: longer than the six that 45 CFR 164.316(b)(2)(i) asks to keep documentation for."""

_MODE = 0o600
_FOLDER_MODE = 0o700
_SIGNERS = (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)
_SECRET = 32  # bytes of a key for pseudonyms
_SHORTEST_RSA = 2048  # bits; NIST SP 800-131A


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Where key and certificate are, PEM; further certificates of the certificate file are intermediate ones."""

    key: Path
    certificate: Path
    passphrase: bytes | None = field(default=None, repr=False)

    @classmethod
    def in_folder(cls, folder: Path, passphrase: bytes | None = None) -> "KeyFiles":
        """The usual names in a folder."""
        return cls(folder / "seal.key", folder / "seal.crt", passphrase)

    @property
    def retired(self) -> Path:
        """Folder of certificates that sealed earlier reports, and of the statements that name their successors."""
        return self.certificate.parent / "retired"


@dataclass(frozen=True)
class KeyPair:
    """A usable key with its certificate, as DER."""

    certificate: bytes
    key: bytes = field(repr=False)
    intermediates: tuple[bytes, ...] = ()

    @property
    def parsed(self) -> x509.Certificate:
        """The certificate."""
        return x509.load_der_x509_certificate(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as `verify --pin` takes it."""
        return fingerprint_of(self.parsed)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate's DER form, 64 lower-case hexadecimal characters."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def create_key(files: KeyFiles, name: str, now: datetime) -> KeyPair:
    """Make a key and a self-signed certificate for it.

    Args:
        files: where to write; neither file may exist.
        name: common name of the certificate: who stands behind the evidence.
        now: begin of the certificate's validity.

    Raises:
        ConfigurationError: a file is there already, or cannot be written.
    """
    for path in (files.key, files.certificate):
        if path.exists():
            raise ConfigurationError(
                f"{path} is there already",
                advice="use it, or replace it with `netattest key rotate`, which keeps the old certificate",
            )
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(private, name, now)
    protection = (
        serialization.BestAvailableEncryption(files.passphrase)
        if files.passphrase
        else serialization.NoEncryption()
    )
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    _write_new(files.key, pem)
    _write_new(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
    return load_key(files)


def load_key(files: KeyFiles) -> KeyPair:
    """Read key and certificate, and see that they belong together.

    Raises:
        ConfigurationError: a file cannot be read, the passphrase is wrong, others may read the key, or the pair cannot
            sign.
    """
    _refuse_shared(files.key)
    certificates = _certificates(files.certificate)
    key = _private_key(files)
    if key.public_key() != certificates[0].public_key():
        raise ConfigurationError(
            f"{files.key} is not the key of the first certificate in {files.certificate}",
            advice="name the two files that belong together, the signing certificate first",
        )
    der = serialization.Encoding.DER
    return KeyPair(
        certificates[0].public_bytes(der),
        key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        tuple(item.public_bytes(der) for item in certificates[1:]),
    )


@dataclass(frozen=True)
class Rotation:
    """A key that took over from another."""

    old: KeyPair
    new: KeyPair
    statement: Path  # `netattest/succession/v1`, beside the old certificate
    signature: Path  # the old key's signature over the statement


def rotate_key(
    files: KeyFiles, name: str, now: datetime, sign: Callable[[bytes, KeyPair], bytes]
) -> Rotation:
    """Replace the key by a new one; the old private key is removed after it has named its successor.

    Args:
        files: where both are, and stay.
        name: common name of the new certificate; empty takes the old one's.
        now: begin of its validity.
        sign: makes a detached signature with a key.

    Raises:
        ConfigurationError: as `load_key` and `create_key`.
    """
    old = load_key(files)
    fresh = KeyFiles(_fresh(files.key), _fresh(files.certificate), files.passphrase)
    new = create_key(fresh, name or _common_name(old), now)
    said = succession(old, new, now)
    stem = files.retired / old.fingerprint[:16]
    rotation = Rotation(old, new, Path(f"{stem}.succession.json"), Path(f"{stem}.succession.json.p7s"))
    _write_new(Path(f"{stem}.crt"), old.parsed.public_bytes(serialization.Encoding.PEM))
    _write_new(rotation.statement, said)
    _write_new(rotation.signature, sign(said, old))
    fresh.key.replace(files.key)
    fresh.certificate.replace(files.certificate)
    return rotation


def keep_secret(path: Path) -> bytes:
    """32 random bytes in a file of mode 0600, made when it is not there.

    Raises:
        ConfigurationError: it cannot be read or written, others may read it, or it is not such a file.
    """
    if not path.exists():
        _write_new(path, secrets.token_hex(_SECRET).encode())
    _refuse_shared(path)
    try:
        key = bytes.fromhex(_read(path).decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) < _SECRET:
        raise ConfigurationError(
            f"{path} is not a key of pseudonyms",
            advice=f"it holds {2 * _SECRET} hexadecimal digits, and nothing else",
        )
    return key


def _common_name(pair: KeyPair) -> str:
    names = pair.parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else "netattest evidence"


def _fresh(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def succession(old: KeyPair, new: KeyPair, now: datetime) -> bytes:
    """Say that one certificate takes over from another: `netattest/succession/v1`."""
    return canonical_json(
        {
            "schema": "netattest/succession/v1",
            "at": now.isoformat(timespec="seconds"),
            "before": old.fingerprint,
            "after": new.fingerprint,
            "certificate": new.parsed.public_bytes(serialization.Encoding.PEM).decode(),
        }
    )


def _self_signed(private: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public = private.public_key()
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # for clocks that are a little behind
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(private, hashes.SHA256())
    )


def _write_new(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror or error}",
            advice="choose another folder with --directory, or in the settings under `sealing`",
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror or error}",
            advice="make a key with `netattest key create`, or correct `sealing` in the settings",
        ) from error


def _refuse_shared(path: Path) -> None:
    # A Secret that is mounted for a pod's group is readable by that group, so the group may read, and no more.
    if path.is_file() and path.stat().st_mode & 0o027:
        raise ConfigurationError(
            f"{path} may be read or changed by others, who could then sign as you",
            advice=f"run `chmod 600 {path}`",
        )


def _certificates(path: Path) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise ConfigurationError(
            f"{path} holds no certificate in PEM form", advice="convert it with `openssl x509 -inform DER`"
        ) from error


def _private_key(files: KeyFiles) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(_read(files.key), files.passphrase)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{files.key} cannot be opened: {error}",
            advice="give the passphrase in NETATTEST_SEAL_PASSPHRASE or as sealing.passphrase_file",
        ) from error
    if not isinstance(key, _SIGNERS) or (isinstance(key, rsa.RSAPrivateKey) and key.key_size < _SHORTEST_RSA):
        raise ConfigurationError(
            f"{files.key} is neither an ECDSA key nor an RSA key of at least {_SHORTEST_RSA} bits",
            advice="PDF readers understand those two; make one with `netattest key create`",
        )
    return key
