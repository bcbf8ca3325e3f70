"""Alembic's entry: applies migrations on the connection that `app.store.migrate` hands over, each in a transaction of its own.

Locks that one migration takes are gone before the next one begins: an index that is built for seconds must not be waited for by
readers whom a trigger made before it would have held back for a moment.
"""

from alembic import context
from sqlalchemy import func, select

from app.store.tables import metadata

# A migration that waits for a lock makes everybody behind it wait too: give up early, it can be repeated.
_PATIENCE = {"lock_timeout": "10s", "statement_timeout": "5min"}
# Several processes may start at once; the second one finds nothing left to do.
_KEY = func.hashtext("netattest migrations")

connection = context.config.attributes["connection"]
usual = {name: connection.scalar(select(func.current_setting(name))) for name in _PATIENCE}


def _settings(values: dict[str, str]) -> None:
    for name, value in values.items():
        connection.execute(select(func.set_config(name, value, False)))
    connection.commit()


try:
    _settings(_PATIENCE)
    connection.execute(select(func.pg_advisory_lock(_KEY)))
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
finally:
    connection.rollback()
    if not connection.invalidated:
        connection.execute(select(func.pg_advisory_unlock(_KEY)))
        _settings(usual)
