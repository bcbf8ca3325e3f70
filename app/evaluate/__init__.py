"""Who can connect to whom, and what the checks say about it: pure functions of one snapshot.

reachability    the engine's answers for one cluster, one profile and one view
encryption      what encrypts each connection, and what each listener accepts
explain         a decision in words; `explain_exposure` how far a workload is open to ends that do not exist yet
find_edges      ways in from outside, what encrypts them, certificates, the control plane
reach_document  the `reach --json` contract as a value; `write_reach` streams the same
run_checks      every performed check over its whole population
"""

from app.evaluate.checks import Checked, run_checks
from app.evaluate.document import exposure_shape, reach_document, write_reach
from app.evaluate.edges import find_edges
from app.evaluate.encryption import EncryptionEngine, encryption
from app.evaluate.engine import Engine, reachability
from app.evaluate.explain import explain
from app.evaluate.explain_exposure import explain_exposure

__all__ = [
    "Checked",
    "EncryptionEngine",
    "Engine",
    "encryption",
    "explain",
    "explain_exposure",
    "exposure_shape",
    "find_edges",
    "reach_document",
    "reachability",
    "run_checks",
    "write_reach",
]
