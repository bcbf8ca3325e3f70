"""Of a TLS Secret only certificates are kept, and only where that was opted in: shown with a real key."""

from base64 import b64decode, b64encode

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.collect import ManifestSource
from app.collect.objects import identify, snapshot_object
from tests.certificates import self_signed

KEY, CERTIFICATE = self_signed("shop.example")


def secret(crt, namespace="shop", **more):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "web-tls", "namespace": namespace},
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": b64encode(crt).decode(), "tls.key": b64encode(KEY).decode(), **more},
    }


def kept(manifest, *namespaces):
    return snapshot_object(identify(manifest), manifest, certificates=namespaces)


def key_forms():
    """The key as it could hide in bytes: PEM lines, DER, its secret number; each also in base64."""
    key = load_pem_private_key(KEY, None)
    forms = [line for line in KEY.splitlines() if b"-----" not in line]
    forms += [key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())]
    forms += [key.private_numbers().private_value.to_bytes(32, "big")]
    return [*forms, *(b64encode(form) for form in forms), *(b64encode(form)[4:-4] for form in forms)]


FIELDS = {
    "the certificate alone": CERTIFICATE,
    "a key after it": CERTIFICATE + KEY,
    "a key before it": KEY + CERTIFICATE,
    "a key called a certificate": CERTIFICATE
    + b"-----BEGIN CERTIFICATE-----\n"
    + b"\n".join(KEY.splitlines()[1:-1])
    + b"\n-----END CERTIFICATE-----\n",
    "a comment that is the key": CERTIFICATE + b"# " + b64encode(KEY),
    "a key without an end": CERTIFICATE + KEY.splitlines()[0] + b"\n" + KEY.splitlines()[1],
}


@pytest.mark.parametrize("field", FIELDS)
def test_no_byte_of_a_private_key_leaves_the_collector(field):
    item = kept(secret(FIELDS[field], extra=b64encode(KEY).decode()), "shop")
    data = item.parsed()["data"]
    assert set(data) == {"tls.crt"}
    decoded = b64decode(data["tls.crt"])
    for form in key_forms():
        assert form not in item.body
        assert form not in decoded
    (found,) = x509.load_pem_x509_certificates(decoded)
    assert found == x509.load_pem_x509_certificate(CERTIFICATE)


@pytest.mark.parametrize("namespaces", [(), ("cart",), ("shop2", "sho")])
def test_without_opting_in_nothing_of_a_secret_is_kept(namespaces):
    body = kept(secret(CERTIFICATE), *namespaces).parsed()
    assert set(body) == {"apiVersion", "kind", "metadata", "type"}


@pytest.mark.parametrize(
    "crt", [b"", b"nonsense", KEY, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_not_kept(crt):
    assert "data" not in kept(secret(crt), "shop").parsed()


@pytest.mark.parametrize("data", [None, [], "text", {"tls.crt": 7}, {"tls.crt": "%%%"}, {"tls.crt": None}])
def test_a_wrong_type_does_not_stop_the_collector(data):
    assert "data" not in kept({**secret(CERTIFICATE), "data": data}, "shop").parsed()


def test_files_follow_the_same_rule(tmp_path):
    path = tmp_path / "secret.yaml"
    path.write_text(yaml.safe_dump(secret(CERTIFICATE + KEY)), encoding="utf-8")
    (closed,) = ManifestSource([path]).collect().objects
    (opened,) = ManifestSource([path], certificates=("shop",)).collect().objects
    assert "data" not in closed.parsed()
    assert set(opened.parsed()["data"]) == {"tls.crt"}


def test_keeping_again_changes_nothing():
    first = kept(secret(CERTIFICATE + KEY), "shop")
    assert kept(dict(first.parsed()), "shop") == first
