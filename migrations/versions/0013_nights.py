"""Views on nights: slots of the schedule, the files that judged each scan, and changes of these from scan to scan."""

from alembic import op

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None

_V_SLOT = """
CREATE VIEW v_slot AS
SELECT cluster.name AS cluster,
       slot.due_at,
       slot.status,
       slot.scan,
       slot.reason
FROM slot
JOIN cluster ON cluster.id = slot.cluster_id
"""

_V_SCAN_DOCUMENT = """
CREATE VIEW v_scan_document AS
SELECT cluster.name AS cluster,
       scan.number AS scan,
       scan.taken_at,
       scan_document.name,
       encode(blob.sha256, 'hex') AS sha256
FROM scan_document
JOIN cluster ON cluster.id = scan_document.cluster_id
JOIN scan ON scan.cluster_id = scan_document.cluster_id AND scan.number = scan_document.scan
JOIN blob ON blob.id = scan_document.blob_id
"""

# `context.json` is what earlier scans contributed, another one each night: it is no change of judgement.
_V_CHANGE = """
CREATE VIEW v_change AS
SELECT cluster, scan, taken_at, name, before, after
FROM (
    SELECT cluster, scan, taken_at, name, sha256 AS after,
           lag(sha256) OVER (PARTITION BY cluster, name ORDER BY scan) AS before
    FROM v_scan_document
    WHERE name <> 'context.json'
    UNION ALL
    SELECT cluster, scan, taken_at, 'netattest', tool_version,
           lag(tool_version) OVER (PARTITION BY cluster ORDER BY scan)
    FROM v_scan
    WHERE status <> 'failed'
) AS step
WHERE before IS NOT NULL AND before <> after
"""

_COMMENTS = {
    "v_slot": "Every slot of the schedule and what became of it.",
    "v_scan_document": "The files that judged each scan, by digest.",
    "v_change": "Scans from which on another version of the tool, or of a file, judged the cluster.",
}

_GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        GRANT SELECT ON v_slot, v_scan_document, v_change TO {role};
    END IF;
END $$
"""


def upgrade() -> None:
    """Make the views, and let both roles read them."""
    for view in (_V_SLOT, _V_SCAN_DOCUMENT, _V_CHANGE):
        op.execute(view)
    for name, comment in _COMMENTS.items():
        op.execute(f"COMMENT ON VIEW {name} IS '{comment}'")
    for role in ("netattest_writer", "netattest_auditor"):
        op.execute(_GRANT.format(role=role))
