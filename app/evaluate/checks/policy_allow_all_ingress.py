"""Does a policy admit ingress from anywhere?"""

from app.evaluate.checks.common.addresses import PUBLIC
from app.evaluate.checks.common.allow_all import AllowAll
from app.evaluate.checks.common.anywhere import Universe
from app.evaluate.checks.common.verdicts import Check
from app.model.policy import Direction

# Excepting private ranges from 0.0.0.0/0 still admits the whole internet, so only public addresses count as everywhere.
CHECK: Check = AllowAll(
    "policy-allow-all-ingress", Direction.INGRESS, Universe(PUBLIC, "public"), spares_public=True
)
