"""Results: findings as intervals, results as ranges, check counts and control states."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, those that others refer to first."""
    _finding()
    _finding_interval()
    _finding_result()
    _check_count()
    _control()
    _control_state()


def _finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="internal number"),
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column(
            "fingerprint",
            sa.Text(),
            nullable=False,
            comment="identity from night to night: check and subject",
        ),
        sa.Column("check_id", sa.Text(), nullable=False, comment="check"),
        sa.Column("subject_kind", sa.Text(), nullable=False, comment="kind of subject"),
        sa.Column("subject", sa.Text(), nullable=False, comment="subject"),
        sa.Column("namespace", sa.Text(), nullable=False, comment="namespace of the subject, or empty"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_finding_cluster_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("cluster_id", "fingerprint", name=op.f("uq_finding_cluster_id_fingerprint")),
        comment="A check and a subject that once failed or could not be judged.",
    )


def _finding_interval() -> None:
    op.create_table(
        "finding_interval",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("finding_id", sa.BigInteger(), nullable=False, comment="the finding"),
        sa.Column("opened_scan", sa.Integer(), nullable=False, comment="first scan in which it failed"),
        sa.Column(
            "closed_scan",
            sa.Integer(),
            nullable=True,
            comment="first whole scan in which it was gone; null while open",
        ),
        sa.CheckConstraint("closed_scan > opened_scan", name=op.f("ck_finding_interval_order")),
        sa.ForeignKeyConstraint(
            ["cluster_id", "opened_scan"],
            ["scan.cluster_id", "scan.number"],
            name=op.f("fk_finding_interval_cluster_id_opened_scan"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_finding_interval_finding_id")),
        sa.PrimaryKeyConstraint("finding_id", "opened_scan", name=op.f("pk_finding_interval")),
        comment="Time over which a finding was open. A scan that could not judge the subject does not close it.",
    )
    op.create_index(
        op.f("ix_finding_interval_cluster_id_closed_scan"),
        "finding_interval",
        ["cluster_id", "closed_scan"],
        unique=False,
    )
    op.create_index(
        "uq_finding_interval_open",
        "finding_interval",
        ["finding_id"],
        unique=True,
        postgresql_where=sa.text("closed_scan IS NULL"),
    )


def _finding_result() -> None:
    op.create_table(
        "finding_result",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("finding_id", sa.BigInteger(), nullable=False, comment="the finding"),
        sa.Column("first_scan", sa.Integer(), nullable=False, comment="first scan with this result"),
        sa.Column(
            "last_scan",
            sa.Integer(),
            nullable=False,
            comment="last scan with this result; 2147483647: still so",
        ),
        sa.Column("outcome", sa.Text(), nullable=False, comment="fail, insufficient-evidence or error"),
        sa.Column("severity", sa.Text(), nullable=False, comment="severity"),
        sa.Column("says", sa.Text(), nullable=False, comment="the sentence a person reads first"),
        sa.Column("blob_id", sa.BigInteger(), nullable=False, comment="the whole result, canonical JSON"),
        sa.CheckConstraint(
            "outcome IN ('fail', 'insufficient-evidence', 'error')", name=op.f("ck_finding_result_outcome")
        ),
        sa.CheckConstraint("last_scan >= first_scan", name=op.f("ck_finding_result_order")),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_finding_result_blob_id")),
        sa.ForeignKeyConstraint(
            ["cluster_id", "first_scan"],
            ["scan.cluster_id", "scan.number"],
            name=op.f("fk_finding_result_cluster_id_first_scan"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_finding_result_finding_id")),
        sa.PrimaryKeyConstraint("finding_id", "first_scan", name=op.f("pk_finding_result")),
        comment="Scans over which a check said the same about a subject; a passing result ends it.",
    )
    op.create_index(
        op.f("ix_finding_result_cluster_id_last_scan"),
        "finding_result",
        ["cluster_id", "last_scan"],
        unique=False,
    )
    op.create_index(
        "uq_finding_result_open",
        "finding_result",
        ["finding_id"],
        unique=True,
        postgresql_where=sa.text("last_scan = 2147483647"),
    )


def _check_count() -> None:
    op.create_table(
        "check_count",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("scan", sa.Integer(), nullable=False, comment="scan number"),
        sa.Column("check_id", sa.Text(), nullable=False, comment="check"),
        sa.Column(
            "population_complete",
            sa.Boolean(),
            nullable=False,
            comment="false: part of the population was not read",
        ),
        sa.Column("passed", sa.Integer(), nullable=False, comment="subjects with outcome pass"),
        sa.Column("failed", sa.Integer(), nullable=False, comment="subjects with outcome fail"),
        sa.Column(
            "not_applicable", sa.Integer(), nullable=False, comment="subjects with outcome not-applicable"
        ),
        sa.Column(
            "insufficient",
            sa.Integer(),
            nullable=False,
            comment="subjects with outcome insufficient-evidence",
        ),
        sa.Column("errors", sa.Integer(), nullable=False, comment="subjects with outcome error"),
        sa.ForeignKeyConstraint(
            ["cluster_id", "scan"],
            ["scan.cluster_id", "scan.number"],
            name=op.f("fk_check_count_cluster_id_scan"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("cluster_id", "scan", "check_id", name=op.f("pk_check_count")),
        comment="One check in one scan, over its whole population.",
    )


def _control() -> None:
    op.create_table(
        "control",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="internal number"),
        sa.Column("framework", sa.Text(), nullable=False, comment="framework id"),
        sa.Column("framework_digest", sa.Text(), nullable=False, comment="SHA-256 of the framework file"),
        sa.Column("control", sa.Text(), nullable=False, comment="the publisher's number"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control")),
        sa.UniqueConstraint(
            "framework",
            "framework_digest",
            "control",
            name=op.f("uq_control_framework_framework_digest_control"),
        ),
        comment="A control of one edition of a framework file.",
    )


def _control_state() -> None:
    op.create_table(
        "control_state",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("scan", sa.Integer(), nullable=False, comment="scan number"),
        sa.Column("control_id", sa.Integer(), nullable=False, comment="the control"),
        sa.Column("state", sa.Text(), nullable=False, comment="state after the roll-up"),
        sa.Column("contrary", sa.Boolean(), nullable=False, comment="a supporting check fails"),
        sa.Column(
            "passed", sa.Integer(), nullable=False, comment="passing results of direct checks in the boundary"
        ),
        sa.Column(
            "failed", sa.Integer(), nullable=False, comment="failing results without a valid exception"
        ),
        sa.Column(
            "excepted", sa.Integer(), nullable=False, comment="failing results under a valid exception"
        ),
        sa.Column("undecided", sa.Integer(), nullable=False, comment="results that could not be told"),
        sa.ForeignKeyConstraint(
            ["cluster_id", "scan"],
            ["scan.cluster_id", "scan.number"],
            name=op.f("fk_control_state_cluster_id_scan"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["control_id"], ["control.id"], name=op.f("fk_control_state_control_id")),
        sa.PrimaryKeyConstraint("cluster_id", "scan", "control_id", name=op.f("pk_control_state")),
        comment="One control in one scan.",
    )
    op.create_index(
        "ix_control_state_trend",
        "control_state",
        ["control_id", "cluster_id", "scan"],
        unique=False,
        postgresql_include=["state", "contrary", "passed", "failed", "excepted", "undecided"],
    )
