"""Is a current penetration test of segmentation on file?"""

from app.evaluate.checks.common.duties import RecordCheck
from app.evaluate.checks.common.verdicts import Check

CHECK: Check = RecordCheck("segmentation-test-overdue")
