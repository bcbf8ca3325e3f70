"""A list that is refused never makes a leg better than it is when the list is read."""

import pytest

from app.collect.kinds import BY_KIND
from app.model.edge import Security
from app.model.encryption import Known
from tests import facts as small
from tests.unit.evaluate.edges import test_ways_in_tables as tables

DECIDING = {kind for kind in BY_KIND if kind.kind not in ("Namespace", "Node")}
OPEN = (Security.PLAIN, Security.OPTIONAL)
BETTER = (Security.TLS, Security.REDIRECT, Security.CLOSED, Security.PASSED)


@pytest.mark.parametrize("case", tables.CASES, ids=lambda case: case["name"])
def test_a_refused_list_makes_no_leg_better(case, monkeypatch):
    read = Reading()
    monkeypatch.setattr(small, "_objects", read.objects)
    monkeypatch.setattr(tables, "facts_of", read.facts_of)
    whole = tables.exposure(case)
    for kind in sorted(read.seen & DECIDING) if whole else ():
        read.refused = kind
        part = tables.exposure(case)
        for was, now in pairs(whole, part) if part else ():
            assert not better(was, now), (str(kind), was.says, now.says)


class Reading:
    """Small clusters as they are read, without one kind."""

    def __init__(self):
        self.refused, self.seen = None, set()
        self._objects, self._facts_of = small._objects, small.facts_of

    def objects(self, cluster):
        for item in self._objects(cluster):
            self.seen.add(item.ref.group_kind)
            if item.ref.group_kind != self.refused:
                yield item

    def facts_of(self, case):
        if self.refused:
            name = f"{self.refused.kind}.{self.refused.group}".rstrip(".")
            kinds = {**case["kinds"], name: "refused 0"}
            case = {**case, "kinds": kinds, "gaps": [f"{name} forbidden"]}
        return self._facts_of(case)


def pairs(whole, part):
    """Legs to the same places."""
    ends = {end.name: end.leg for end in whole.endpoints}
    pods = {(item.workload, item.port): item.leg for item in whole.targets}
    yield from ((ends[end.name], end.leg) for end in part.endpoints if end.name in ends)
    for item in part.targets:
        if (item.workload, item.port) in pods:
            yield pods[item.workload, item.port], item.leg


def better(was, now):
    if was.security in OPEN and now.security in BETTER:
        return True
    if was.security is not Security.TLS or now.security is not Security.TLS:
        return False
    surer = was.verified is not Known.YES and now.verified is Known.YES
    demanding = was.client_certificate is not Known.YES and now.client_certificate is Known.YES
    return surer or demanding or (now.lowest > was.lowest != "")
