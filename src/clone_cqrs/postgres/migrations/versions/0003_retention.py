"""Names of lock holders that survive a crash, and dropping old partitions of the log."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_folder(__file__)
