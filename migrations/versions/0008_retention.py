"""Retention: removals and their tombstones, and triggers that let go of what no kept scan needs, and of nothing else.

Rows may be deleted only in a transaction that says so (`SET LOCAL netattest.removing = 'on'`), by a role that may, and only
where every scan that they speak of has its tombstone. Every statement changes the catalogue alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Table → first and last scan that a row speaks of.
_SPANS = {
    "scan_document": ("scan", "scan"),
    "check_count": ("scan", "scan"),
    "control_state": ("scan", "scan"),
    "object_range": ("first_scan", "last_scan"),
    "object_hole": ("first_scan", "last_scan"),
    "finding_result": ("first_scan", "last_scan"),
    "finding_interval": ("opened_scan", "closed_scan"),
}
# What nothing refers to any more; foreign keys hold the rest.
_COLLECTED = ("blob", "object_key", "finding", "control")

_ONLY_REMOVING = """
CREATE FUNCTION netattest_only_removing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('netattest.removing', true), '') <> 'on' THEN
        RAISE EXCEPTION 'table "%" is append-only: % is refused', TG_TABLE_NAME, lower(TG_OP);
    END IF;
    RETURN NULL;
END $$
"""

_FORGET = """
CREATE FUNCTION netattest_forget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := to_jsonb(OLD);
    cluster integer := OLD.cluster_id;
    first integer := old_row ->> TG_ARGV[0];
    last integer := coalesce(old_row ->> TG_ARGV[1], '2147483647');
    kept integer;
BEGIN
    SELECT number INTO kept FROM scan
    WHERE scan.cluster_id = cluster AND number BETWEEN first AND last AND status <> 'failed'
        AND NOT EXISTS (SELECT FROM tombstone WHERE tombstone.cluster_id = cluster AND tombstone.scan = number)
    LIMIT 1;
    IF kept IS NOT NULL THEN
        RAISE EXCEPTION 'table "%" is append-only: scan % is kept and needs this row', TG_TABLE_NAME, kept;
    END IF;
    RETURN OLD;
END $$
"""

_EMPTY_SCAN = """
CREATE FUNCTION netattest_empty_scan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM tombstone WHERE cluster_id = OLD.cluster_id AND scan = OLD.number)
        OR num_nulls(NEW.manifest_id, NEW.origins_id, NEW.streaks_id) <> 3
        OR to_jsonb(OLD) - '{manifest_id,origins_id,streaks_id}'::text[]
            <> to_jsonb(NEW) - '{manifest_id,origins_id,streaks_id}'::text[]
    THEN
        RAISE EXCEPTION 'table "scan" is append-only: scan % is finished', OLD.number;
    END IF;
    RETURN NEW;
END $$
"""

_LEDGER = """
CREATE FUNCTION netattest_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM scan WHERE ledger_digest = OLD.sha256 AND NOT EXISTS (
            SELECT FROM tombstone WHERE tombstone.cluster_id = scan.cluster_id AND tombstone.scan = scan.number)
    ) THEN
        RAISE EXCEPTION 'table "blob" is append-only: a kept scan has these bytes as its ledger';
    END IF;
    RETURN OLD;
END $$
"""

_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'netattest_retention') THEN
        CREATE ROLE netattest_retention NOLOGIN;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role netattest_retention is not made: this user may not create roles';
    WHEN duplicate_object OR unique_violation THEN
        NULL;
END $$
"""

_TABLES = (
    "cluster, blob, scan, scan_document, object_key, object_range, object_hole, finding, finding_interval, "
    "finding_result, check_count, control, control_state, slot, run, chain_head"
)
_GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        {grants}
    END IF;
END $$
"""
_WRITER = ("GRANT SELECT ON removal, tombstone TO netattest_writer",)
_RETENTION = (
    "EXECUTE format('GRANT USAGE ON SCHEMA %I TO netattest_retention', current_schema())",
    f"GRANT SELECT ON {_TABLES}, removal, tombstone, alembic_version TO netattest_retention",
    "GRANT INSERT ON removal, tombstone TO netattest_retention",
    "GRANT UPDATE (manifest_id, origins_id, streaks_id) ON scan TO netattest_retention",
    f"GRANT DELETE ON {', '.join((*_SPANS, *_COLLECTED))} TO netattest_retention",
)


def upgrade() -> None:
    """Make the tables, replace the triggers that refused every deletion, and grant."""
    _removal()
    _tombstone()
    for function in (_ONLY_REMOVING, _FORGET, _EMPTY_SCAN, _LEDGER):
        op.execute(function)
    for table in ("removal", "tombstone"):
        op.execute(_trigger(table, "append_only", "UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "refuse()"))
    for table, (first, last) in _SPANS.items():
        _may_be_removed(table)
        op.execute(_trigger(table, "forget", "DELETE", "ROW", f"forget('{first}', '{last}')"))
    for table in _COLLECTED:
        _may_be_removed(table)
    op.execute(_trigger("blob", "keep_ledger", "DELETE", "ROW", "keep_ledger()"))
    op.execute("DROP TRIGGER append_only ON scan")
    op.execute(_trigger("scan", "append_only", "DELETE OR TRUNCATE", "STATEMENT", "refuse()"))
    op.execute(_trigger("scan", "only_emptied", "UPDATE", "ROW", "empty_scan()"))
    op.execute(_ROLE)
    for role, grants in (("netattest_writer", _WRITER), ("netattest_retention", _RETENTION)):
        op.execute(_GRANT.format(role=role, grants=";\n        ".join(grants) + ";"))


def _may_be_removed(table: str) -> None:
    """Keep refusing everything else that was refused."""
    updated = table in _COLLECTED or table in ("scan_document", "check_count", "control_state")
    refused = "UPDATE OR TRUNCATE" if updated else "TRUNCATE"
    op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute(_trigger(table, "append_only", refused, "STATEMENT", "refuse()"))
    op.execute(_trigger(table, "only_removing", "DELETE", "STATEMENT", "only_removing()"))


def _trigger(table: str, name: str, event: str, level: str, function: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {level} EXECUTE FUNCTION netattest_{function}"


def _removal() -> None:
    op.create_table(
        "removal",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("number", sa.Integer(), nullable=False, comment="counts per cluster from 1"),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("tool_version", sa.Text(), nullable=False, comment="version of netattest"),
        sa.Column(
            "rule",
            sa.Text(),
            nullable=False,
            comment="the rules of retention that were applied, canonical JSON",
        ),
        sa.Column(
            "remains_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 over rows of removed scans that last into kept ones",
        ),
        sa.Column(
            "previous_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="digest of the removal before; empty for the first",
        ),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="SHA-256 over this row and its tombstones"
        ),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_removal_cluster_id")),
        sa.PrimaryKeyConstraint("cluster_id", "number", name=op.f("pk_removal")),
        comment="One time that retention removed scans of a cluster.",
    )


def _tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column(
            "scan", sa.Integer(), nullable=False, comment="the scan that was removed; its record stays"
        ),
        sa.Column("removal", sa.Integer(), nullable=False, comment="the removal that it was part of"),
        sa.Column("reason", sa.Text(), nullable=False, comment="the rule that let it go"),
        sa.Column(
            "documents",
            sa.Text(),
            nullable=False,
            comment="names and digests of the files that judged it, canonical JSON",
        ),
        sa.ForeignKeyConstraint(
            ["cluster_id", "removal"],
            ["removal.cluster_id", "removal.number"],
            name=op.f("fk_tombstone_cluster_id_removal"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["cluster_id", "scan"],
            ["scan.cluster_id", "scan.number"],
            name=op.f("fk_tombstone_cluster_id_scan"),
        ),
        sa.PrimaryKeyConstraint("cluster_id", "scan", name=op.f("pk_tombstone")),
        comment="What is left of a scan that retention removed, besides its record.",
    )
