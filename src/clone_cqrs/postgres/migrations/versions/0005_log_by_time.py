"""An index for spans of time on the log."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_folder(__file__)
