"""Fresh readings of views: the stamp of each, the oldest snapshot in use, and the sweep of changes that a view has."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_folder(__file__)
