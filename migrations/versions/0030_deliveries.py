"""The record of deliveries: what was handed over by which channel."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None

# It is no evidence about a cluster, so it is not append-only: an attempt that failed is tried again.
_GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'netattest_writer') THEN
        GRANT SELECT, INSERT, UPDATE ON delivery TO netattest_writer;
    END IF;
END $$
"""


def upgrade() -> None:
    """Make the table, and let the writer keep it."""
    op.create_table(
        "delivery",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column(
            "occasion",
            sa.Text(),
            nullable=False,
            comment="what was told: a scan by its number, or a slot by its time",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="name of the channel in deliveries.yaml"),
        sa.Column(
            "digest",
            sa.Text(),
            nullable=False,
            comment="SHA-256 over the news and the digests of the files",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="sending, delivered, failed or gave-up"),
        sa.Column(
            "attempts", sa.Integer(), nullable=False, comment="how often it was tried, over all rounds"
        ),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False, comment="when it was first tried"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, comment="when it was last tried"),
        sa.Column(
            "note", sa.Text(), nullable=False, comment="where it went, or why it failed; never a secret"
        ),
        sa.CheckConstraint(
            "status IN ('sending', 'delivered', 'failed', 'gave-up')", name=op.f("ck_delivery_status")
        ),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_delivery_cluster_id")),
        sa.PrimaryKeyConstraint("cluster_id", "occasion", "channel", name=op.f("pk_delivery")),
        comment="One piece of news over one channel; it is delivered once.",
    )
    op.create_index(op.f("ix_delivery_cluster_id_last_at"), "delivery", ["cluster_id", "last_at"])
    op.execute(_GRANT)
