from dataclasses import replace

import pytest

from app.model.history import Move
from app.model.scope import Placement, Zone
from app.trend.moves import moves
from tests.unit.trend.world import judgement

CDE = Placement(zone=Zone.CDE, ephi=False, soc2=True)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (CDE, CDE, ()),
        (CDE, replace(CDE, zone=Zone.OUT), (Move("shop/web", "zone", "cde", "out-of-scope"),)),
        (CDE, replace(CDE, ephi=None), (Move("shop/web", "ephi", "no", "unknown"),)),
        (CDE, replace(CDE, zone=Zone.UNKNOWN), (Move("shop/web", "zone", "cde", "unknown"),)),
        (CDE, replace(CDE, data_store=True), (Move("shop/web", "data_store", "no", "yes"),)),
        (CDE, replace(CDE, rules=("renamed",)), ()),  # another rule that says the same moves nothing
        (None, CDE, ()),  # a new workload did not move
        (CDE, None, ()),
    ],
)
def test_a_workload_that_changed_place(before, after, expected):
    one, other = (
        replace(judgement(), placements={"shop/web": place} if place else {}) for place in (before, after)
    )
    assert moves(one, other) == expected
