"""What `netattest doctor` makes of what it finds."""

import pytest

from app.cli.checkup import Mark, database_identity


@pytest.mark.parametrize(
    ("host", "sslmode", "warned"),
    [
        ("10.0.0.7", "prefer", True),
        ("10.0.0.7", "require", True),  # encrypted, to whomever
        ("2001:db8::7", "disable", True),
        ("db.example.com", "prefer", True),
        ("10.0.0.7", "verify-ca", False),
        ("10.0.0.7", "verify-full", False),
        ("127.0.0.1", "prefer", False),
        ("::1", "prefer", False),
        ("localhost", "prefer", False),
        ("/run/postgresql", "prefer", False),
        ("", "prefer", False),
    ],
)
def test_a_database_over_a_network_has_to_show_who_it_is(host, sslmode, warned):
    assert [line.mark for line in database_identity(host, sslmode)] == [Mark.WARN] * warned
