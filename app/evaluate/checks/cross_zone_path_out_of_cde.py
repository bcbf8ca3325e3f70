"""Can the sensitive part of a boundary open a connection to anything outside of it?"""

from app.evaluate.checks.common.cross_zone import CrossZone
from app.evaluate.checks.common.verdicts import Check

CHECK: Check = CrossZone("cross-zone-path-out-of-cde", inward=False)
