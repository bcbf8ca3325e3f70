"""The only code that talks to PostgreSQL: the embedded server, the schema, and `PostgresStore`."""

from app.store import migrate
from app.store.connection import Database, create_engine, open_database
from app.store.deliveries import PostgresDeliveryBook
from app.store.folders import default_data_dir
from app.store.questions import PostgresArchive
from app.store.schedule_ledger import PostgresLedger
from app.store.store import PostgresStore
from app.store.verify import StoreCheck

__all__ = [
    "Database",
    "PostgresArchive",
    "PostgresDeliveryBook",
    "PostgresLedger",
    "PostgresStore",
    "StoreCheck",
    "create_engine",
    "default_data_dir",
    "migrate",
    "open_database",
]
