"""How long the diagrams of one scope take, and how many lines they come to, at 3, 300 and 5,000 workloads.

    python -m bench.diagrams                    # 3, 300 and 5,000 workloads, closed and open
    python -m bench.diagrams --workloads 1000
    python -m bench.diagrams --pdf FOLDER       # also writes each as a PDF, to be looked at

The cluster is that of `bench.encryption`, in zones by number. Times are
processor time of one core, from a cluster whose reachability is worked out already to values that templates print.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from app import evaluate
from app.model.platform import UNKNOWN_PLATFORM
from app.model.report import ReportInput
from app.model.scope import Placement, Zone
from app.render import ReportRenderer
from app.render.dossier import Dossier
from app.render.sections.diagrams import SECTION
from app.resources import resource
from bench.encryption import cluster
from tests.report_builder import AUDITOR, report_input

ZONES = (Zone.CDE, Zone.CONNECTED, Zone.OUT, Zone.SECURITY, Zone.UNKNOWN, Zone.OUT, Zone.OUT)


def large_input(workloads: int, *, closed: bool) -> ReportInput:
    """A report on the cluster of that size; every fiftieth workload of the most protected zone is a data store."""
    inventory, protection = cluster(workloads, closed=closed)
    engine = evaluate.reachability(inventory, UNKNOWN_PLATFORM, ())
    engine.work_out_all()  # as every check of a scan has done before
    usual = report_input(definition=replace(AUDITOR, sections=("diagrams",)))
    placements = {
        item.id: Placement(
            ZONES[_number(item.key.name) % len(ZONES)], data_store=_number(item.key.name) % 350 == 0
        )
        for item in engine.workloads
    }
    judgement = replace(
        usual.judgement,
        reachability=engine,
        placements=placements,
        encryption=evaluate.encryption(engine, inventory, protection),
    )
    return replace(usual, judgement=judgement)


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", type=int)
    parser.add_argument("--pdf", type=Path)
    wanted = parser.parse_args()
    for workloads in [wanted.workloads] if wanted.workloads else [3, 300, 5000]:
        for closed in (True, False):
            measure(workloads, closed=closed, folder=wanted.pdf)


def measure(workloads: int, *, closed: bool, folder: Path | None) -> None:
    kind = "closed" if closed else "open"
    report = large_input(workloads, closed=closed)
    start = time.process_time()
    page = SECTION.build(Dossier(report))
    spent = time.process_time() - start
    lines = [len(item.diagram.lines) if item.diagram else 0 for item in page.figures]
    print(f"{workloads:>6,} workloads, {kind:6}: {spent:6.2f} s CPU, lines drawn {lines}")
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (made,) = ReportRenderer(resource("templates")).render(report, ["pdf"])
        (folder / f"{workloads}-{kind}.pdf").write_bytes(made.body)


if __name__ == "__main__":
    main()
