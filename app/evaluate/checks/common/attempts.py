"""Connection attempts that somebody made, matched to the workloads of a scan."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from app.model.facts import Facts
from app.model.registers import Probe

FRESH = timedelta(days=1)  # how much older than the scan a probe may be


def known_names(facts: Facts) -> Mapping[str, str]:
    """Ids of workloads by what a probe may call them: the id, or `namespace/name` where that is one workload's alone."""
    workloads = facts.reachability.workloads
    short = [f"{item.namespace}/{item.key.name}" for item in workloads]
    times = Counter(short)
    return {
        **{name: item.id for name, item in zip(short, workloads, strict=True) if times[name] == 1},
        **{item.id: item.id for item in workloads},
    }


def fresh(facts: Facts, probe: Probe) -> bool:
    """Made within a day before the scan."""
    return facts.at - FRESH <= probe.at <= facts.at
