from dataclasses import replace

import pytest

from app.model.change import Consequences, WhatIf
from app.model.control import Assessment, ExceptionUse
from tests.histories import result
from tests.unit.trend.world import FIRST_NIGHT, judgement

OPENED, UNDECIDED = result("shop"), result("pay")


def what_if(*uses):
    after = replace(judgement(), assessments=(Assessment(None, FIRST_NIGHT, (), uses),))
    found = Consequences((), (), opened=(OPENED,), closed=(), undecided=(UNDECIDED,), flips=())
    return WhatIf(None, judgement(), after, found)


@pytest.mark.parametrize(
    ("uses", "left"),
    [
        ((), (OPENED, UNDECIDED)),
        ((ExceptionUse(None, "", (OPENED,)),), (UNDECIDED,)),
        ((ExceptionUse(None, "it has expired", (OPENED,)),), (OPENED, UNDECIDED)),
        ((ExceptionUse(None, "", (UNDECIDED,)),), (OPENED, UNDECIDED)),
    ],
    ids=["no exception", "a valid one", "an expired one", "nothing accepts what could not be told"],
)
def test_what_a_change_makes_worse_is_what_opens_unaccepted_or_can_be_told_no_more(uses, left):
    assert what_if(*uses).unaccepted == left
