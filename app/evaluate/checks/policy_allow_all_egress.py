"""Does a policy permit egress to anywhere?"""

from app.evaluate.checks.common.addresses import everything
from app.evaluate.checks.common.allow_all import AllowAll
from app.evaluate.checks.common.anywhere import Universe
from app.evaluate.checks.common.verdicts import Check
from app.model.policy import Direction

# With an exception it is no longer everything; what is left of the internet is egress-to-internet-unrestricted's matter.
CHECK: Check = AllowAll(
    "policy-allow-all-egress",
    Direction.EGRESS,
    Universe((*everything(4), *everything(6))),
    spares_public=False,
)
