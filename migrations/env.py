"""Alembic's entry: applies migrations on the connection that `app.store.migrate` hands over, each in a transaction of its own.

Locks that one migration takes are gone before the next one begins: an index that is built for seconds must not be waited for by
readers whom a trigger made before it would have held back for a moment.
"""

from alembic import context
from sqlalchemy import text

from app.store.tables import metadata

_BEFORE = (
    # A migration that waits for a lock makes everybody behind it wait too: give up early, it can be repeated.
    "SET lock_timeout = '10s'",
    "SET statement_timeout = '5min'",
    # Several processes may start at once; the second one finds nothing left to do.
    "SELECT pg_advisory_lock(hashtext('netattest migrations'))",
)
_AFTER = (
    "SELECT pg_advisory_unlock(hashtext('netattest migrations'))",
    "RESET statement_timeout",
    "RESET lock_timeout",
)

connection = context.config.attributes["connection"]
try:
    for statement in _BEFORE:
        connection.execute(text(statement))
        connection.commit()
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
finally:
    connection.rollback()
    if not connection.invalidated:
        for statement in _AFTER:
            connection.execute(text(statement))
        connection.commit()
