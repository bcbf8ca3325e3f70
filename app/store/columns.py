"""Columns and constraints that several tables have in common."""

import sqlalchemy as sa


def cluster_id() -> sa.Column[int]:
    """The cluster a row belongs to."""
    return sa.Column(
        "cluster_id", sa.Integer, sa.ForeignKey("cluster.id"), nullable=False, comment="the cluster"
    )


def same_cluster() -> sa.Column[int]:
    """The same for tables that refer to a scan, which refers to its cluster."""
    return sa.Column("cluster_id", sa.Integer, nullable=False, comment="the cluster")


def blob_id(name: str, comment: str, *, nullable: bool = False) -> sa.Column[int]:
    """Bytes that are stored by their digest."""
    return sa.Column(name, sa.BigInteger, sa.ForeignKey("blob.id"), nullable=nullable, comment=comment)


def of_scan(column: str) -> sa.ForeignKeyConstraint:
    """Rows of a scan are written before the scan itself: once that row is there, the scan is finished."""
    return sa.ForeignKeyConstraint(
        ["cluster_id", column], ["scan.cluster_id", "scan.number"], deferrable=True, initially="DEFERRED"
    )


def number(name: str, comment: str) -> sa.Column[int]:
    """A whole number that is always given."""
    return sa.Column(name, sa.Integer, nullable=False, comment=comment)


def words(name: str, comment: str) -> sa.Column[str]:
    """Text that is always given, if only as the empty text."""
    return sa.Column(name, sa.Text, nullable=False, comment=comment)


def sha256(name: str, comment: str, *, nullable: bool = False) -> sa.Column[bytes]:
    """A digest, as bytes."""
    return sa.Column(name, sa.LargeBinary, nullable=nullable, comment=comment)


def one_open(key: sa.Column[int], condition: str) -> None:
    """At most one open range or interval for each key."""
    sa.Index(f"uq_{key.table.name}_open", key, unique=True, postgresql_where=sa.text(condition))
