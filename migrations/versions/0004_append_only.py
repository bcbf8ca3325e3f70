"""Triggers: what a finished scan wrote stays as it is, and nothing is added to it later.

A scan's own row is the last of its transaction, so "finished" means that the row is there. Ranges that are still open
may be ended, by a scan that is not finished yet. Retention, when it comes, will replace `netattest_refuse`.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Table → column that says to which scan a new row belongs.
_OF_SCAN = {
    "scan_document": "scan",
    "check_count": "scan",
    "control_state": "scan",
    "object_range": "first_scan",
    "object_hole": "first_scan",
    "finding_result": "first_scan",
    "finding_interval": "opened_scan",
}
_RANGES = ("object_range", "object_hole", "finding_result")
_FIXED = (
    "cluster", "blob", "scan", "scan_document", "object_key", "finding", "check_count", "control", "control_state",
)  # fmt: skip

_REFUSE = """
CREATE FUNCTION netattest_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table "%" is append-only: % is refused', TG_TABLE_NAME, lower(TG_OP);
END $$
"""

_NOT_FINISHED = """
CREATE FUNCTION netattest_not_finished() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    finished integer;
BEGIN
    EXECUTE format(
        'SELECT scan.number FROM added JOIN scan ON scan.cluster_id = added.cluster_id'
        ' AND scan.number = added.%I LIMIT 1', TG_ARGV[0]) INTO finished;
    IF finished IS NOT NULL THEN
        RAISE EXCEPTION 'scan % is finished: adding to "%" is refused', finished, TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
"""

_END_RANGE = """
CREATE FUNCTION netattest_end_range() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.last_scan <> 2147483647 OR NEW.last_scan = 2147483647
        OR to_jsonb(OLD) - 'last_scan' <> to_jsonb(NEW) - 'last_scan'
        OR EXISTS (SELECT FROM scan WHERE cluster_id = NEW.cluster_id AND number > NEW.last_scan)
    THEN
        RAISE EXCEPTION 'table "%" is append-only: only an open range may be ended, by the scan being written',
            TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$
"""

_CLOSE_INTERVAL = """
CREATE FUNCTION netattest_close_interval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_scan IS NOT NULL OR NEW.closed_scan IS NULL
        OR to_jsonb(OLD) - 'closed_scan' <> to_jsonb(NEW) - 'closed_scan'
        OR EXISTS (SELECT FROM scan WHERE cluster_id = NEW.cluster_id AND number >= NEW.closed_scan)
    THEN
        RAISE EXCEPTION 'table "%" is append-only: only an open finding may be closed, by the scan being written',
            TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$
"""

_CLOSE_SLOT = """
CREATE FUNCTION netattest_close_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'running' OR (OLD.cluster_id, OLD.due_at) <> (NEW.cluster_id, NEW.due_at) THEN
        RAISE EXCEPTION 'slot % is recorded as %: it is final', OLD.due_at, OLD.status;
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Make the functions, then hang them on the tables."""
    for function in (_REFUSE, _NOT_FINISHED, _END_RANGE, _CLOSE_INTERVAL, _CLOSE_SLOT):
        op.execute(function)
    for table in _FIXED:
        _trigger(
            table, "append_only", "BEFORE UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "netattest_refuse()"
        )
    for table in (*_RANGES, "finding_interval", "slot"):
        _trigger(table, "append_only", "BEFORE DELETE OR TRUNCATE", "STATEMENT", "netattest_refuse()")
    for table in _RANGES:
        _trigger(table, "end_once", "BEFORE UPDATE", "ROW", "netattest_end_range()")
    _trigger("finding_interval", "end_once", "BEFORE UPDATE", "ROW", "netattest_close_interval()")
    _trigger("slot", "end_once", "BEFORE UPDATE", "ROW", "netattest_close_slot()")
    for table, column in _OF_SCAN.items():
        op.execute(
            f"CREATE TRIGGER not_finished AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
            f"FOR EACH STATEMENT EXECUTE FUNCTION netattest_not_finished('{column}')"
        )


def _trigger(table: str, name: str, event: str, level: str, function: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {event} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}")
