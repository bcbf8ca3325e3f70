"""Published answers against what the program itself prints, with the profile that it takes when nobody names one."""

import csv
import json

import pytest

from app.model.connections import Connections, PortSet, Protocol
from tests import command
from tests.acceptance.test_known_answers import DATA, cases

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(
        not DATA.is_dir(), reason="public known answers are not here: ../shared/data is absent"
    ),
]


@pytest.mark.parametrize("case", cases("cyclonus")[::37] + cases("policy-assistant"))
def test_the_program_prints_what_was_published(case, tmp_path):
    folder = DATA / (
        "policy-assistant" if (DATA / "policy-assistant" / case["input"]).exists() else "cyclonus"
    )
    done = command.run("reach", "--from", folder / case["input"], "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    allowed = {
        (row["source"], row["destination"]): connections(row["allowed"])
        for row in json.loads(done.stdout)["connections"]
    }
    with (folder / case["expected"]).open() as file:
        rows = [row for row in csv.DictReader(file) if row["from"] != row["to"]]
    assert rows
    for row in rows:
        printed = allowed.get((f"{row['from']}[Pod]", f"{row['to']}[Pod]"), Connections())
        said = printed.allows(Protocol(row["protocol"]), int(row["port"]))
        assert said is (row["combined"] == "allowed"), row


def connections(ports):
    return Connections.of({Protocol(name): PortSet.of(map(tuple, spans)) for name, spans in ports.items()})
