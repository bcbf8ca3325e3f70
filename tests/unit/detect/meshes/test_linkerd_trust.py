"""Linkerd's trust anchors, read from the public certificates in their ConfigMap."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.meshes import AT, cluster_of


def anchor(ends: datetime) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root.linkerd.cluster.local")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def weak(bundle: str) -> tuple[str, ...]:
    found = cluster_of(
        {
            "cluster": {
                "pods": {"shop/web": {"like": "linkerd"}, "shop/cart": {"like": "linkerd"}},
                "objects": [
                    {
                        "apiVersion": "v1",
                        "kind": "ConfigMap",
                        "metadata": {"name": "linkerd-identity-trust-roots", "namespace": "linkerd"},
                        "data": {"ca-bundle.crt": bundle},
                    }
                ],
            }
        }
    )
    return found.path("shop/web", "shop/cart:8080").weak


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        (AT - timedelta(days=1), "expired on 2026-11-22"),
        (AT + timedelta(days=30), "expire on 2026-12-23"),
    ],
)
def test_an_anchor_that_ends_weakens_every_path(ends, says):
    (found,) = weak(anchor(ends))

    assert found.endswith(says)


def test_an_anchor_that_lasts_says_nothing():
    assert weak(anchor(AT + timedelta(days=3650))) == ()


def test_the_longest_of_several_counts_while_they_are_rotated():
    assert weak(anchor(AT - timedelta(days=1)) + anchor(AT + timedelta(days=3650))) == ()


def test_what_is_no_certificate_is_said():
    (found,) = weak("-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n")

    assert "holds no certificates that can be read" in found
