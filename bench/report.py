"""How long a report takes and how much memory, on a population of 20,000 rows. Bars: 15 s and 500 MiB, all formats.

Run: python -m bench.report [--rows 20000] [--findings 500]
"""

import argparse
import resource as process
import time
from dataclasses import replace

from app.model.finding import Outcome
from app.render import FORMATS, ReportRenderer
from app.resources import resource
from tests.report_builder import many_findings, result

CHECK = "namespace-without-default-deny-ingress"


def large_input(rows: int, findings: int):
    """A report with `rows` passing subjects in one check and `findings` failing ones in another."""
    report = many_findings(findings)
    passing = tuple(
        result(
            CHECK,
            f"team-{n % 97:02d}/service-{n:05d}[Deployment]",
            Outcome.PASS,
            f"service-{n:05d} is isolated",
        )
        for n in range(rows)
    )
    runs = tuple(
        replace(run, results=passing) if run.meta.id == CHECK else run for run in report.judgement.runs
    )
    return replace(report, judgement=replace(report.judgement, runs=runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--findings", type=int, default=500)
    wanted = parser.parse_args()
    rows, findings = wanted.rows, wanted.findings
    renderer = ReportRenderer(resource("templates"))
    report = large_input(rows, findings)
    held = process.getrusage(process.RUSAGE_SELF).ru_maxrss / 1024
    start, busy = time.perf_counter(), time.process_time()
    artefacts = renderer.render(report, FORMATS)
    wall, cpu = time.perf_counter() - start, time.process_time() - busy
    peak = process.getrusage(process.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:,} rows, {findings:,} findings: {wall:.1f} s wall, {cpu:.1f} s CPU, {peak:.0f} MiB peak",
        end=" ",
    )
    print(f"({held:.0f} MiB held by the input)")
    for artefact in artefacts:
        print(f"  {artefact.name}  {len(artefact.body):,} bytes")


if __name__ == "__main__":
    main()
