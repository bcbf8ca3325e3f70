"""The service: who leads, what is paused, what slots still owe, and chores."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0013"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)

# The role may be missing: see 0006.
_GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'netattest_writer') THEN
        GRANT SELECT, INSERT ON lease, enrolment, pause, slot_job, chore TO netattest_writer;
        GRANT UPDATE ON lease, pause, slot_job, chore TO netattest_writer;
    END IF;
END $$
"""


def upgrade() -> None:
    """Make the tables and grant."""
    _lease()
    _enrolment()
    _pause()
    _slot_job()
    _chore()
    op.execute(_GRANT)


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False, comment="what is led"),
        sa.Column("holder", sa.Text(), nullable=False, comment="the process that leads"),
        sa.Column(
            "until", _INSTANT, nullable=False, comment="when others may take it, by the database's clock"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
        comment="Which of several services keeps the schedule.",
    )


def _enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("since", _INSTANT, nullable=False, comment="when a schedule first named the cluster"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_enrolment_cluster_id")),
        sa.PrimaryKeyConstraint("cluster_id", name=op.f("pk_enrolment")),
        comment="Slots after this moment are accounted for, whether a service ran or not.",
    )


def _pause() -> None:
    op.create_table(
        "pause",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("since", _INSTANT, nullable=False, comment="first moment that is paused"),
        sa.Column("who", sa.Text(), nullable=False, comment="who paused it"),
        sa.Column("why", sa.Text(), nullable=False, comment="for what reason"),
        sa.Column(
            "until", _INSTANT, nullable=True, comment="last moment that is paused; null while it lasts"
        ),
        sa.Column("resumed_by", sa.Text(), nullable=False, comment="who ended it; empty while it lasts"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_pause_cluster_id")),
        sa.PrimaryKeyConstraint("cluster_id", "since", name=op.f("pk_pause")),
        comment="Times in which a person let no slot of a cluster run.",
    )
    op.create_index(
        "uq_pause_open", "pause", ["cluster_id"], unique=True, postgresql_where=sa.text("until IS NULL")
    )


def _slot_job() -> None:
    op.create_table(
        "slot_job",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("due_at", _INSTANT, nullable=False, comment="the slot"),
        sa.Column("job", sa.Text(), nullable=False, comment="name of the work"),
        sa.Column("position", sa.Integer(), nullable=False, comment="in which order the slot's work is done"),
        sa.Column("status", sa.Text(), nullable=False, comment="pending, done, failed or skipped"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="how often it was tried"),
        sa.Column("tried_at", _INSTANT, nullable=True, comment="when it was tried last"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="why the last attempt failed, or why it was not wanted; else empty",
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'done', 'failed', 'skipped')", name=op.f("ck_slot_job_status")
        ),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_slot_job_cluster_id")),
        sa.PrimaryKeyConstraint("cluster_id", "due_at", "job", name=op.f("pk_slot_job")),
        comment="Work that follows a slot, such as its report: noted before the slot begins, so that none is lost.",
    )


def _chore() -> None:
    op.create_table(
        "chore",
        sa.Column("name", sa.Text(), nullable=False, comment="name of the chore"),
        sa.Column("due_at", _INSTANT, nullable=False, comment="scheduled time"),
        sa.Column(
            "ended_at",
            _INSTANT,
            nullable=True,
            comment="when it ended; null while it runs, or when its process died",
        ),
        sa.Column("problem", sa.Text(), nullable=False, comment="what it found or why it failed; else empty"),
        sa.PrimaryKeyConstraint("name", "due_at", name=op.f("pk_chore")),
        comment="Work for the whole store, such as checking its chains; once for each scheduled time.",
    )
