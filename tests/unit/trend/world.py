"""Scans, judgements and a cluster's connections, put together from a few words."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from app.evaluate import reachability
from app.model.connections import Connections, PortSet, Protocol
from app.model.control import Assessment
from app.model.finding import CheckRun
from app.model.history import Scan, ScanStatus
from app.model.judgement import Judgement
from app.model.reachability import Profile
from app.model.scope import Scope
from tests.builders import inventory, platform

FIRST_NIGHT = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)


def scan(number: int, status: ScanStatus = ScanStatus.COMPLETE, **other) -> Scan:
    night = FIRST_NIGHT + timedelta(days=number - 1)
    values = {
        "cluster": "prod",
        "slot": None,
        "tool_version": "0.1.0",
        "snapshot_digest": "",
        "documents": (("frameworks/pci-test.yaml", "f"), ("scope.yaml", "s")),
        "previous_digest": "",
        "digest": f"d{number}",
        **other,
    }
    return Scan(number=number, status=status, taken_at=night, recorded_at=night, **values)


def tcp(*numbers: int) -> Connections:
    return Connections.of({Protocol.TCP: PortSet.of([(number, number) for number in numbers])})


def judgement(runs: Iterable[CheckRun] = (), assessments: Iterable[Assessment] = ()) -> Judgement:
    """Verdicts about a cluster without workloads."""
    found, where = inventory(), platform()
    view = reachability(found, where, (), profile=Profile.SPEC, as_declared=False)
    return Judgement(found, where, view, view, Scope(), tuple(runs), tuple(assessments), {}, {})
