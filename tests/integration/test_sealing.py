"""Keys, seals and verification as a person uses them, with a real database and time-stamp server."""

import json
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests import command
from tests import sealed as s

SHOP = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIPs: [{ip: 10.1.0.1}]}
"""
PASSPHRASE = "correct horse"


@pytest.fixture
def netattest(tmp_path, database_url):
    (tmp_path / "shop.yaml").write_text(SHOP)

    def run(*arguments, **settings):
        given = {
            "NETATTEST_DATABASE_URL": database_url.render_as_string(hide_password=False),
            "NETATTEST_DATA_DIR": str(tmp_path / "data"),
            **settings,
        }
        return command.run(*arguments, folder=tmp_path, settings=given)

    return run


def done(ended):
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_from_key_to_verified_report(netattest, tmp_path):
    key = json.loads(
        done(netattest("key", "create", "--name", "Acme", "--json", NETATTEST_SEAL_PASSPHRASE=PASSPHRASE))
    )
    assert stat.S_IMODE(Path(key["key"]).stat().st_mode) == 0o600
    assert b"ENCRYPTED" in Path(key["key"]).read_bytes()
    refused = netattest("key", "show")
    assert (refused.returncode, "NETATTEST_SEAL_PASSPHRASE" in refused.stderr) == (2, True)

    done(netattest("scan", "--cluster", "shop", "--from", "shop.yaml", "--taken-at", "2026-11-20"))
    authority = s.key_pair("Time authority", usage=s.STAMPING)
    (tmp_path / "tsa.crt").write_bytes(authority.parsed.public_bytes(Encoding.PEM))
    report = ("report", "--cluster", "shop", "--framework", "soc2", "--output", "out", "--json", "--format")
    with s.time_server(authority) as url:
        made = json.loads(
            done(
                netattest(
                    *(*report, "html,csv,bundle"),
                    NETATTEST_SEAL_PASSPHRASE=PASSPHRASE,
                    NETATTEST_SEALING__TIMESTAMP_URL=url,
                )
            )
        )
    endings = sorted(Path(item["path"]).name.split("2026-11-20.")[1] for item in made["files"])
    assert endings == ["bundle.zip", "csv", "html", "manifest.json", "manifest.json.p7s"]
    unreachable = netattest(
        *(*report, "csv"), NETATTEST_SEAL_PASSPHRASE=PASSPHRASE, NETATTEST_SEALING__TIMESTAMP_URL=url
    )
    assert unreachable.returncode == 4
    assert "gave no time-stamp" in unreachable.stderr
    assert "--unsigned" in unreachable.stderr

    # On a machine that has the files alone: another data folder, a database that does not exist.
    elsewhere = {
        "NETATTEST_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "NETATTEST_DATA_DIR": str(tmp_path / "other"),
    }
    strict = ("--pin", key["fingerprint"], "--tsa-trust", "tsa.crt", "--require-timestamp", "--no-pages")
    ended = netattest("verify", "out", *strict, "--json", **elsewhere)
    found = json.loads(done(ended))
    assert [item["complete"] for item in found["reports"]] == [False, True], (
        "HTML and CSV alone carry no evidence"
    )
    assert {item["signer"] for item in found["reports"]} == {key["fingerprint"]}

    told = done(netattest("verify", next((tmp_path / "out").glob("*.zip")), *strict, **elsewhere))
    assert told.endswith("Everything holds.\n")
    other = netattest("verify", "out", "--pin", "0" * 64, "--no-pages", **elsewhere)
    assert (other.returncode, "DOES NOT HOLD" in other.stdout, "Traceback" in other.stderr) == (
        5,
        True,
        False,
    )
    assert netattest("verify", "out", "--pin", "12").returncode == 2

    manifest = next((tmp_path / "out").glob("*.manifest.json"))
    stock = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        f"{manifest}.p7s",
        "-content",
        str(manifest),
    ]
    checked = subprocess.run(
        [*stock, "-CAfile", key["certificate"], "-purpose", "any", "-out", "/dev/null"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_a_rotated_key_names_its_successor_and_old_reports_still_verify(netattest, tmp_path):
    old = json.loads(done(netattest("key", "create", "--name", "Acme", "--json")))
    done(netattest("scan", "--cluster", "shop", "--from", "shop.yaml", "--taken-at", "2026-11-20"))
    report = ("report", "--cluster", "shop", "--framework", "soc2", "--format", "csv", "--output")
    done(netattest(*report, "before"))
    new = json.loads(done(netattest("key", "rotate", "--json")))
    done(netattest(*report, "after"))

    assert new["name"] == old["name"]
    assert new["fingerprint"] != old["fingerprint"]
    retired = Path(old["key"]).parent / "retired"
    statement = next(retired.glob("*.succession.json"))
    said = json.loads(statement.read_bytes())
    assert (said["before"], said["after"]) == (old["fingerprint"], new["fingerprint"])
    certificate = next(retired.glob("*.crt"))
    checked = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{statement}.p7s", "-content", str(statement),
         "-CAfile", str(certificate), "-purpose", "any", "-out", "/dev/null"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    for folder, good, bad in (("before", old, new), ("after", new, old)):
        done(netattest("verify", folder, "--pin", good["fingerprint"], "--no-pages"))
        assert netattest("verify", folder, "--pin", bad["fingerprint"], "--no-pages").returncode == 5
    done(netattest("verify", "before", "--trust", certificate, "--no-pages"))
    unsigned = json.loads(done(netattest(*report, "plain", "--unsigned", "--json")))
    assert len(unsigned["files"]) == 1


def test_a_key_that_others_may_read_and_a_pair_that_does_not_fit_are_refused(netattest, tmp_path):
    first = json.loads(done(netattest("key", "create", "--json")))
    Path(first["key"]).chmod(0o644)
    ended = netattest("key", "show")
    assert (ended.returncode, "chmod 600" in ended.stderr) == (2, True)
    done(netattest("key", "create", "--directory", "second"))
    mixed = netattest(
        "key",
        "show",
        NETATTEST_SEALING__KEY="second/seal.key",
        NETATTEST_SEALING__CERTIFICATE=first["certificate"],
    )
    assert (mixed.returncode, "is not the key of the first certificate" in mixed.stderr) == (2, True)
    written = tmp_path / "netattest.yaml"
    written.write_text("seal_passphrase: x\n", encoding="utf-8")
    told = netattest("key", "show", "--config", written)
    assert (told.returncode, "does not belong into this file" in told.stderr) == (2, True)
    assert netattest("key", "create").returncode == 2


def test_nothing_of_a_key_reaches_the_database(netattest, engine):
    from sqlalchemy import text

    key = json.loads(done(netattest("key", "create", "--json")))
    done(netattest("scan", "--cluster", "shop", "--from", "shop.yaml", "--taken-at", "2026-11-20"))
    done(
        netattest(
            "report",
            "--cluster",
            "shop",
            "--framework",
            "soc2",
            "--format",
            "manifest",
            "--redact",
            "--output",
            "out",
        )
    )
    secrets = [
        *Path(key["key"]).read_text(encoding="ascii").splitlines()[1:2],
        (Path(key["key"]).parent / "pseudonym.key").read_text(encoding="ascii"),
    ]
    with engine.connect() as connection:
        tables = connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
        for table in tables:
            for row in connection.execute(text(f'select t::text from "{table}" t')):
                assert not any(secret in row[0] for secret in secrets), table
