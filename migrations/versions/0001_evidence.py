"""Evidence: clusters, bytes by digest, scans with their documents, and objects as ranges of scans."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, those that others refer to first."""
    _cluster()
    _blob()
    _scan()
    _scan_document()
    _object_key()
    _object_range()
    _object_hole()
    # Bodies are compressed already.
    op.execute("ALTER TABLE blob ALTER COLUMN body SET STORAGE EXTERNAL")


def _cluster() -> None:
    op.create_table(
        "cluster",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False, comment="internal number"),
        sa.Column("name", sa.Text(), nullable=False, comment="name given by --cluster"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster")),
        sa.UniqueConstraint("name", name=op.f("uq_cluster_name")),
        comment="A cluster that was scanned or is about to be.",
    )


def _blob() -> None:
    op.create_table(
        "blob",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="internal number"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="SHA-256 of the plain bytes"),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="number of plain bytes"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the bytes, compressed by Zstandard"),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_blob_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
        sa.UniqueConstraint("sha256", name=op.f("uq_blob_sha256")),
        comment="Bytes stored once by their digest: objects, manifests, configuration files, results.",
    )


def _scan() -> None:
    op.create_table(
        "scan",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("number", sa.Integer(), nullable=False, comment="counts per cluster from 1, without holes"),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="complete, partial (with gaps) or failed (nothing stored)",
        ),
        sa.Column(
            "taken_at", sa.DateTime(timezone=True), nullable=False, comment="reference time of the run"
        ),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), nullable=False, comment="when the database wrote it"
        ),
        sa.Column(
            "slot",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="slot of the schedule that the run was for",
        ),
        sa.Column("tool_version", sa.Text(), nullable=False, comment="version of netattest"),
        sa.Column(
            "snapshot_digest",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 over the object set; null for a failed run",
        ),
        sa.Column(
            "results_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 over results, counts, states and streaks",
        ),
        sa.Column(
            "previous_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="digest of the scan before; empty for the first",
        ),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="SHA-256 over this row and its documents"
        ),
        sa.Column("objects", sa.Integer(), nullable=False, comment="number of objects"),
        sa.Column("gaps", sa.Integer(), nullable=False, comment="number of collection gaps"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why a run failed; else empty"),
        sa.Column(
            "manifest_id",
            sa.BigInteger(),
            nullable=True,
            comment="source, kinds and gaps; null for a failed run",
        ),
        sa.Column(
            "origins_id",
            sa.BigInteger(),
            nullable=True,
            comment="where each object came from; null for a failed run",
        ),
        sa.Column(
            "streaks_id",
            sa.BigInteger(),
            nullable=True,
            comment="consecutive scans by condition; null for a failed run",
        ),
        sa.CheckConstraint(
            "num_nulls(snapshot_digest, manifest_id, origins_id, streaks_id) = CASE WHEN status = 'failed' THEN 4 ELSE 0 END",
            name=op.f("ck_scan_whole"),
        ),
        sa.CheckConstraint("status IN ('complete', 'partial', 'failed')", name=op.f("ck_scan_status")),
        sa.CheckConstraint("number > 0", name=op.f("ck_scan_number")),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_scan_cluster_id")),
        sa.ForeignKeyConstraint(["manifest_id"], ["blob.id"], name=op.f("fk_scan_manifest_id")),
        sa.ForeignKeyConstraint(["origins_id"], ["blob.id"], name=op.f("fk_scan_origins_id")),
        sa.ForeignKeyConstraint(["streaks_id"], ["blob.id"], name=op.f("fk_scan_streaks_id")),
        sa.PrimaryKeyConstraint("cluster_id", "number", name=op.f("pk_scan")),
        comment="A finished run, chained to the one before. Written last in its transaction.",
    )


def _scan_document() -> None:
    op.create_table(
        "scan_document",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("scan", sa.Integer(), nullable=False, comment="scan number"),
        sa.Column("name", sa.Text(), nullable=False, comment="name of the file that judged the scan"),
        sa.Column("blob_id", sa.BigInteger(), nullable=False, comment="its bytes"),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_scan_document_blob_id")),
        sa.ForeignKeyConstraint(
            ["cluster_id", "scan"],
            ["scan.cluster_id", "scan.number"],
            name=op.f("fk_scan_document_cluster_id_scan"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("cluster_id", "scan", "name", name=op.f("pk_scan_document")),
        comment="The configuration files that judged a scan.",
    )


def _object_key() -> None:
    op.create_table(
        "object_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="internal number"),
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("api_group", sa.Text(), nullable=False, comment="API group, empty for the core group"),
        sa.Column("kind", sa.Text(), nullable=False, comment="kind"),
        sa.Column(
            "namespace", sa.Text(), nullable=False, comment="namespace, empty for cluster-scoped objects"
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="name"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_object_key_cluster_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_key")),
        sa.UniqueConstraint(
            "cluster_id",
            "api_group",
            "kind",
            "namespace",
            "name",
            name=op.f("uq_object_key_cluster_id_api_group_kind_namespace_name"),
        ),
        comment="Identity of a Kubernetes object that some scan saw.",
    )


def _object_range() -> None:
    op.create_table(
        "object_range",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("key_id", sa.BigInteger(), nullable=False, comment="the object"),
        sa.Column("first_scan", sa.Integer(), nullable=False, comment="first scan with this version"),
        sa.Column(
            "last_scan",
            sa.Integer(),
            nullable=False,
            comment="last scan with this version; 2147483647: still there",
        ),
        sa.Column("blob_id", sa.BigInteger(), nullable=False, comment="this version, canonical JSON"),
        sa.CheckConstraint("last_scan >= first_scan", name=op.f("ck_object_range_order")),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_object_range_blob_id")),
        sa.ForeignKeyConstraint(
            ["cluster_id", "first_scan"],
            ["scan.cluster_id", "scan.number"],
            name=op.f("fk_object_range_cluster_id_first_scan"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["key_id"], ["object_key.id"], name=op.f("fk_object_range_key_id")),
        sa.PrimaryKeyConstraint("key_id", "first_scan", name=op.f("pk_object_range")),
        comment="Scans over which an object had one version. A list that was not read completely ends none.",
    )
    op.create_index(
        op.f("ix_object_range_cluster_id_last_scan"),
        "object_range",
        ["cluster_id", "last_scan"],
        unique=False,
    )
    op.create_index(
        "uq_object_range_open",
        "object_range",
        ["key_id"],
        unique=True,
        postgresql_where=sa.text("last_scan = 2147483647"),
    )


def _object_hole() -> None:
    op.create_table(
        "object_hole",
        sa.Column("cluster_id", sa.Integer(), nullable=False, comment="the cluster"),
        sa.Column("key_id", sa.BigInteger(), nullable=False, comment="the object"),
        sa.Column("first_scan", sa.Integer(), nullable=False, comment="first scan that could not see it"),
        sa.Column(
            "last_scan",
            sa.Integer(),
            nullable=False,
            comment="last scan that could not see it; 2147483647: still so",
        ),
        sa.CheckConstraint("last_scan >= first_scan", name=op.f("ck_object_hole_order")),
        sa.ForeignKeyConstraint(
            ["cluster_id", "first_scan"],
            ["scan.cluster_id", "scan.number"],
            name=op.f("fk_object_hole_cluster_id_first_scan"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["key_id"], ["object_key.id"], name=op.f("fk_object_hole_key_id")),
        sa.PrimaryKeyConstraint("key_id", "first_scan", name=op.f("pk_object_hole")),
        comment="Scans inside a range that did not see the object because its list was not read completely.",
    )
    op.create_index(
        op.f("ix_object_hole_cluster_id_last_scan"), "object_hole", ["cluster_id", "last_scan"], unique=False
    )
    op.create_index(
        "uq_object_hole_open",
        "object_hole",
        ["key_id"],
        unique=True,
        postgresql_where=sa.text("last_scan = 2147483647"),
    )
