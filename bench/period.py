"""A period report's values over a year of nights: how long, beside judging its last night once; and the PDF.

    python -m bench.period [--nights 365] [--objects 5000]

The nights are those of `bench.history`: pods of 400 owners, 2 % of which change each night, 5 % of which have a finding.
"""

import argparse
import resource as usage
import tempfile
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app import bootstrap, judging, period
from app.model.chain import MOST_LINKS
from app.model.context import RunContext
from app.model.nights import Span
from app.model.report import PeriodReport
from app.resources import resource
from app.settings import load_settings
from app.store import PostgresArchive, PostgresStore, create_engine, migrate, open_database
from bench.history import CLUSTER, START, Cluster, record, timed

FRAMEWORK = "pci-dss-4.0.1"


class Silent:
    def stage(self, name: str, **facts: object) -> None:
        """Nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--objects", type=int, default=5_000)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="netattest-bench-"))
    folder.chmod(0o711)
    judged_by = bootstrap.documents(load_settings(None))
    with open_database(data_dir=folder / "data") as database:
        engine = create_engine(database.url)
        migrate.upgrade(engine, resource("migrations"))
        store, archive, cluster = PostgresStore(engine), PostgresArchive(engine), Cluster(wanted.objects)
        for night in range(wanted.nights):
            if night:
                cluster.pass_night()
            at = START + timedelta(days=night)
            documents = (*judged_by, RunContext().document())
            ordered = tuple(sorted(documents, key=lambda item: item.name))
            store.save(replace(record(cluster, at, night), documents=ordered), cluster.snapshot(at))
        last = store.scan(CLUSTER)
        once, _ = timed(lambda: judging.judge(store.snapshot(last), store.documents(last)))
        days = START.astimezone(UTC).date(), (START + timedelta(days=wanted.nights - 1)).date()
        request = period.PeriodRequest(CLUSTER, Span(*days, ZoneInfo("UTC")), frameworks=(FRAMEWORK,))
        took, (found,) = timed(lambda: period.periods(request, store, archive, Silent()))
        value = found.period
        print(
            f"{wanted.nights} nights, {wanted.objects} objects: {len(value.workloads)} workloads,"
            f" {len(value.deviations)} deviations; {took:.1f} s, judging the last night alone {once:.1f} s"
        )
        shape = bootstrap.definition(load_settings(None), "period")
        report = PeriodReport(value, found.scan, shape, store.chain(found.scan, MOST_LINKS))
        for form in ("json", "html", "pdf"):
            seconds, (made,) = timed(lambda form=form: bootstrap.period_renderer().render(report, [form]))
            print(f"  {form:4} {seconds:6.1f} s {len(made.body) / 1e6:8.2f} MB")
        print(f"peak memory {usage.getrusage(usage.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
        engine.dispose()


if __name__ == "__main__":
    main()
