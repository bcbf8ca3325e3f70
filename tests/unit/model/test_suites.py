"""Which suites are weak, by both kinds of names."""

import pytest

from app.model.suites import is_weak, listed_suites

WEAK = (
    "TLS_RSA_WITH_AES_128_GCM_SHA256",  # static RSA
    "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256",  # a static curve, unlike ECDHE
    "TLS_DH_DSS_WITH_AES_128_CBC_SHA",
    "TLS_PSK_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    "AES128-GCM-SHA256",  # static RSA, as OpenSSL writes it
    "CAMELLIA256-SHA",
    "ECDH-RSA-AES128-SHA",
    "DES-CBC3-SHA",
    "ADH-AES128-SHA",
    "DHE-RSA-SEED-SHA",
    "TLS_DHE_RSA_WITH_SEED_CBC_SHA",  # one suite by both names
)
STRONG = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "HIGH",  # a keyword: what it stands for is not known
)


@pytest.mark.parametrize("name", WEAK)
def test_weak(name):
    assert is_weak(name)


@pytest.mark.parametrize("name", STRONG)
def test_not_weak(name):
    assert not is_weak(name)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA", ("ECDHE-RSA-AES128-GCM-SHA256", "AES128-SHA")),
        ("TLS_AES_128_GCM_SHA256, ECDHE-RSA-AES128-SHA", ("TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-SHA")),
        ("HIGH:!aNULL:!MD5", ()),
        ("ECDHE-RSA-AES128-SHA:@SECLEVEL=0", ()),
        ("ECDHE+AESGCM", ()),
        ("", ()),
    ],
)
def test_a_cipher_list_with_keywords_lists_nothing_for_certain(text, names):
    assert listed_suites(text) == names
