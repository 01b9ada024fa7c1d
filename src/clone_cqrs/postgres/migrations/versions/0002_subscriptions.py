"""Subscriptions: their checkpoints and leases, and the events that they set aside."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_folder(__file__)
