"""The tables that keep a chain of scans whole: where it ends, and what retention took out of it."""

import sqlalchemy as sa

from app.store.columns import cluster_id, number, same_cluster, words
from app.store.tables import metadata

chain_head = sa.Table(
    "chain_head",
    metadata,
    sa.Column("cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), primary_key=True, comment="the cluster"),
    number("number", "its last scan; 0 before the first"),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="digest of its last scan; empty before"),
    number("slots", "slots that have ended"),
    sa.Column(
        "slots_digest", sa.LargeBinary, nullable=False, comment="SHA-256 of each ended slot, combined by XOR"
    ),
    comment="Where a cluster's chain ends, so that what is missing at its end is noticed.",
)

removal = sa.Table(
    "removal",
    metadata,
    cluster_id(),
    number("number", "counts per cluster from 1"),
    sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
    words("tool_version", "version of netattest"),
    words("rule", "the rules of retention that were applied, canonical JSON"),
    sa.Column(
        "remains_digest",
        sa.LargeBinary,
        nullable=False,
        comment="SHA-256 over rows of removed scans that last into kept ones",
    ),
    sa.Column(
        "previous_digest",
        sa.LargeBinary,
        nullable=False,
        comment="digest of the removal before; empty for the first",
    ),
    sa.Column("digest", sa.LargeBinary, nullable=False, comment="SHA-256 over this row and its tombstones"),
    sa.PrimaryKeyConstraint("cluster_id", "number"),
    comment="One time that retention removed scans of a cluster.",
)

tombstone = sa.Table(
    "tombstone",
    metadata,
    same_cluster(),
    number("scan", "the scan that was removed; its record stays"),
    number("removal", "the removal that it was part of"),
    words("reason", "the rule that let it go"),
    words("documents", "names and digests of the files that judged it, canonical JSON"),
    sa.PrimaryKeyConstraint("cluster_id", "scan"),
    sa.ForeignKeyConstraint(["cluster_id", "scan"], ["scan.cluster_id", "scan.number"]),
    # The row of a removal is written last: it covers what the removal left.
    sa.ForeignKeyConstraint(
        ["cluster_id", "removal"],
        ["removal.cluster_id", "removal.number"],
        deferrable=True,
        initially="DEFERRED",
    ),
    comment="What is left of a scan that retention removed, besides its record.",
)
