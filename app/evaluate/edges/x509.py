"""X.509 certificates → their facts. Reading only: nothing here trusts what it reads."""

import base64
import binascii
import hashlib
import warnings
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.model.certificate import X509

_MOST = 64  # certificates in one bundle; a trust bundle of a mesh has a handful
_RSA_BITS = 2048  # NIST SP 800-131A Rev. 2: shorter keys are disallowed
_EC_BITS = 224
_WEAK_HASHES = ("md5", "sha1")  # the same source, for signatures


def from_pem(text: str) -> tuple[X509, ...]:
    """Certificates of a PEM bundle, in order; what is no certificate is left out."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    parts = [part.partition(end)[0] for part in text.split(begin)[1:]]
    return from_base64(parts)


def from_base64(parts: Iterable[str]) -> tuple[X509, ...]:
    """Certificates of DER bytes in base64, in order; what is no certificate is left out."""
    found = []
    for part in list(parts)[:_MOST]:
        try:
            found.append(_read(base64.b64decode("".join(part.split()), validate=True)))
        except (ValueError, binascii.Error, UnsupportedAlgorithm, TypeError):
            continue
    return tuple(found)


def _read(der: bytes) -> X509:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # serial numbers that RFC 5280 forbids are still facts
        value = x509.load_der_x509_certificate(der)
        key, bits = _key(value)
        signature = _signature(value)
        self_signed = _is_self_signed(value)
        return X509(
            subject=value.subject.rfc4514_string(),
            issuer=value.issuer.rfc4514_string(),
            names=_names(value),
            not_before=value.not_valid_before_utc,
            not_after=value.not_valid_after_utc,
            serial=f"{value.serial_number:x}",
            key=key,
            signature=signature,
            authority=_is_authority(value),
            self_signed=self_signed,
            fingerprint=hashlib.sha256(value.public_bytes(Encoding.DER)).hexdigest(),
            weak=tuple(_weak(key, bits, "" if self_signed else signature)),
        )


def _names(value: x509.Certificate) -> tuple[str, ...]:
    try:
        found = value.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        common = value.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(item.value) for item in common)
    texts = [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]
    texts += found.get_values_for_type(x509.UniformResourceIdentifier)
    return tuple(sorted(texts))


def _key(value: x509.Certificate) -> tuple[str, int]:
    key = value.public_key()
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}", key.key_size
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}", key.key_size
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}", key.key_size
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 0
        case ed448.Ed448PublicKey():
            return "Ed448", 0
        case _:
            return type(key).__name__, 0


def _signature(value: x509.Certificate) -> str:
    try:
        found = value.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return value.signature_algorithm_oid.dotted_string
    return found.name if found else "ed25519 or ed448"


def _is_authority(value: x509.Certificate) -> bool:
    try:
        return value.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_self_signed(value: x509.Certificate) -> bool:
    """Issuer and subject are one, and its key verifies it; where the library has no such algorithm any more, the names alone tell."""
    if value.subject != value.issuer:
        return False
    try:
        value.verify_directly_issued_by(value)
    except InvalidSignature:
        return False
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return True  # SHA-1 among them
    return True


def _weak(key: str, bits: int, signature: str) -> Iterable[str]:
    """Why it is weak; nobody relies on the signature of a certificate that signs itself, so none is given for it."""
    if key.startswith(("RSA", "DSA")) and bits < _RSA_BITS:
        yield f"its key is {key}"
    if key.startswith("EC ") and bits < _EC_BITS:
        yield f"its key is {key}"
    if signature in _WEAK_HASHES:
        yield f"it is signed with {signature}"
