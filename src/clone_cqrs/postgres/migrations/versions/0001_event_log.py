"""The event log, the aggregates' versions, the record of commands, and the functions that write them."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_folder(__file__)
