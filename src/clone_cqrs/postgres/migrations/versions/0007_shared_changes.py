"""Views that share one table of changes, and views that take the place of others while these are read."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_folder(__file__)
