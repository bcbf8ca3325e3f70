"""What a night costs does not grow with the scans that the database holds."""

from sqlalchemy import Engine, text

from app.store import PostgresStore
from tests.histories import night, pods, record, result, snapshot

OTHERS = 5_000
_OF_OTHERS = f"""
    INSERT INTO scan SELECT cluster.id, series, status, taken_at, recorded_at, slot, tool_version, snapshot_digest, results_digest,
                            previous_digest, digest, objects, gaps, reason, manifest_id, origins_id, streaks_id, ledger_digest, imported
    FROM scan, cluster, generate_series(1, {OTHERS}) AS series WHERE cluster.name = 'others'"""


def rows_read_one_after_another(engine: Engine) -> int:
    """Rows of `scan` that were read without an index so far."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        connection.commit()
        query = text("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'scan'")
        return int(connection.scalars(query).one())


def changed(number: int) -> tuple:
    """A night on which every pod and every result is another, and half the findings are gone."""
    failing = [result(f"ns-{at}", says=f"night {number}") for at in range(40) if number == 1 or at % 2]
    versions = {f"pod-{at:02}": number for at in range(40)}
    return record(*failing, at=night(number)), snapshot(pods(**versions), at=night(number))


def test_a_night_does_not_read_the_scans_of_other_nights_and_clusters(store: PostgresStore, engine: Engine):
    store.save(*changed(1))
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("INSERT INTO cluster (name) VALUES ('others')"))
        connection.execute(text(_OF_OTHERS))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    before = rows_read_one_after_another(engine)

    store.save(*changed(2))

    assert rows_read_one_after_another(engine) - before < OTHERS
