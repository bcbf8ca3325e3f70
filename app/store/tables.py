"""The tables, as SQLAlchemy Core sees them. A test proves that `migrations/` makes exactly these.

Ranges are closed intervals of scan numbers; `OPEN` as last scan means "still there". Everything that belongs to a finished
scan is append-only (triggers of migration 0004); the only updates allowed set the end of an open range.
"""

from typing import Final

import sqlalchemy as sa

from app.store.columns import blob_id, cluster_id, number, of_scan, one_open, same_cluster, sha256, words

OPEN: Final = 2**31 - 1

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_STILL_OPEN = f"last_scan = {OPEN}"
_LEDGER = "SHA-256 of the list of rows that the scan began and ended; null before version 0.2"
_INSTANT = sa.DateTime(timezone=True)

cluster = sa.Table(
    "cluster",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True, comment="internal number"),
    words("name", "name given by --cluster"),
    sa.UniqueConstraint("name"),
    comment="A cluster that was scanned or is about to be.",
)

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True, comment="internal number"),
    sa.Column("sha256", sa.LargeBinary, nullable=False, comment="SHA-256 of the plain bytes"),
    sa.Column("size", sa.BigInteger, nullable=False, comment="number of plain bytes"),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="the bytes, compressed by Zstandard"),
    sa.UniqueConstraint("sha256"),
    sa.CheckConstraint("octet_length(sha256) = 32", name="sha256"),
    comment="Bytes stored once by their digest: objects, manifests, configuration files, results.",
)

scan = sa.Table(
    "scan",
    metadata,
    cluster_id(),
    number("number", "counts per cluster from 1, without holes"),
    words("status", "complete, partial (with gaps) or failed (nothing stored)"),
    sa.Column("taken_at", _INSTANT, nullable=False, comment="reference time of the run"),
    sa.Column("recorded_at", _INSTANT, nullable=False, comment="when the database wrote it"),
    sa.Column("slot", _INSTANT, comment="slot of the schedule that the run was for"),
    words("tool_version", "version of netattest"),
    sha256("snapshot_digest", "SHA-256 over the object set; null for a failed run", nullable=True),
    sha256("results_digest", "SHA-256 over results, counts, states and streaks"),
    sha256("previous_digest", "digest of the scan before; empty for the first"),
    sha256("digest", "SHA-256 over this row and its documents"),
    number("objects", "number of objects"),
    number("gaps", "number of collection gaps"),
    words("reason", "why a run failed; else empty"),
    blob_id("manifest_id", "source, kinds and gaps; null for a failed or removed one", nullable=True),
    blob_id("origins_id", "where each object came from; null for a failed or removed one", nullable=True),
    blob_id("streaks_id", "consecutive scans by condition; null for a failed or removed one", nullable=True),
    sha256("ledger_digest", _LEDGER, nullable=True),
    sa.Column(
        "imported",
        sa.Boolean,
        nullable=False,
        server_default=sa.text("false"),
        comment="taken_at was given by whoever imported it",
    ),
    sa.PrimaryKeyConstraint("cluster_id", "number"),
    sa.CheckConstraint("number > 0", name="number"),
    sa.CheckConstraint("status IN ('complete', 'partial', 'failed')", name="status"),
    sa.CheckConstraint(
        "num_nulls(manifest_id, origins_id, streaks_id) IN (0, 3)"
        " AND (status <> 'failed' OR manifest_id IS NULL)"
        " AND (snapshot_digest IS NULL) = (status = 'failed')",
        name="whole",
    ),
    sa.Index(None, "ledger_digest"),
    comment="A finished run, chained to the one before. Written last in its transaction.",
)

scan_document = sa.Table(
    "scan_document",
    metadata,
    same_cluster(),
    number("scan", "scan number"),
    words("name", "name of the file that judged the scan"),
    blob_id("blob_id", "its bytes"),
    sa.PrimaryKeyConstraint("cluster_id", "scan", "name"),
    of_scan("scan"),
    sa.Index(None, "blob_id"),
    comment="The configuration files that judged a scan.",
)

object_key = sa.Table(
    "object_key",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True, comment="internal number"),
    cluster_id(),
    words("api_group", "API group, empty for the core group"),
    words("kind", "kind"),
    words("namespace", "namespace, empty for cluster-scoped objects"),
    words("name", "name"),
    sa.UniqueConstraint("cluster_id", "api_group", "kind", "namespace", "name"),
    comment="Identity of a Kubernetes object that some scan saw.",
)

object_range = sa.Table(
    "object_range",
    metadata,
    same_cluster(),
    sa.Column("key_id", sa.BigInteger, sa.ForeignKey("object_key.id"), nullable=False, comment="the object"),
    number("first_scan", "first scan with this version"),
    sa.Column(
        "last_scan",
        sa.Integer,
        nullable=False,
        comment="last scan with this version; 2147483647: still there",
    ),
    blob_id("blob_id", "this version, canonical JSON"),
    sa.PrimaryKeyConstraint("key_id", "first_scan"),
    sa.CheckConstraint("last_scan >= first_scan", name="order"),
    of_scan("first_scan"),
    sa.Index(None, "cluster_id", "last_scan"),
    sa.Index(None, "blob_id"),
    comment="Scans over which an object had one version. A list that was not read completely ends none.",
)
one_open(object_range.c.key_id, _STILL_OPEN)

object_hole = sa.Table(
    "object_hole",
    metadata,
    same_cluster(),
    sa.Column("key_id", sa.BigInteger, sa.ForeignKey("object_key.id"), nullable=False, comment="the object"),
    number("first_scan", "first scan that could not see it"),
    sa.Column(
        "last_scan",
        sa.Integer,
        nullable=False,
        comment="last scan that could not see it; 2147483647: still so",
    ),
    sa.PrimaryKeyConstraint("key_id", "first_scan"),
    sa.CheckConstraint("last_scan >= first_scan", name="order"),
    of_scan("first_scan"),
    sa.Index(None, "cluster_id", "last_scan"),
    comment="Scans inside a range that did not see the object because its list was not read completely.",
)
one_open(object_hole.c.key_id, _STILL_OPEN)

finding = sa.Table(
    "finding",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True, comment="internal number"),
    cluster_id(),
    words("fingerprint", "identity from night to night: check and subject"),
    words("check_id", "check"),
    words("subject_kind", "kind of subject"),
    words("subject", "subject"),
    words("namespace", "namespace of the subject, or empty"),
    sa.UniqueConstraint("cluster_id", "fingerprint"),
    comment="A check and a subject that once failed or could not be judged.",
)

finding_interval = sa.Table(
    "finding_interval",
    metadata,
    same_cluster(),
    sa.Column(
        "finding_id", sa.BigInteger, sa.ForeignKey("finding.id"), nullable=False, comment="the finding"
    ),
    number("opened_scan", "first scan in which it failed"),
    sa.Column("closed_scan", sa.Integer, comment="first whole scan in which it was gone; null while open"),
    sa.PrimaryKeyConstraint("finding_id", "opened_scan"),
    sa.CheckConstraint("closed_scan > opened_scan", name="order"),
    of_scan("opened_scan"),
    sa.Index(None, "cluster_id", "closed_scan"),
    comment="Time over which a finding was open. A scan that could not judge the subject does not close it.",
)
one_open(finding_interval.c.finding_id, "closed_scan IS NULL")

finding_result = sa.Table(
    "finding_result",
    metadata,
    same_cluster(),
    sa.Column(
        "finding_id", sa.BigInteger, sa.ForeignKey("finding.id"), nullable=False, comment="the finding"
    ),
    number("first_scan", "first scan with this result"),
    number("last_scan", "last scan with this result; 2147483647: still so"),
    words("outcome", "fail, insufficient-evidence or error"),
    words("severity", "severity"),
    words("says", "the sentence a person reads first"),
    blob_id("blob_id", "the whole result, canonical JSON"),
    sa.PrimaryKeyConstraint("finding_id", "first_scan"),
    sa.CheckConstraint("last_scan >= first_scan", name="order"),
    sa.CheckConstraint("outcome IN ('fail', 'insufficient-evidence', 'error')", name="outcome"),
    of_scan("first_scan"),
    sa.Index(None, "cluster_id", "last_scan"),
    sa.Index(None, "blob_id"),
    comment="Scans over which a check said the same about a subject; a passing result ends it.",
)
one_open(finding_result.c.finding_id, _STILL_OPEN)

check_count = sa.Table(
    "check_count",
    metadata,
    same_cluster(),
    number("scan", "scan number"),
    words("check_id", "check"),
    sa.Column(
        "population_complete",
        sa.Boolean,
        nullable=False,
        comment="false: part of the population was not read",
    ),
    number("passed", "subjects with outcome pass"),
    number("failed", "subjects with outcome fail"),
    number("not_applicable", "subjects with outcome not-applicable"),
    number("insufficient", "subjects with outcome insufficient-evidence"),
    number("errors", "subjects with outcome error"),
    sa.PrimaryKeyConstraint("cluster_id", "scan", "check_id"),
    of_scan("scan"),
    comment="One check in one scan, over its whole population.",
)

control = sa.Table(
    "control",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True, comment="internal number"),
    words("framework", "framework id"),
    words("framework_digest", "SHA-256 of the framework file"),
    words("control", "the publisher's number"),
    sa.UniqueConstraint("framework", "framework_digest", "control"),
    comment="A control of one edition of a framework file.",
)

control_state = sa.Table(
    "control_state",
    metadata,
    same_cluster(),
    number("scan", "scan number"),
    sa.Column("control_id", sa.Integer, sa.ForeignKey("control.id"), nullable=False, comment="the control"),
    words("state", "state after the roll-up"),
    sa.Column("contrary", sa.Boolean, nullable=False, comment="a supporting check fails"),
    number("passed", "passing results of direct checks in the boundary"),
    number("failed", "failing results without a valid exception"),
    number("excepted", "failing results under a valid exception"),
    number("undecided", "results that could not be told"),
    sa.PrimaryKeyConstraint("cluster_id", "scan", "control_id"),
    of_scan("scan"),
    # A trend reads one control over many nights, which lie far apart in the table: the index alone answers it.
    sa.Index(
        "ix_control_state_trend",
        "control_id",
        "cluster_id",
        "scan",
        postgresql_include=["state", "contrary", "passed", "failed", "excepted", "undecided"],
    ),
    comment="One control in one scan.",
)

slot = sa.Table(
    "slot",
    metadata,
    cluster_id(),
    sa.Column("due_at", _INSTANT, nullable=False, comment="scheduled time"),
    words("status", "running, done, failed or missed"),
    sa.Column("scan", sa.Integer, comment="the scan that came of it"),
    words("reason", "why it failed or was missed; else empty"),
    sa.Column(
        "host",
        sa.Text,
        nullable=False,
        comment="host of the process that runs it; empty when nobody claimed it",
    ),
    sa.Column("pid", sa.Integer, comment="that process"),
    sa.Column("claimed_at", _INSTANT, comment="when it was claimed"),
    sa.PrimaryKeyConstraint("cluster_id", "due_at"),
    sa.CheckConstraint("status IN ('running', 'done', 'failed', 'missed')", name="status"),
    comment="One scheduled time of one cluster; recorded once, and final once it is not running.",
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), primary_key=True, comment="the cluster"),
    sa.Column("started_at", _INSTANT, nullable=False, comment="when the run began"),
    words("host", "host of the process"),
    number("pid", "the process"),
    comment="A run under way. A row that a dead process left becomes a failed scan when the next run starts.",
)
