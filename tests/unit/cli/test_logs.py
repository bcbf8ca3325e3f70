"""What stands on the standard error stream when an error carries a secret: in lines of libraries, in tracebacks, in our own lines."""

import json
import logging
import warnings

import pytest
import structlog

from app.cli.logs import configure
from app.settings.program import LogSettings

DSN = "postgresql://netattest:open/se@same@db.internal:5432/netattest"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEopensesame\nopensesame0123+/=\n-----END PRIVATE KEY-----"
SECRETS = {
    "a DSN": f"could not connect to {DSN}",
    "a DSN in words": "connection failed: host=db user=netattest password=opensesame dbname=x",
    "a bearer token": "request failed, headers were {'Authorization': 'Bearer opensesame-0123'}",
    "a webhook of Slack": "no answer from https://hooks.slack.com/services/T0AB/B0CD/opensesame",
    "a webhook of Teams": "no answer from https://acme.webhook.office.com/webhookb2/opensesame@1/x/2",
    "a webhook of Discord": "no answer from https://discord.com/api/webhooks/123/opensesame",
    "a private key": f"not a key:\n{KEY}",
}


BOTH = pytest.mark.parametrize("form", ["console", "json"])


@pytest.fixture
def written(capsys):
    """What an act writes, in a format; set up here, since a test's own set-up has handlers of pytest, which would be closed."""

    def write(form, act):
        configure(LogSettings(format=form), debug=False)
        act()
        return capsys.readouterr().err

    return write


def fail(text):
    """An error whose cause and whose surroundings hold a secret as well."""
    held = ValueError(text)
    raise RuntimeError(f"gave up on {text}") from held


def unhandled(text, log):
    try:
        fail(text)
    except RuntimeError:
        log()


@BOTH
@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_a_line_of_a_library_and_the_traceback_under_it_are_masked_as_a_whole(written, form, text):
    def act():
        library = logging.getLogger("urllib3.connectionpool")
        library.warning("Retrying after: %s", text)
        unhandled(text, lambda: library.exception("Job raised an exception"))
        unhandled(text, lambda: library.error("in the middle", stack_info=True, exc_info=True))

    said = written(form, act)
    assert said.count("Traceback (most recent call last)") == 2
    assert "Retrying after: " in said
    assert "opensesame" not in said
    assert "se@same" not in said


@BOTH
@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_our_own_tracebacks_show_no_secret_and_no_variables(written, form, text):
    def act():
        unhandled(text, lambda: structlog.get_logger("netattest").exception("the schedule could not be kept"))

    said = written(form, act)
    assert "RuntimeError" in said
    assert "opensesame" not in said
    assert "se@same" not in said
    assert "locals" not in said


@BOTH
def test_a_reason_keeps_its_words_and_loses_its_secrets(written, form):
    reason = f"the cluster refuses the credentials: HTTP 401; see {DSN} and Bearer opensesame"
    log = structlog.get_logger("netattest")
    said = written(form, lambda: log.error("it failed", reason=reason, attempts=3))
    assert (
        "the cluster refuses the credentials: HTTP 401; see postgresql://<redacted>@db.internal:5432" in said
    )
    assert "same" not in said
    if form == "json":
        assert json.loads(said)["attempts"] == 3


def test_a_key_that_is_logged_line_by_line_is_one_secret(written):
    def act():
        plugin, other = logging.getLogger("plugin"), logging.getLogger("other")
        for line in KEY.splitlines():
            plugin.error(line)
            other.error("meanwhile")
        plugin.error("word")

    said = written("console", act)
    assert "opensesame" not in said
    assert said.count("meanwhile") == 4
    assert "word" in said


def test_warnings_of_python_are_masked_too(written):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)  # pytest has put its own way in front of what an earlier test set up
        said = written("console", lambda: warnings.warn(f"deprecated: {DSN}", UserWarning, stacklevel=1))
    assert "deprecated: postgresql://<redacted>@db" in said


def test_a_line_that_cannot_be_made_is_left_out_and_not_printed_with_its_parts(written):
    log = logging.getLogger("x")
    assert "opensesame" not in written("console", lambda: log.error("%d more", "opensesame"))
