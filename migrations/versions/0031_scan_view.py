"""`v_scan` tells which scans were imported and which retention removed; columns are added at the end, none is changed."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_V_SCAN = """
CREATE OR REPLACE VIEW v_scan AS
SELECT cluster.name AS cluster,
       scan.number AS scan,
       scan.status,
       scan.taken_at,
       scan.recorded_at,
       scan.slot AS slot_due_at,
       scan.tool_version,
       scan.objects,
       scan.gaps,
       scan.reason,
       encode(scan.snapshot_digest, 'hex') AS snapshot_digest,
       encode(scan.previous_digest, 'hex') AS previous_digest,
       encode(scan.digest, 'hex') AS digest,
       scan.imported,
       removal.removed_at,
       tombstone.reason AS removed_by
FROM scan
JOIN cluster ON cluster.id = scan.cluster_id
LEFT JOIN tombstone ON tombstone.cluster_id = scan.cluster_id AND tombstone.scan = scan.number
LEFT JOIN removal ON removal.cluster_id = tombstone.cluster_id AND removal.number = tombstone.removal
"""


def upgrade() -> None:
    """Replace the view; rights and the views on it stay."""
    op.execute(_V_SCAN)
