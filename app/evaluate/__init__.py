"""Who can connect to whom, and what the checks say about it: pure functions of one snapshot.

reachability    the engine's answers for one cluster, one profile and one view
encryption      what encrypts each connection, and what each listener accepts
explain         a decision in words; `explain_exposure` how far a workload is open to ends that do not exist yet
find_edges      ways in from outside, what encrypts them, certificates, the control plane
reach_document  the `reach --json` contract as a value; `write_reach` streams the same
propose         policies that would close findings; `flow_losses` what of the declared flows a change would break
hygiene         policies that do nothing, undo others or were meant otherwise
run_checks      every performed check over its whole population
"""

from app.evaluate.checks import Checked, run_checks, run_some
from app.evaluate.checks.common.resolvers import asked_for_names
from app.evaluate.document import exposure_shape, reach_document, write_reach
from app.evaluate.edges import find_edges
from app.evaluate.encryption import EncryptionEngine, encryption
from app.evaluate.engine import Engine, reachability
from app.evaluate.explain import explain
from app.evaluate.explain_exposure import explain_exposure
from app.evaluate.fix import MENDABLE, as_yaml, chosen, flow_losses, propose, strangers, unmet_flows
from app.evaluate.hygiene import hygiene

__all__ = [
    "MENDABLE",
    "Checked",
    "EncryptionEngine",
    "Engine",
    "as_yaml",
    "asked_for_names",
    "chosen",
    "encryption",
    "explain",
    "explain_exposure",
    "exposure_shape",
    "find_edges",
    "flow_losses",
    "hygiene",
    "propose",
    "reach_document",
    "reachability",
    "run_checks",
    "run_some",
    "strangers",
    "unmet_flows",
    "write_reach",
]
