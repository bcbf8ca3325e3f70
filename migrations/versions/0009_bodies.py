"""Who refers to stored bytes, found quickly: removing scans asks it of every body that may go.

Making an index holds back writers of its table, and nobody else, for about a second for each million rows.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = ("object_range", "finding_result", "scan_document")


def upgrade() -> None:
    """Make the indexes."""
    for table in _TABLES:
        op.create_index(op.f(f"ix_{table}_blob_id"), table, ["blob_id"], unique=False)
