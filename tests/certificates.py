"""Real certificates and keys for tests, made anew each time."""

import base64
import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2036, 1, 1, tzinfo=dt.UTC)


def self_signed(name, start=START, end=END):
    """(key, certificate), both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.PEM)


def issued(name, bits=2048, end=END):
    """One certificate (base64 of DER) with an RSA key, signed by an authority that is not in the chain."""
    subject, above = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, "authority")
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above)
        .public_key(rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


# For shop.example, signed with SHA-1, which the library at hand verifies and no longer makes; its key is kept nowhere.
BY_SHA1 = (
    "MIIBJjCBzwIUKrEkWghgb9ygw2qxFsl2YayeJsEwCQYHKoZIzj0EATAYMRYwFAYDVQQDDA1vbGQtYXV0aG9yaXR5MB4XDTI2MTEy"
    "NzAzMzAwOVoXDTQ2MTEyMjAzMzAwOVowFzEVMBMGA1UEAwwMc2hvcC5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
    "59reoA1CqG7PZI3bMlcWcjVXfWNcfdp1OZM+fRrlYd/0Us6jisfgj4yXDHwsXy9vmJUXDRPZqMv1vJ4clkvl6DAJBgcqhkjOPQQB"
    "A0cAMEQCIF5z8siPtogzNNd0f6ik9J8SUDsjf+59fb6p27MJ+TI8AiBPowl0DJ5g6T634Yzs6C81F1IC49dIMXfDYTJTHgqyOA=="
)
# An authority that signed itself with SHA-1.
ROOT_BY_SHA1 = (
    "MIIBhDCCASqgAwIBAgIUOWaWhEJI3IIMTqnH+JLNw0AaLa8wCQYHKoZIzj0EATAYMRYwFAYDVQQDDA1vbGQtYXV0aG9yaXR5MB4X"
    "DTI2MTEyNzA2MTIzMVoXDTQ2MTEyMjA2MTIzMVowGDEWMBQGA1UEAwwNb2xkLWF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49"
    "AwEHA0IABNl/1MokpDIKBFu2hy5bSMdVs1fHqyhh6VdA0J3xOoXVug1GBCKdPc3OZzW2dWKj2fmLxcAcF4EhGQJLvWj5HzWjUzBR"
    "MB0GA1UdDgQWBBQ0yEoTAyVZe9m7BbfjwddB/MS1vjAfBgNVHSMEGDAWgBQ0yEoTAyVZe9m7BbfjwddB/MS1vjAPBgNVHRMBAf8E"
    "BTADAQH/MAkGByqGSM49BAEDSQAwRgIhAOSbI88Y7b7W988q7TrdIrvGka9UXoAY4TvlQAaJ7Hk7AiEA3fyJKpO9n2b5Al+FzI89"
    "9xLKAT+Ud6YfCwOP9CoL9wE="
)
