"""Is every human review that a control wants on file and recent?"""

from app.evaluate.checks.common.duties import RecordCheck
from app.evaluate.checks.common.verdicts import Check

CHECK: Check = RecordCheck("review-attestation-overdue")
