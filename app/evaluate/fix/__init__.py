"""Policies that would close findings and keep what is declared to be needed (pure).

propose      findings → objects to apply, and what no new policy can do
flow_losses  declared flows that one view has and another has not
strangers    ends of flows that are nothing here
as_yaml      objects as a file for `kubectl apply`
"""

from app.evaluate.fix.kept import flow_losses, strangers, unmet_flows
from app.evaluate.fix.propose import propose
from app.evaluate.fix.text import as_yaml
from app.evaluate.fix.wanted import MENDABLE, chosen

__all__ = ["MENDABLE", "as_yaml", "chosen", "flow_losses", "propose", "strangers", "unmet_flows"]
