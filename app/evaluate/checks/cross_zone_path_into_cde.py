"""Can anything outside the boundary open a connection into its sensitive part?"""

from app.evaluate.checks.common.cross_zone import CrossZone
from app.evaluate.checks.common.verdicts import Check

CHECK: Check = CrossZone("cross-zone-path-into-cde", inward=True)
