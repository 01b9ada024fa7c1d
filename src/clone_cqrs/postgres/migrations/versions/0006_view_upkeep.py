"""What the upkeep of views is decided by: how many changes a view has not, and why covered ones are left."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_folder(__file__)
