"""What a scan began and ended comes under its digest; the end of each chain is on record; imports carry a mark.

Scans that are there already keep their form and their digests. Every statement changes the catalogue alone, or reads one row
for each scan: the locks last as long as that.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WHOLE = (
    "num_nulls(manifest_id, origins_id, streaks_id) IN (0, 3)"
    " AND (status <> 'failed' OR manifest_id IS NULL)"
    " AND (snapshot_digest IS NULL) = (status = 'failed')"
)

_ADVANCE = """
CREATE FUNCTION netattest_advance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.cluster_id <> OLD.cluster_id OR NEW.number < OLD.number OR NEW.slots < OLD.slots
        OR (NEW.number, NEW.slots) = (OLD.number, OLD.slots)
    THEN
        RAISE EXCEPTION 'table "chain_head" is append-only: it only moves on';
    END IF;
    RETURN NEW;
END $$
"""

_GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'netattest_writer') THEN
        GRANT SELECT, INSERT, UPDATE ON chain_head TO netattest_writer;
    END IF;
END $$
"""


def upgrade() -> None:
    """Add the columns and the table, and guard the table."""
    _columns()
    _chain_head()
    op.execute(_ADVANCE)
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON chain_head"
        " FOR EACH STATEMENT EXECUTE FUNCTION netattest_refuse()"
    )
    op.execute(
        "CREATE TRIGGER moves_on BEFORE UPDATE ON chain_head FOR EACH ROW EXECUTE FUNCTION netattest_advance()"
    )
    op.execute(_GRANT)


def _columns() -> None:
    op.add_column(
        "scan",
        sa.Column(
            "ledger_digest",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the list of rows that the scan began and ended; null before version 0.2",
        ),
    )
    op.add_column(
        "scan",
        sa.Column(
            "imported",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="taken_at was given by whoever imported it",
        ),
    )
    for column, what in (
        ("manifest_id", "source, kinds and gaps"),
        ("origins_id", "where each object came from"),
        ("streaks_id", "consecutive scans by condition"),
    ):
        op.execute(f"COMMENT ON COLUMN scan.{column} IS '{what}; null for a failed or removed one'")
    op.drop_constraint(op.f("ck_scan_whole"), "scan")
    op.create_check_constraint(op.f("ck_scan_whole"), "scan", _WHOLE)


def _chain_head() -> None:
    op.create_table(
        "chain_head",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("number", sa.Integer(), nullable=False, comment="its last scan; 0 before the first"),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="digest of its last scan; empty before"
        ),
        sa.Column("slots", sa.Integer(), nullable=False, comment="slots that have ended"),
        sa.Column(
            "slots_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of each ended slot, combined by XOR",
        ),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_chain_head_cluster_id")),
        sa.PrimaryKeyConstraint("cluster_id", name=op.f("pk_chain_head")),
        comment="Where a cluster's chain ends, so that what is missing at its end is noticed.",
    )
