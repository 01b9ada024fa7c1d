"""PostgreSQL: the only place that opens connections."""

from clone_cqrs.postgres.ambient import AmbientTransaction, ambient_transaction, in_ambient_transaction
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.migrate import Migrations, run_folder

__all__ = ["AmbientTransaction", "Database", "Migrations", "ambient_transaction", "in_ambient_transaction", "run_folder"]
