"""Does every namespace have a default deny for ingress?"""

from app.evaluate.checks.common.namespace_default_deny import NamespaceDefaultDeny
from app.evaluate.checks.common.verdicts import Check
from app.model.policy import Direction

CHECK: Check = NamespaceDefaultDeny("namespace-without-default-deny-ingress", Direction.INGRESS)
