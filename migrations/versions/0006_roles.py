"""Roles: `netattest_writer` may add scans and change nothing; `netattest_auditor` reads the views and nothing else.

A migration run by a user who may not create roles leaves them out; create them and grant by hand what stands here.
Neither may log in: make them members of the accounts that do.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Roles belong to the whole server: another database, or a migration at the same time, may have made them.
_CREATE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role {role} is not made: this user may not create roles';
    WHEN duplicate_object OR unique_violation THEN
        NULL;
END $$
"""

_GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        {grants}
    END IF;
END $$
"""

_TABLES = (
    "cluster, blob, scan, scan_document, object_key, object_range, object_hole, finding, finding_interval, "
    "finding_result, check_count, control, control_state, slot, run"
)
_WRITER = (
    f"GRANT SELECT, INSERT ON {_TABLES} TO netattest_writer",
    "GRANT UPDATE (last_scan) ON object_range, object_hole, finding_result TO netattest_writer",
    "GRANT UPDATE (closed_scan) ON finding_interval TO netattest_writer",
    "GRANT UPDATE ON slot TO netattest_writer",
    "GRANT DELETE ON run TO netattest_writer",
    "GRANT SELECT ON v_scan, v_control_daily, v_finding, v_exposure, alembic_version TO netattest_writer",
)
_AUDITOR = ("GRANT SELECT ON v_scan, v_control_daily, v_finding, v_exposure TO netattest_auditor",)


def upgrade() -> None:
    """Make the roles where that is allowed, and grant."""
    for role, grants in (("netattest_writer", _WRITER), ("netattest_auditor", _AUDITOR)):
        op.execute(_CREATE.format(role=role))
        usage = f"EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema())"
        op.execute(_GRANT.format(role=role, grants=";\n        ".join((usage, *grants)) + ";"))
