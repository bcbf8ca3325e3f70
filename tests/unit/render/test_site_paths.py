"""Rows of paths for the search: told once where they are alike, and apart where anything about them differs."""

import json
from types import SimpleNamespace

import pytest

from app.model.connections import Connections
from app.model.encryption import EvidenceStrength, Label
from app.model.reachability import Connection
from app.model.transit import PathVerdict
from app.render.site import path_shards

ALL = Connections.all()
CLEAR = (PathVerdict(Label.PLAINTEXT, EvidenceStrength.CONFIGURED, "in clear", ALL),)
MESH = (PathVerdict(Label.MTLS_ENFORCED, EvidenceStrength.CONFIGURED, "mesh", ALL),)
ROW = SimpleNamespace(cluster="c", slug="c", page="c.html")


def rows(*paths):
    (shard,) = path_shards(ROW, paths, ())
    text = shard.body.decode()
    said = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return [said["facts"][fact] for _, _, fact in said["rows"]]


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        ((Connection("a", "c", ALL), CLEAR), True),
        ((Connection("a", "c", ALL), MESH), False),
        ((Connection("a", "c", ALL, ("as declared: x",)), CLEAR), False),
        ((Connection("a", "c", ALL - ALL), CLEAR), False),
    ],
    ids=["the same", "other verdicts", "other notes", "other ports"],
)
def test_what_differs_is_told_apart(other, alike):
    one, two = rows((Connection("a", "b", ALL), CLEAR), other)
    assert (one == two) is alike
