"""Is every workload isolated for egress?"""

from app.evaluate.checks.common.pod_isolation import PodIsolation
from app.evaluate.checks.common.verdicts import Check
from app.model.policy import Direction

CHECK: Check = PodIsolation("pod-without-egress-isolation", Direction.EGRESS)
