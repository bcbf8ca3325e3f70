"""Views for people with SQL, Grafana or BI. Names and columns are a contract; docs/database.md describes them."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_V_SCAN = """
CREATE VIEW v_scan AS
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
       encode(scan.digest, 'hex') AS digest
FROM scan
JOIN cluster ON cluster.id = scan.cluster_id
"""

_V_CONTROL_DAILY = """
CREATE VIEW v_control_daily AS
SELECT cluster.name AS cluster,
       (last_of_day.taken_at AT TIME ZONE 'UTC')::date AS day,
       last_of_day.number AS scan,
       last_of_day.taken_at,
       last_of_day.status AS scan_status,
       control.framework,
       control.framework_digest,
       control.control,
       control_state.state,
       control_state.contrary,
       control_state.passed,
       control_state.failed,
       control_state.excepted,
       control_state.undecided
FROM (
    SELECT DISTINCT ON (cluster_id, (taken_at AT TIME ZONE 'UTC')::date)
           cluster_id, number, taken_at, status
    FROM scan
    WHERE status <> 'failed'
    ORDER BY cluster_id, (taken_at AT TIME ZONE 'UTC')::date, number DESC
) AS last_of_day
JOIN cluster ON cluster.id = last_of_day.cluster_id
JOIN control_state ON control_state.cluster_id = last_of_day.cluster_id AND control_state.scan = last_of_day.number
JOIN control ON control.id = control_state.control_id
"""

_V_FINDING = """
CREATE VIEW v_finding AS
SELECT cluster.name AS cluster,
       finding.fingerprint,
       finding.check_id,
       latest.severity,
       finding.subject_kind,
       finding.subject,
       finding.namespace,
       latest.says,
       finding_interval.closed_scan IS NULL AS is_open,
       finding_interval.opened_scan,
       opened.taken_at AS opened_at,
       seen.number AS last_seen_scan,
       seen.taken_at AS last_seen_at,
       finding_interval.closed_scan,
       closed.taken_at AS closed_at
FROM finding_interval
JOIN finding ON finding.id = finding_interval.finding_id
JOIN cluster ON cluster.id = finding.cluster_id
JOIN scan AS opened
    ON opened.cluster_id = finding.cluster_id AND opened.number = finding_interval.opened_scan
LEFT JOIN scan AS closed
    ON closed.cluster_id = finding.cluster_id AND closed.number = finding_interval.closed_scan
CROSS JOIN LATERAL (
    SELECT severity, says, last_scan
    FROM finding_result
    WHERE finding_id = finding_interval.finding_id AND outcome = 'fail'
      AND first_scan >= finding_interval.opened_scan
      AND (finding_interval.closed_scan IS NULL OR first_scan < finding_interval.closed_scan)
    ORDER BY first_scan DESC
    LIMIT 1
) AS latest
CROSS JOIN LATERAL (
    SELECT number, taken_at
    FROM scan
    WHERE cluster_id = finding.cluster_id AND number <= latest.last_scan AND status <> 'failed'
    ORDER BY number DESC
    LIMIT 1
) AS seen
"""

# A path that begins outside the cluster is an exposure as much as the object that opens the way in.
_V_EXPOSURE = """
CREATE VIEW v_exposure AS
SELECT cluster, subject AS exposure, subject_kind, namespace, check_id, severity, says, fingerprint,
       is_open, opened_scan, opened_at, closed_scan, closed_at
FROM v_finding
WHERE subject_kind = 'exposure' OR (subject_kind = 'path' AND subject LIKE 'external:%')
"""

_COMMENTS = {
    "v_scan": "Every finished run, failed ones included.",
    "v_control_daily": "State of each control by the last stored scan of each day (UTC).",
    "v_finding": "Each time over which a subject failed a check.",
    "v_exposure": "Findings about ways in from outside the cluster.",
}


def upgrade() -> None:
    """Make the four views."""
    for view in (_V_SCAN, _V_CONTROL_DAILY, _V_FINDING, _V_EXPOSURE):
        op.execute(view.replace(":%", "\\:%"))
    for name, comment in _COMMENTS.items():
        op.execute(f"COMMENT ON VIEW {name} IS '{comment}'")
