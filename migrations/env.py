"""Alembic's entry: applies migrations on the connection that `app.store.migrate` hands over."""

from alembic import context
from sqlalchemy import text

from app.store.tables import metadata

# A migration that waits for a lock makes everybody behind it wait too: give up early, it can be repeated.
_GUARDS = (
    "SET LOCAL lock_timeout = '10s'",
    "SET LOCAL statement_timeout = '5min'",
    # Several processes may start at once; the second one finds nothing left to do.
    "SELECT pg_advisory_xact_lock(hashtext('netattest migrations'))",
)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    for statement in _GUARDS:
        connection.execute(text(statement))
    context.run_migrations()
