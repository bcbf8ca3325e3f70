"""The schedule's slots, and runs under way."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, those that others refer to first."""
    _slot()
    _run()


def _slot() -> None:
    op.create_table(
        "slot",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="scheduled time"),
        sa.Column("status", sa.Text(), nullable=False, comment="running, done, failed or missed"),
        sa.Column("scan", sa.Integer(), nullable=True, comment="the scan that came of it"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it failed or was missed; else empty"),
        sa.Column(
            "host",
            sa.Text(),
            nullable=False,
            comment="host of the process that runs it; empty when nobody claimed it",
        ),
        sa.Column("pid", sa.Integer(), nullable=True, comment="that process"),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True, comment="when it was claimed"),
        sa.CheckConstraint("status IN ('running', 'done', 'failed', 'missed')", name=op.f("ck_slot_status")),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_slot_cluster_id")),
        sa.PrimaryKeyConstraint("cluster_id", "due_at", name=op.f("pk_slot")),
        comment="One scheduled time of one cluster; recorded once, and final once it is not running.",
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="when the run began"),
        sa.Column("host", sa.Text(), nullable=False, comment="host of the process"),
        sa.Column("pid", sa.Integer(), nullable=False, comment="the process"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_run_cluster_id")),
        sa.PrimaryKeyConstraint("cluster_id", name=op.f("pk_run")),
        comment="A run under way. A row that a dead process left becomes a failed scan when the next run starts.",
    )
