import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collect.masking import (
    MASK,
    is_suspicious,
    masked_arguments,
    masked_text,
    masked_tree,
    names_a_secret,
)

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nAbC\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("--password=hunter2", f"--password={MASK}"),
        ("--db-password hunter2 --port 80", f"--db-password {MASK} --port 80"),
        ("PGPASSWORD=hunter2 psql -h db", f"PGPASSWORD={MASK} psql -h db"),
        ("export API_KEY='a b c'; run", f"export API_KEY='{MASK}'; run"),
        ('token: "abc def"', f'token: "{MASK}"'),
        ('{"PSK": "abc", "Type": "wireguard"}', f'{{"PSK":"{MASK}","Type":"wireguard"}}'),
        ('say {"password":"abc"}', f'say {{"password":"{MASK}"}}'),
        (r"curl -d {\"password\":\"abc\"}", rf"curl -d {{\"password\":\"{MASK}\"}}"),
        ("secret_token: |\n  line one\n  line two\nmode: x", f"secret_token: |\n{MASK}mode: x"),
        ("Authorization: Basic YWxhZGRpbjpvcGVu", f"Authorization: {MASK}"),
        ("curl -H 'Cookie: session=1; b=2' x", f"curl -H 'Cookie: {MASK}' x"),
        ("the bearer is Bearer abcdef123", f"the bearer is Bearer {MASK}"),
        ("postgres://app:hunter2@db:5432/shop", f"postgres://{MASK}@db:5432/shop"),
        ("https://ghp_abc@git.example/x", f"https://{MASK}@git.example/x"),
        ("amqp://joe:p@ss/w:rd@mq:5672/%2f", f"amqp://{MASK}@mq:5672/%2f"),
        ("https://hooks.slack.com/services/T0/B0/x", f"https://hooks.slack.com/{MASK}"),
        ("https://a.webhook.office.com/webhookb2/x@y/z", f"https://a.webhook.office.com/{MASK}"),
        ("https://discord.com/api/webhooks/1/x_y", f"https://discord.com/api/webhooks/{MASK}"),
        ("curl -u admin:hunter2 https://x", f"curl -u {MASK} https://x"),
        ("mysql -uroot -phunter2 shop", f"mysql -uroot -p{MASK} shop"),
        ("redis-cli -a hunter2 ping", f"redis-cli -a {MASK} ping"),
        (f"key:\n{PEM}\nend", f"key:\n{MASK}\nend"),
        (f"see {JWT}.", f"see {MASK}."),
        ("id AKIAIOSFODNN7EXAMPLE", f"id {MASK}"),
        ("x ghp_0123456789abcdefghij y", f"x {MASK} y"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, masked):
    assert masked_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "--token-auth-file=/etc/kubernetes/tokens.csv",
        "--tls-private-key-file=/etc/tls/tls.key",
        "--service-account-token-ttl=1h",
        "--enable-network-policy=true",
        "--password=",
        "--password=$(DB_PASSWORD)",
        "--require-token=true",
        "secretName: tls-secret",
        '{"imagePullSecrets":null,"revision":"default"}',
        "docker-pullable://nginx@sha256:0123",
        "registry.example/app@sha256:0123",
        "http://registry.example:5000/app@sha256:0123",
        "http://app.example:8080/users/joe@example.com",
        "https://api.slack.com/apps",
        "a token may stand in prose",
        "the password policy is strict",
        "-p 8080",
        "calico_backend: bird",
        "tls_fips: enabled",
    ],
)
def test_what_is_no_secret_stays(text):
    assert masked_text(text) == text


@pytest.mark.parametrize(
    ("arguments", "masked"),
    [
        (["--token", "abc", "--port", "80"], ["--token", MASK, "--port", "80"]),
        (["--token=a,b c{d}"], [f"--token={MASK}"]),
        (["--token", "--port"], ["--token", "--port"]),
        (["--token", "$(TOKEN)"], ["--token", "$(TOKEN)"]),
        (["mysql", "-u", "root", "-p", "hunter2"], ["mysql", "-u", "root", "-p", MASK]),
        (["/usr/bin/mysqldump", "-phunter2"], ["/usr/bin/mysqldump", f"-p{MASK}"]),
        (["curl", "-u", "a:b", "x"], ["curl", "-u", MASK, "x"]),
        (["sh", "-c", "PASSWORD=abc run"], ["sh", "-c", f"PASSWORD={MASK} run"]),
        (["serve", "-p", "8080"], ["serve", "-p", "8080"]),
        (["--x", 5, None], ["--x", 5, None]),
    ],
)
def test_a_command_line_is_masked_across_its_arguments(arguments, masked):
    assert masked_arguments(arguments) == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"password": "x", "user": "a"}, {"password": MASK, "user": "a"}),
        ({"pin": {"secret": 1234}}, {"pin": {"secret": MASK}}),
        ({"secretName": "tls", "credentialName": "c"}, {"secretName": "tls", "credentialName": "c"}),
        (
            {"tokenReview": True, "passwordSecretRef": {"name": "x"}},
            {"tokenReview": True, "passwordSecretRef": {"name": "x"}},
        ),
        ([{"name": "Authorization", "value": "abc"}], [{"name": "Authorization", "value": MASK}]),
        ({"spec": {"token": ""}}, {"spec": {"token": ""}}),
    ],
)
def test_a_tree_is_masked_by_the_names_of_its_fields(value, masked):
    assert masked_tree(value) == masked


@pytest.mark.parametrize(
    "name", ["password", "DB_PASSWD", "apiKey", "wifi-psk", "X-Auth-Token", "AWS_SECRET_ACCESS_KEY"]
)
def test_names_of_secrets_are_known(name):
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name", ["secretName", "token-file", "passwordSecretRef", "wg-pub-key", "keyboard", "PublicKey", "upsks"]
)
def test_names_about_secrets_are_not_names_of_secrets(name):
    assert not names_a_secret(name)


def test_masking_again_changes_nothing():
    text = (
        f"PASSWORD=abc --token x\nAuthorization: Bearer abcdefg\nhttps://a:b@c/ {PEM}\nmysql -px\ncurl -u a:b"
    )
    assert masked_text(masked_text(text)) == masked_text(text)


@pytest.mark.timeout(20)
@given(st.text(alphabet="password=:token -'\"\\{}|>\n\tu@/eyJ.", max_size=300))
def test_masking_never_hangs_and_is_stable(text):
    once = masked_text(text)
    assert masked_text(once) == once


@given(
    st.sampled_from([PEM, JWT, "AKIAIOSFODNN7EXAMPLE", "https://a:b@c", "Bearer abcdefghij"]),
    st.text(max_size=20),
)
def test_shapes_of_secrets_are_seen_in_canonical_json(shape, around):
    assert is_suspicious(orjson.dumps({"x": f"{around} {shape} "}))
