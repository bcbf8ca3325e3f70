"""What a night costs does not grow with the nights before it, nor what retention does with the scans of other clusters.

The triggers that let a scan end a range asked whether a later scan exists. PostgreSQL takes such a question for one that the first
rows answer, reads the table from its begin, and finds the answer "no" at its end: for every range, every scan of every cluster. The
greatest number is one look into the primary key. New rows were joined with all scans, and bytes that go were looked for among all
ledgers, in the same way.

Readers are not held back; writers of `scan` are while its index is made, less than a second for a million scans.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_END_RANGE = """
CREATE OR REPLACE FUNCTION netattest_end_range() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.last_scan <> 2147483647 OR NEW.last_scan = 2147483647
        OR to_jsonb(OLD) - 'last_scan' <> to_jsonb(NEW) - 'last_scan'
        OR (SELECT max(number) FROM scan WHERE cluster_id = NEW.cluster_id) > NEW.last_scan
    THEN
        RAISE EXCEPTION 'table "%" is append-only: only an open range may be ended, by the scan being written',
            TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$
"""

_CLOSE_INTERVAL = """
CREATE OR REPLACE FUNCTION netattest_close_interval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_scan IS NOT NULL OR NEW.closed_scan IS NULL
        OR to_jsonb(OLD) - 'closed_scan' <> to_jsonb(NEW) - 'closed_scan'
        OR (SELECT max(number) FROM scan WHERE cluster_id = NEW.cluster_id) >= NEW.closed_scan
    THEN
        RAISE EXCEPTION 'table "%" is append-only: only an open finding may be closed, by the scan being written',
            TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$
"""

# LIMIT keeps the planner from reading every scan to join them with the few that new rows belong to.
_NOT_FINISHED = """
CREATE OR REPLACE FUNCTION netattest_not_finished() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    finished integer;
BEGIN
    EXECUTE format(
        'SELECT found.number FROM (SELECT DISTINCT cluster_id, %I AS number FROM added) AS wanted'
        ' CROSS JOIN LATERAL (SELECT scan.number FROM scan WHERE scan.cluster_id = wanted.cluster_id'
        ' AND scan.number = wanted.number LIMIT 1) AS found LIMIT 1', TG_ARGV[0]) INTO finished;
    IF finished IS NOT NULL THEN
        RAISE EXCEPTION 'scan % is finished: adding to "%" is refused', finished, TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Replace the functions, whose triggers stay, and make the index."""
    op.execute(_NOT_FINISHED)
    op.execute(_END_RANGE)
    op.execute(_CLOSE_INTERVAL)
    op.create_index(op.f("ix_scan_ledger_digest"), "scan", ["ledger_digest"], unique=False)
